"""Deciding a batch in memory: numbers, digests, repeats, gaps, bugs, timers, replays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import (
    BUG,
    Count,
    Counter,
    RefusedError,
    attached,
    counting_room,
    without_effect,
)

from civicloop_contracts.envelope import value_of
from civicloop_contracts.fact import Replay, ce_id
from civicloop_contracts.facts import router
from civicloop_kit.applying import MAX_TIMERS_AT_ONCE
from civicloop_kit.command import CaseCommand
from civicloop_kit.numbering import chain
from civicloop_kit.received import Received
from civicloop_kit.room import Decision, Room
from civicloop_kit.testing import FakeClock, RoomBench
from civicloop_kit.testing.bench import record_of

INTAKE = "/intake/cases"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASE = UUID(int=7)


def bench(room: Room[Counter] | None = None, now: datetime = START) -> RoomBench[Counter]:
    """Return the small room on a bench."""
    return RoomBench(room or counting_room(), FakeClock(now))


def record(number: int, *, offset: int | None = None, **changes: Any) -> Received:
    """Return a report of the case with a number."""
    found = record_of(attached(CASE, **changes), INTAKE, number)
    return changed(found, offset=number if offset is None else offset)


def command(**body: Any) -> CaseCommand:
    """Return a command to the case."""
    return CaseCommand(case_id=CASE, body=Count(**body), principal="tester")


def row(of: RoomBench[Counter]) -> Any:
    """Return the case's row."""
    return of._row(CASE)


def test_facts_are_numbered_and_chained() -> None:
    """Each fact has the next number, and the row the digest over all of them."""
    room = bench()
    for number in (1, 2, 3):
        room.deliver(record(number))
    digest = ""
    for fact in room.facts:
        digest = chain(digest, fact.event_type(), value_of(fact))
    assert [item.seq for item in room._work.facts] == [1, 2, 3]
    assert row(room).emitted == {"/router/tasks": (3, digest)}


def test_the_chain_is_the_hash_of_previous_type_and_value() -> None:
    """What an auditor computes: SHA-256 over previous digest, type, a zero byte and value."""
    first = chain("", "type", b"value")
    assert first == sha256(b"type\0value").hexdigest()
    assert chain(first, "t", b"v") == sha256(bytes.fromhex(first) + b"t\0v").hexdigest()


def test_the_cause_is_the_record() -> None:
    """A fact names the record that led to it; one of a command names the command."""
    room = bench()
    (from_record,) = room.deliver(record(1))
    asked = command()
    room.command(asked)
    assert from_record.cause == ce_id(INTAKE, CASE, 1)
    assert room.facts[1].cause == f"command:{asked.command_id}"


def test_the_inbox_keeps_number_and_digest_of_the_last_record() -> None:
    """The row tells how far each source was applied."""
    room, last = bench(), record(2)
    room.deliver(record(1))
    room.deliver(last)
    assert row(room).inbox == {INTAKE: (2, sha256(last.value).hexdigest())}


@pytest.mark.parametrize("number", [1, 2])
def test_a_repeat_changes_nothing(number: int) -> None:
    """An applied number is dropped, the last one too."""
    room, records = bench(), [record(1), record(2)]
    for item in records:
        room.deliver(item)
    assert room.deliver(records[number - 1]) == []
    assert (room.state(CASE).told, room.held) == (2, [])


def test_the_last_number_with_another_content_blocks() -> None:
    """Two contents under one number contradict each other: nothing more is applied."""
    room = bench()
    for item in (record(1), record(1, offset=8), record(2)):
        room.deliver(item)
    assert [reason for reason, _ in room.held] == ["bug", "behind"]
    assert "integrity" in room.held[0][1]
    assert row(room).blocked


def test_sources_are_counted_apart() -> None:
    """A number of one source says nothing about another."""
    room = bench()
    other = record_of(attached(CASE), "/feedback/outcomes", 1)
    room.deliver(record(1))
    room.deliver(changed(other, topic="feedback.outcomes"))
    assert room.state(CASE).told == 2
    assert set(row(room).inbox) == {INTAKE, "/feedback/outcomes"}


def test_a_gap_is_held_and_released_in_order() -> None:
    """Records that come too early wait, and follow their predecessor in the same transaction."""
    room, records = bench(), {number: record(number) for number in (1, 2, 3)}
    for number in (3, 2):
        assert room.deliver(records[number]) == []
    assert (room.held, row(room).held_count) == ([("gap", ""), ("gap", "")], 2)
    assert len(room.deliver(records[1])) == 3
    assert room.state(CASE).reports == tuple(
        records[number].fact.report_id  # type: ignore[union-attr]
        for number in (1, 2, 3)
    )
    assert (room.held, row(room).held_count) == ([], 0)


def test_a_held_record_that_comes_twice_is_applied_once() -> None:
    """The same record at two places: the second is a repeat when its turn comes."""
    room = bench()
    early = record(2)
    for item in (early, changed(early, offset=9), early, record(1)):
        room.deliver(item)
    assert (room.state(CASE).told, row(room).held_count) == (2, 0)


def test_a_gap_of_one_source_does_not_hold_another() -> None:
    """Order holds within a source only."""
    room = bench()
    room.deliver(record(2))
    other = record_of(attached(CASE), "/feedback/outcomes", 1)
    assert len(room.deliver(changed(other, topic="feedback.outcomes"))) == 1


def test_a_bug_holds_its_record_and_all_behind_it() -> None:
    """A failing decision leaves no trace but a held record, and later ones wait."""
    room = bench()
    for item in (record(1), record(2, channel=BUG), record(3)):
        room.deliver(item)
    assert room.held == [("bug", "ZeroDivisionError"), ("behind", "")]
    assert (room.state(CASE).told, len(room.facts)) == (1, 1)
    assert row(room).inbox[INTAKE][0] == 1
    assert room._work.failed == {CASE}


def test_a_release_that_fails_stops_there() -> None:
    """A held record that fails when its turn comes blocks what comes after it."""
    room = bench()
    for item in (record(3), record(2, channel=BUG), record(1)):
        room.deliver(item)
    assert room.state(CASE).told == 1
    assert sorted(room.held) == [("bug", "ZeroDivisionError"), ("gap", "")]


def test_what_cannot_be_read_blocks_or_is_a_letter() -> None:
    """With a case it blocks the case; without one it is a dead letter."""
    room = bench()
    room.deliver(changed(record(1), fact=None, error="value: json_invalid"))
    room.deliver(changed(record(1), case_id=None, envelope=None, error="ce_id is missing"))
    room.deliver(changed(record(1), case_id=None, envelope=None, error=None))
    assert room.held == [("bug", "value: json_invalid")]
    assert [item.reason for item in room._work.letters] == ["ce_id is missing", "unreadable"]


def test_what_has_no_effect_here_advances() -> None:
    """A fact without a handler, and a type that nobody knows, are no gap."""
    room = bench()
    room.tell(without_effect(CASE))
    room.deliver(changed(record(2), fact=None))
    room.deliver(record(3))
    assert (room.state(CASE).told, room.held) == (1, [])


def test_a_refused_command_leaves_no_trace() -> None:
    """The room's refusal reaches the caller; state, facts and row stay."""
    room = bench()
    with pytest.raises(RefusedError):
        room.command(command(how="refused"))
    assert (room.state(CASE), room.facts, row(room).changed) == (Counter(), [], False)


def test_a_timer_fires_when_due() -> None:
    """At its time, not before; the row is saved either way."""
    clock = FakeClock(START)
    room = RoomBench(counting_room(), clock)
    room.command(command(due_at=START + HOUR))
    assert room.fire_timers(CASE) == []
    clock.move(HOUR)
    (fact,) = room.fire_timers(CASE)
    assert (fact.cause, room.state(CASE).fired) == ("timer:due", 1)
    assert room.fire_timers(CASE) == []
    assert row(room).changed


def test_a_timer_that_stays_due_is_a_bug() -> None:
    """A room whose timer never moves is stopped, and its case blocked."""
    calls: list[int] = []

    def stuck(state: Counter, _now: datetime) -> Decision[Counter]:
        calls.append(1)
        return Decision(state=state)

    room = bench(replace(counting_room(), on_timer=stuck))
    room.command(command(due_at=START - HOUR))
    assert room.fire_timers(CASE) == []
    assert len(calls) == MAX_TIMERS_AT_ONCE
    assert row(room).blocked
    assert room._work.failed == {CASE}


def test_a_failing_timer_changes_nothing_else() -> None:
    """The case is blocked as it was before."""
    room = bench()
    room.command(command(due_at=START - HOUR))
    row(room).state = replace(room.state(CASE), note="timer bug")
    assert room.fire_timers(CASE) == []
    assert (room.state(CASE).fired, row(room).blocked) == (0, True)


class TestReplay:
    """An imported history lives on its own times."""

    REPLAY = Replay(run="run-1", handled_at=None, as_of=START + 30 * HOUR)

    def _bench(self) -> tuple[RoomBench[Counter], list[datetime]]:
        seen: list[datetime] = []
        room = counting_room()

        def on_timer(state: Counter, now: datetime) -> Decision[Counter]:
            seen.append(now)
            assert room.on_timer is not None
            return room.on_timer(state, now)

        return bench(replace(room, on_timer=on_timer), START + 900 * HOUR), seen

    def _tell(self, of: RoomBench[Counter], number: int, at: datetime) -> list[Any]:
        return of.deliver(record(number, at=at, replay=self.REPLAY))

    def test_the_mark_is_copied_to_every_fact(self) -> None:
        """Also to facts of commands and of records that carry none."""
        room, _ = self._bench()
        self._tell(room, 1, START)
        room.deliver(record(2, at=START + HOUR))
        room.command(command())
        assert [fact.replay for fact in room.facts] == [self.REPLAY] * 3

    def test_timers_before_a_fact_fire_first_at_their_own_time(self) -> None:
        """Due before the fact's time: they fire, at the time at which they were due."""
        room, seen = self._bench()
        self._tell(room, 1, START)
        row(room).state = replace(room.state(CASE), due_at=START + HOUR)
        told = self._tell(room, 2, START + 2 * HOUR)
        assert seen == [START + HOUR]
        assert [fact.round for fact in told if isinstance(fact, router.CaseHandled)] == [1, 2]
        assert {fact.cause for fact in told} == {ce_id(INTAKE, CASE, 2)}

    def test_at_the_same_instant_the_fact_wins(self) -> None:
        """A timer that is due exactly when a fact happens does not fire before it."""
        room, seen = self._bench()
        self._tell(room, 1, START)
        row(room).state = replace(room.state(CASE), due_at=START + HOUR)
        self._tell(room, 2, START + HOUR)
        assert seen == []

    def test_a_command_of_the_file_fires_timers_too(self) -> None:
        """A command with a time of the file meets the state of that time."""
        room, seen = self._bench()
        asked = replace(command(due_at=START + HOUR), replay=self.REPLAY, now=START)
        room.command(asked)
        room.command(replace(command(), now=START + 2 * HOUR))
        assert seen == [START + HOUR]

    def test_without_a_replay_a_record_fires_no_timer(self) -> None:
        """The clock's own cases are the worker's."""
        room = bench()
        room.command(command(due_at=START - HOUR))
        room.deliver(record(1))
        assert room.state(CASE).fired == 0

    def test_the_room_is_told_the_time_of_the_file(self) -> None:
        """`now` is when the fact happened, `recorded_at` the clock's time."""
        moments: list[Any] = []
        room = counting_room()
        (kind,) = room.on_fact
        kept = room.on_fact[kind]

        def handler(state: Counter, fact: Any, moment: Any) -> Decision[Counter]:
            moments.append(moment)
            return kept(state, fact, moment)

        on_bench = bench(replace(room, on_fact={kind: handler}), START + HOUR)
        self._tell(on_bench, 1, START)
        on_bench.deliver(changed(record_of(attached(uuid4()), INTAKE, 1), offset=5))
        assert [moment.now for moment in moments] == [START, START + HOUR]
        assert {moment.recorded_at for moment in moments} == {START + HOUR}
