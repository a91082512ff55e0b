"""A fact that a room refuses is remarked: read, told, and without effect. It holds nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import (
    REFUSED,
    WELL,
    Counter,
    RefusedError,
    attached,
    counting_room,
)
from tests.unit.civicloop_kit.memory import Memory, placed

from civicloop_contracts.codes import RemarkCode, Service
from civicloop_contracts.examples import example_of
from civicloop_contracts.fact import Replay, ce_id
from civicloop_contracts.facts.department import TaskCompleted
from civicloop_contracts.facts.remark import Remarked
from civicloop_kit.batches import Batches
from civicloop_kit.failures import MAX_NEW_BUGS
from civicloop_kit.numbering import chain
from civicloop_kit.room import Decision, Moment, Room
from civicloop_kit.testing import FakeClock, RoomBench
from civicloop_kit.testing.bench import record_of

INTAKE = "/intake/cases"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASE = UUID(int=7)


def bench(room: Room[Counter] | None = None) -> RoomBench[Counter]:
    """Return the small room on a bench."""
    return RoomBench(room or counting_room(), FakeClock(START))


def test_a_refusal_is_remarked_and_advances() -> None:
    """The state stays, the fact is this room's own and names the record as its cause."""
    room = bench()
    room.tell(attached(CASE))
    (remark,) = room.tell(attached(CASE, REFUSED))
    assert isinstance(remark, Remarked)
    assert (remark.code, remark.writer) == (RemarkCode.NOT_APPLICABLE, Service.ROUTER)
    assert remark.cause == ce_id(INTAKE, CASE, 2)
    assert remark.occurred_at == remark.recorded_at == START
    assert remark.task_id is None
    room.tell(attached(CASE))
    assert (room.state(CASE).told, room.held, room._work.failed) == (2, [], set())
    assert room._row(CASE).inbox[INTAKE][0] == 3


def test_a_remark_is_numbered_and_chained_like_any_fact() -> None:
    """An auditor finds no difference."""
    room = bench()
    for channel in (WELL, REFUSED, WELL):
        room.tell(attached(CASE, channel))
    digest = ""
    for sent in room._work.facts:
        digest = chain(digest, sent.type, sent.value)
    assert [sent.seq for sent in room._work.facts] == [1, 2, 3]
    assert room._row(CASE).emitted == {"/router/tasks": (3, digest)}


def test_a_remark_names_the_task_that_the_fact_is_about() -> None:
    """So that a department's answer can be found again."""

    def refuse(_state: Counter, _fact: Any, _moment: Moment) -> Decision[Counter]:
        raise RefusedError

    completed = example_of(TaskCompleted)
    room = bench(replace(counting_room(), on_fact={TaskCompleted: refuse}))
    (remark,) = room.tell(completed)
    assert isinstance(remark, Remarked)
    assert remark.task_id == completed.task.task_id  # type: ignore[attr-defined]


def test_a_replayed_refusal_lives_on_the_times_of_its_file() -> None:
    """What was due before it fires before it, and the remark says when it happened out there."""
    replay = Replay(run="boston-1", handled_at=None, as_of=START)
    at = START - 30 * HOUR
    room = bench(replace(counting_room(), new_state=lambda _case: Counter(due_at=at - HOUR)))
    fired, remark = room.tell(attached(CASE, REFUSED, at=at, replay=replay))
    assert (fired.occurred_at, room.state(CASE).fired) == (START, 1)
    assert isinstance(remark, Remarked)
    assert (remark.occurred_at, remark.recorded_at, remark.replay) == (at, START, replay)


def test_only_the_rooms_own_refusals_are_answers() -> None:
    """Whatever else is raised is a bug and holds the case."""
    room = bench(replace(counting_room(), refusals=()))
    assert room.tell(attached(CASE, REFUSED)) == []
    assert room.held == [("bug", "RefusedError")]


async def test_refusals_without_number_stop_no_room() -> None:
    """They are nobody's bug: more of them than bugs are allowed go by."""
    memory = Memory()
    batches = Batches(memory.transactions())
    batches.assign({("intake.cases", 0): 0})
    records = [
        placed(record_of(attached(uuid4(), REFUSED), INTAKE, 1), offset)
        for offset in range(MAX_NEW_BUGS + 1)
    ]
    await batches.apply(records, batches.generation)
    assert (batches.stopped, memory.tables.held) == (None, [])
    assert len(memory.tables.facts) == MAX_NEW_BUGS + 1


def test_a_refused_record_that_was_held_is_released() -> None:
    """Its turn comes behind a gap, and what waits behind it goes on."""
    room = bench()
    early = [attached(CASE), attached(CASE, REFUSED), attached(CASE)]
    for offset, fact in enumerate(early):
        room.deliver(changed(record_of(fact, INTAKE, 3 - offset), offset=offset))
    assert (room.state(CASE).told, room.held, len(room.facts)) == (2, [], 3)
