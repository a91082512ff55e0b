"""A code of a newer release: the case waits for the upgrade where the fact moves it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from tests.unit.civicloop_kit.counting import Counter, attached, counting_room, without_effect
from tests.unit.civicloop_kit.memory import Memory, placed

from civicloop_contracts.examples import example_of
from civicloop_contracts.facts.intake import CaseFiled
from civicloop_kit.batches import Batches
from civicloop_kit.failures import MAX_NEW_BUGS
from civicloop_kit.holding import BEHIND, NEWER
from civicloop_kit.mending import Mender
from civicloop_kit.received import Received, receive
from civicloop_kit.rows import Work
from civicloop_kit.testing import RoomBench
from civicloop_kit.testing.bench import record_of

INTAKE = "/intake/cases"
CASE = UUID(int=7)
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HELD = (NEWER, "a newer release's code: channel: enum")


def newer(case_id: UUID = CASE, number: int = 1) -> Received:
    """Return a report by a channel that this release does not know."""
    return _reread(record_of(attached(case_id), INTAKE, number))


def _reread(known: Received) -> Received:
    value = known.value.replace(b'"snap"', b'"telepathy"')
    raw = SimpleNamespace(
        topic=known.topic,
        partition=known.partition,
        offset=known.offset,
        key=None,
        value=value,
        headers=known.headers,
    )
    return receive(cast("Any", raw), {known.topic: known.source})


def test_it_is_read_as_far_as_it_goes() -> None:
    """The case, the number and the place of the code; no error of ours, no fact."""
    record = newer()
    assert (record.case_id, record.sequence, record.fact, record.error) == (CASE, 1, None, None)
    assert record.newer == HELD[1]


def test_the_case_waits_for_the_upgrade() -> None:
    """It is held with its own reason, and what comes later waits behind it."""
    room = RoomBench(counting_room())
    room.deliver(newer())
    room.deliver(record_of(attached(CASE), INTAKE, 2))
    assert room.held == [HELD, (BEHIND, "")]
    assert (room.state(CASE).told, room._row(CASE).blocked) == (0, True)
    assert INTAKE not in room._row(CASE).inbox


def test_a_fact_without_effect_here_advances_whatever_its_codes() -> None:
    """A room that does not act on the type misses nothing."""
    room = RoomBench(counting_room())
    filed = example_of(CaseFiled).model_copy(update={"case_id": CASE})
    room.deliver(_reread(record_of(filed, INTAKE, 1)))
    room.deliver(record_of(attached(CASE), INTAKE, 2))
    assert (room.held, room.state(CASE).told) == ([], 1)


def test_a_gap_comes_first() -> None:
    """What came too early waits for its predecessor, and is looked at then."""
    room = RoomBench(counting_room())
    room.deliver(newer(number=2))
    assert [reason for reason, _ in room.held] == ["gap"]
    room.deliver(record_of(without_effect(CASE), INTAKE, 1))
    assert room.held == [HELD]


async def test_new_codes_without_number_stop_no_room() -> None:
    """They are nobody's bug: a rolling upgrade holds these cases, and all others go on."""
    memory = Memory()
    batches = Batches(memory.transactions())
    batches.assign({("intake.cases", 0): 0})
    count = MAX_NEW_BUGS + 1
    records = [placed(newer(uuid4()), offset) for offset in range(count)]
    await batches.apply(records, batches.generation)
    assert (batches.stopped, len(memory.tables.held)) == (None, count)
    await batches.apply([placed(record_of(attached(CASE), INTAKE, 1), count)], batches.generation)
    assert memory.told(CASE) == 1


def _retry(record: Received) -> RoomBench[Counter]:
    """Return the room after the held record was tried again, as this release reads it."""
    room = RoomBench(counting_room())
    room.deliver(newer())
    room.deliver(record_of(attached(CASE), INTAKE, 2))
    first, behind = room._work.held
    before = [replace(first, record=record, since=NOW), replace(behind, since=NOW)]
    room._work = Work(rows=room._work.rows, held_before={CASE: before})
    Mender(room._work, room._applier(), NOW).retry(room._row(CASE))
    return room


def test_after_the_upgrade_a_retry_releases_the_case() -> None:
    """The release that knows the code applies what was held, in order."""
    room = _retry(record_of(attached(CASE), INTAKE, 1))
    assert (room.state(CASE).told, room._row(CASE).blocked, room.held) == (2, False, [])


def test_before_the_upgrade_a_retry_changes_nothing() -> None:
    """It is held again, since when it was held first."""
    room = _retry(newer())
    assert (room.state(CASE).told, room._row(CASE).blocked) == (0, True)
    assert room.held == [HELD, (BEHIND, "")]
    assert {item.since for item in room._work.held} == {NOW}


def test_what_no_upgrade_will_read_can_be_left_out() -> None:
    """A person may decide so, as for a bug."""
    room = RoomBench(counting_room())
    room.deliver(newer())
    (item,) = room._work.held
    room._work = Work(rows=room._work.rows, held_before={CASE: [item]})
    mender = Mender(room._work, room._applier(), NOW)
    assert mender.discard(room._row(CASE), item.record.place) == (item, 1)
