"""Edges of deciding a batch: several timers, several cases, effects and traces."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import BUG, Counter, Told, attached, counting_room
from tests.unit.civicloop_kit.test_applying import (
    CASE,
    HOUR,
    INTAKE,
    START,
    bench,
    command,
    record,
    row,
)
from tests.unit.civicloop_kit.test_jobs import QUEUED

from civicloop_contracts.envelope import value_of
from civicloop_contracts.fact import Replay
from civicloop_kit.numbering import chain
from civicloop_kit.received import Received
from civicloop_kit.room import Decision, Room
from civicloop_kit.rows import HeldRecord
from civicloop_kit.testing.bench import record_of

OTHER = UUID(int=3)
TRACE, LATER = (f"00-{letter * 32}-{'b' * 16}-00" for letter in "ac")
REPLAY = Replay(run="run-1", handled_at=None, as_of=START + 90 * HOUR)


def ticking_room() -> Room[Counter]:
    """Return a room whose timer is due again an hour later, three times."""

    def tick(state: Counter, _now: datetime) -> Decision[Counter]:
        fired = state.fired + 1
        due_at = state.due_at + HOUR if state.due_at and fired < 3 else None
        return Decision(
            state=replace(state, fired=fired, due_at=due_at), facts=(Told(number=fired),)
        )

    return replace(counting_room(), on_timer=tick)


def test_a_timer_may_be_due_again() -> None:
    """Each time from where the last one left the case, until it is due no more."""
    room = bench(ticking_room(), START + 9 * HOUR)
    room.command(command(due_at=START))
    told = room.fire_timers(CASE)
    assert (len(told), room.state(CASE).fired, room.state(CASE).due_at) == (3, 3, None)
    digest = ""
    for fact in room.facts:
        digest = chain(digest, fact.event_type(), value_of(fact))
    assert row(room).emitted == {"/router/tasks": (4, digest)}


def test_a_timer_that_is_not_due_again_yet_waits() -> None:
    """Only what is due fires."""
    room = bench(ticking_room(), START + HOUR)
    room.command(command(due_at=START))
    room.fire_timers(CASE)
    assert (room.state(CASE).fired, room.state(CASE).due_at) == (2, START + 2 * HOUR)


def test_a_fact_meets_the_case_as_its_timers_left_it() -> None:
    """All that were due before it, then itself; the row is as the last decision left it."""
    room = bench(ticking_room(), START + 900 * HOUR)
    room.deliver(record(1, at=START, replay=REPLAY))
    row(room).state = replace(room.state(CASE), due_at=START + HOUR)
    told = room.deliver(record(2, at=START + 2 * HOUR + timedelta(minutes=1), replay=REPLAY))
    state = room.state(CASE)
    assert (len(told), state.fired, state.told) == (3, 2, 2)


@pytest.mark.parametrize("swapped", [False, True])
def test_any_other_content_under_a_known_number_blocks(*, swapped: bool) -> None:
    """Whichever of the two came first."""
    room = bench()
    first, second = sorted((record(1), record(1, offset=8)), key=lambda item: item.digest)
    for item in (second, first) if swapped else (first, second):
        room.deliver(item)
    assert row(room).blocked


def test_effects_are_saved_with_their_decision() -> None:
    """In the order in which they were decided."""
    room = bench()
    room.command(command(effects=(QUEUED,)))
    room.command(command(effects=(replace(QUEUED, job_id="second"),)))
    assert room.effects == [QUEUED, replace(QUEUED, job_id="second")]


def test_a_case_stays_in_its_first_trace() -> None:
    """Whatever comes later, its facts and timers belong to where it began."""
    room = bench(counting_room(), START + HOUR)
    room.deliver(record(1))
    assert row(room).traceparent is None
    room.deliver(changed(record_of(attached(CASE), INTAKE, 2, TRACE), offset=2))
    assert row(room).traceparent == TRACE
    room.deliver(changed(record_of(attached(CASE), INTAKE, 3, LATER), offset=3))
    assert row(room).traceparent == TRACE
    room.command(replace(command(due_at=START), traceparent=LATER))
    room.fire_timers(CASE)
    assert [fact.traceparent for fact in room._work.facts] == [None, TRACE, LATER, TRACE, TRACE]


def test_a_place_is_held_once() -> None:
    """Fetched again while it waits, it is the same record."""
    room = bench()
    for _ in range(3):
        room.deliver(record(2))
    assert room.held == [("gap", "")]
    assert row(room).held_count == 1


def test_a_case_that_holds_something_is_saved() -> None:
    """Its count tells that there is something to load; so does every other change."""
    room = bench()
    assert not row(room).changed
    room.deliver(record(2))
    assert row(room).changed
    for change in (record(1), record(2, offset=9, channel=BUG)):
        row(room).changed = False
        room.deliver(change)
        assert row(room).changed


@pytest.mark.parametrize(("first", "then"), [(OTHER, CASE), (CASE, OTHER)])
def test_each_case_waits_for_its_own(first: UUID, then: UUID) -> None:
    """A record that comes lets go what waited for it, of no other case."""
    room = bench()
    for offset, (case_id, number) in enumerate(
        [(then, 2), (first, 2), (then, 3), (first, 3)], start=1
    ):
        assert room.deliver(_report(case_id, number, offset)) == []
    assert {fact.case_id for fact in room.deliver(_report(first, 1, 5))} == {first}
    assert (room.state(first).told, room.state(then).told, len(room.held)) == (3, 0, 2)
    assert {fact.case_id for fact in room.deliver(_report(then, 1, 6))} == {then}
    assert (room.state(first).told, room.state(then).told, room.held) == (3, 3, [])


def test_what_waits_in_the_table_follows_its_predecessor() -> None:
    """A gap that an earlier transaction held closes like one of this one."""
    room = bench()
    reason = b"gap".decode()  # as from a table: equal, and another object
    row(room).held_count = 1
    room._work.held_before[CASE] = [HeldRecord(record=record(2), reason=reason, error="")]
    assert len(room.deliver(record(1))) == 2
    assert (room._work.held_before[CASE], row(room).held_count) == ([], 0)
    assert [item.sequence for item in room._work.released] == [2]


@pytest.mark.parametrize("reason", ["bug", "behind"])
def test_what_failed_is_not_tried_again_by_itself(reason: str) -> None:
    """Only a gap closes by the record that was missing; a person releases the rest."""
    room = bench()
    held = HeldRecord(record=record(2), reason=reason, error="")
    row(room).held_count = 1
    room._work.held_before[CASE] = [held]
    room.deliver(record(1))
    assert room.state(CASE).told == 1
    assert room._work.held_before[CASE] == [held]


def _report(case_id: UUID, number: int, offset: int) -> Received:
    # Ids as they come over a wire: equal, and never the same object.
    return changed(record_of(attached(UUID(int=case_id.int)), INTAKE, number), offset=offset)


def test_a_high_number_with_another_content_blocks_too() -> None:
    """It is the number that counts, not which object it is."""
    room = bench()
    room.deliver(record(1))
    row(room).inbox = {INTAKE: (int("300"), record(1).digest)}
    room.deliver(record(int("300")))
    assert [reason for reason, _ in room.held] == ["bug"]
    assert "integrity" in room.held[0][1]
