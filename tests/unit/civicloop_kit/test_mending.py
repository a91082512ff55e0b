"""Held records in memory: tried again in their order, or left out, exactly one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import BUG, Counter, attached, counting_room

from civicloop_contracts.fact import Replay
from civicloop_kit.applying import Applier
from civicloop_kit.mending import Mender, NotFailedError, NotNextError, UnknownHeldError
from civicloop_kit.received import Received
from civicloop_kit.room import Decision, Room
from civicloop_kit.rows import HeldRecord, Row, Work
from civicloop_kit.testing.bench import record_of

INTAKE, ROUTER = "/intake/cases", "/feedback/outcomes"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOW = START + 60 * MINUTE
CASE = UUID(int=7)


def record(number: int, source: str = INTAKE, **changes: Any) -> Received:
    """Return a report of the case with a number."""
    return changed(record_of(attached(CASE, **changes), source, number), offset=number)


def unnumbered(offset: int, source: str = INTAKE) -> Received:
    """Return a record whose headers are spoilt."""
    found = record(1, source)
    return changed(found, offset=offset, envelope=None, fact=None, error="ce_id is missing")


def held(item: Received, reason: str = "behind", error: str = "", minute: int = 0) -> HeldRecord:
    """Return a record that is held since a minute."""
    return HeldRecord(record=item, reason=reason, error=error, since=START + minute * MINUTE)


class Bench:
    """One blocked case of the small room."""

    def __init__(
        self,
        items: Sequence[HeldRecord],
        *,
        last: int = 0,
        room: Room[Counter] | None = None,
        due_at: datetime | None = None,
    ) -> None:
        self.row: Row[Counter] = Row(
            case_id=CASE,
            version=3,
            inbox={INTAKE: (last, "")} if last else {},
            emitted={},
            held_count=len(items),
            blocked=True,
            replay=None,
            state=Counter(due_at=due_at),
        )
        self.work: Work[Counter] = Work(
            rows={CASE: self.row}, held_before={CASE: list(items)} if items else {}
        )
        applier = Applier(room or counting_room(), self.work, NOW, "router.tasks", shard=0)
        self.mender = Mender(self.work, applier, NOW)

    def retry(self) -> None:
        """Try again."""
        self.mender.retry(self.row)

    @property
    def left(self) -> list[tuple[int | None, str, str]]:
        """What is held now."""
        found = [*self.work.held_before.get(CASE, []), *self.work.held]
        return [(item.record.sequence, item.reason, item.error) for item in found]


def watching(seen: list[Any]) -> Room[Counter]:
    """Return a room that notes what is applied and when a timer fires."""
    room = counting_room()
    ((kind, kept),) = room.on_fact.items()

    def on_fact(state: Counter, fact: Any, moment: Any) -> Decision[Counter]:
        seen.append((moment.source, moment.sequence))
        return kept(state, fact, moment)

    def on_timer(state: Counter, now: datetime) -> Decision[Counter]:
        seen.append(now)
        assert room.on_timer is not None
        return room.on_timer(state, now)

    return replace(room, on_fact={kind: on_fact}, on_timer=on_timer)


def test_records_of_a_source_are_applied_by_number() -> None:
    """However they lie in the table; nothing is held afterwards, and all is deleted."""
    seen: list[Any] = []
    items = [held(record(number)) for number in (3, 1, 2)]
    bench = Bench(items, room=watching(seen))
    bench.retry()
    assert seen == [(INTAKE, 1), (INTAKE, 2), (INTAKE, 3)]
    assert (bench.left, bench.row.held_count, bench.row.blocked) == ([], 0, False)
    assert {item.place for item in bench.work.released} == {item.record.place for item in items}


def test_sources_follow_each_other_as_they_came() -> None:
    """A record is not applied before one of its source that came later under a lower number."""
    seen: list[Any] = []
    items = [
        held(record(1, ROUTER), minute=2),
        held(record(1), minute=3),
        held(record(2), minute=1),
        held(record(2, ROUTER), minute=4),
    ]
    Bench(items, room=watching(seen)).retry()
    assert seen == [(ROUTER, 1), (INTAKE, 1), (INTAKE, 2), (ROUTER, 2)]


def test_a_gap_stays_a_gap() -> None:
    """What is missing is missing; what does not depend on it goes on."""
    items = [held(record(3), "gap"), held(record(1, ROUTER))]
    bench = Bench(items, last=1)
    bench.retry()
    assert bench.left == [(3, "gap", "")]
    assert (bench.row.blocked, bench.row.held_count, bench.row.state.told) == (False, 1, 1)


def test_what_fails_again_keeps_its_time() -> None:
    """And the case is blocked, though no failure of this minute."""
    bench = Bench([held(record(1, channel=BUG), "bug", "KeyError"), held(record(2), minute=5)])
    bench.retry()
    assert bench.left == [(1, "bug", "ZeroDivisionError"), (2, "behind", "")]
    assert [item.since for item in bench.work.held] == [START, START + 5 * MINUTE]
    assert bench.row.blocked
    assert bench.work.failed == set()


def test_unreadable_it_fails_again() -> None:
    """A value that does not fit is not taken for a fact that nobody knows."""
    item = changed(record(1), fact=None, error="value: json_invalid")
    bench = Bench([held(item, "bug", "value: json_invalid")])
    bench.retry()
    assert bench.left == [(1, "bug", "value: json_invalid")]


@pytest.mark.parametrize(("due", "fires"), [(-1, "before"), (0, "after"), (1, "after")])
def test_a_timer_fires_where_it_would_have(due: int, fires: str) -> None:
    """Before a record that came after it was due; at the same instant the record wins."""
    seen: list[Any] = []
    due_at = START + (5 + due) * MINUTE
    Bench([held(record(1), minute=5)], room=watching(seen), due_at=due_at).retry()
    expected = [due_at, (INTAKE, 1)] if fires == "before" else [(INTAKE, 1), NOW]
    assert seen == expected


def test_a_timer_that_is_not_due_stays() -> None:
    """It is the worker's again."""
    bench = Bench([held(record(1))], due_at=NOW + MINUTE)
    bench.retry()
    assert (bench.row.state.fired, bench.row.state.told) == (0, 1)


def test_a_timer_that_fails_before_a_record_blocks_it() -> None:
    """The records wait behind the timer."""
    room = replace(counting_room(), on_timer=_bug)
    bench = Bench([held(record(1), minute=5)], room=room, due_at=START)
    bench.retry()
    assert bench.left == [(1, "behind", "")]
    assert bench.work.failed_timers == {CASE: "ZeroDivisionError"}
    assert bench.work.failed == set()
    assert bench.row.state.told == 0


def test_an_imported_case_has_no_timers_of_the_clock() -> None:
    """It lives on the times of its file."""
    seen: list[Any] = []
    bench = Bench([held(record(1), minute=5)], room=watching(seen), due_at=START)
    bench.row.replay = Replay(run="run-1", handled_at=None, as_of=NOW)
    bench.work.held_before[CASE] = [held(record(1, at=START - MINUTE))]
    bench.retry()
    assert seen == [(INTAKE, 1)]


class TestOne:
    """One record at a time, where the database refuses what all of them make."""

    def test_the_others_wait(self) -> None:
        """Blocked, as they were."""
        items = [held(record(1), "bug", "KeyError"), held(record(2)), held(record(3), "gap")]
        bench = Bench(items)
        first = bench.mender.waiting(bench.row)[0]
        assert not bench.mender.retry_one(bench.row, first)
        assert bench.left == [(2, "behind", ""), (3, "gap", "")]
        assert (bench.row.blocked, bench.row.held_count, bench.row.state.told) == (True, 2, 1)

    def test_what_is_refused_is_held_for_that(self) -> None:
        """With the database's reason; nothing was applied."""
        bench = Bench([held(record(1), "bug", "KeyError"), held(record(2))])
        first = bench.mender.waiting(bench.row)[0]
        assert bench.mender.retry_one(bench.row, first, "22P05")
        assert bench.left == [(2, "behind", ""), (1, "bug", "22P05")]
        assert (bench.row.state.told, bench.row.held_count) == (0, 2)
        assert bench.work.failed == set()

    def test_what_fails_is_told(self) -> None:
        """As by the decider."""
        bench = Bench([held(record(1, channel=BUG), "bug", "KeyError")])
        assert bench.mender.retry_one(bench.row, bench.mender.waiting(bench.row)[0])
        assert bench.left == [(1, "bug", "ZeroDivisionError")]

    def test_a_timer_can_be_to_blame(self) -> None:
        """The case stays blocked, with the reason."""
        bench = Bench([])
        bench.mender.refuse_timer(bench.row, "22P05")
        assert (bench.row.blocked, bench.work.failed_timers) == (True, {CASE: "22P05"})
        assert bench.work.failed == set()


class TestDiscard:
    """Exactly one record is left out."""

    def test_its_source_advances_by_one(self) -> None:
        """With the digest of what was left out; the case stays blocked until it is tried."""
        bad = record(3, channel=BUG)
        bench = Bench([held(bad, "bug", "KeyError"), held(record(4))], last=2)
        item, number = bench.mender.discard(bench.row, bad.place)
        assert (item.record, number) == (bad, 3)
        assert bench.row.inbox == {INTAKE: (3, bad.digest)}
        assert (bench.left, bench.row.held_count) == ([(4, "behind", "")], 1)
        assert (bench.row.blocked, bench.work.released) == (True, [bad])

    def test_a_number_that_was_applied_is_not_taken_back(self) -> None:
        """Another content under a known number is only forgotten."""
        bad = changed(record(2), offset=9)
        bench = Bench([held(bad, "bug", "integrity")], last=2)
        assert bench.mender.discard(bench.row, bad.place)[1] is None
        assert bench.row.inbox == {INTAKE: (2, "")}

    def test_a_number_that_another_content_claims_is_left_to_it(self) -> None:
        """The forged record goes, the real one behind it is applied."""
        forged, real = changed(record(1, channel=BUG), offset=8), record(1)
        bench = Bench([held(forged, "bug", "KeyError"), held(real)])
        assert bench.mender.discard(bench.row, forged.place)[1] is None
        bench.retry()
        assert (bench.left, bench.row.state.told) == ([], 1)

    def test_a_repeat_of_it_goes_with_it(self) -> None:
        """The same content at another place: it is the same record."""
        bad = record(1, channel=BUG)
        bench = Bench([held(bad, "bug", "KeyError"), held(changed(bad, offset=8))])
        assert bench.mender.discard(bench.row, bad.place)[1] == 1
        bench.retry()
        assert (bench.left, bench.row.state.told) == ([], 0)

    @pytest.mark.parametrize(
        ("following", "number"), [((3,), 2), ((3, 4), 2), ((4,), None), ((2,), None), ((), None)]
    )
    def test_without_a_number_it_stands_for_the_one_that_is_missing(
        self, following: tuple[int, ...], number: int | None
    ) -> None:
        """If exactly one is missing before those that wait; of another source none is."""
        bad = unnumbered(8)
        items = [held(bad, "bug", "ce_id is missing"), *(held(record(n)) for n in following)]
        bench = Bench([*items, held(record(3, ROUTER))], last=1)
        assert bench.mender.discard(bench.row, bad.place)[1] == number
        assert bench.row.inbox == {INTAKE: (number or 1, "")}

    def test_an_earlier_one_has_to_come_first(self) -> None:
        """Discarding the third would skip the second as well."""
        bad = record(3)
        bench = Bench([held(bad, "bug", "value: json_invalid")], last=1)
        with pytest.raises(NotNextError):
            bench.mender.discard(bench.row, bad.place)
        assert (bench.work.released, bench.row.held_count, bench.row.changed) == ([], 1, False)

    @pytest.mark.parametrize("reason", ["behind", "gap"])
    def test_what_has_not_failed_is_kept(self, reason: str) -> None:
        """It would be applied if the one before it were mended."""
        bench = Bench([held(record(1), reason)])
        with pytest.raises(NotFailedError):
            bench.mender.discard(bench.row, record(1).place)

    def test_what_is_not_held_is_unknown(self) -> None:
        """Another offset is another record."""
        bench = Bench([held(record(1), "bug", "KeyError")])
        with pytest.raises(UnknownHeldError):
            bench.mender.discard(bench.row, record(2).place)


def _bug(_state: Counter, _now: datetime) -> Decision[Counter]:
    raise ZeroDivisionError
