"""What becomes of a batch when its transaction fails, one policy per kind of failure."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from tests.unit.civicloop_kit.counting import BUG, Counter, attached
from tests.unit.civicloop_kit.memory import BrokenCommitError, Memory, placed

from civicloop_kit.batches import MAX_CONFLICTS, Batches
from civicloop_kit.failures import MAX_NEW_BUGS, TooManyHeldError
from civicloop_kit.postgres import (
    ConflictError,
    DataError,
    MisconfiguredError,
    UnavailableError,
)
from civicloop_kit.received import Received
from civicloop_kit.store import PositionLostError
from civicloop_kit.testing.bench import record_of

PLACE = ("intake.cases", 0)


def batch(*cases: UUID, first: int = 0) -> list[Received]:
    """Return a report of each case at offsets in a row; a case that is named twice counts on."""
    return [
        placed(record_of(attached(case), "/intake/cases", cases[: i + 1].count(case)), first + i)
        for i, case in enumerate(cases)
    ]


def batches(memory: Memory) -> Batches[Counter]:
    """Return batches that own one partition from its start."""
    found = Batches(memory.transactions())
    found.assign({PLACE: 0})
    return found


async def apply(found: Batches[Counter], records: Sequence[Received]) -> None:
    """Apply a batch that was just fetched."""
    await found.apply(records, found.generation)


async def test_a_batch_is_one_transaction() -> None:
    """Rows, facts and the position together; the relay is hinted afterwards."""
    memory, cases = Memory(), [uuid4(), uuid4()]
    found = batches(memory)
    await apply(found, batch(*cases, cases[0]))
    assert memory.begun == 1
    assert [memory.told(case) for case in cases] == [2, 1]
    assert memory.tables.positions == found.positions == {PLACE: 3}
    assert [fact.seq for fact in memory.hinted] == [1, 1, 2]
    assert memory.hinted == memory.tables.facts


async def test_what_is_not_ours_is_dropped() -> None:
    """Offsets below the position, partitions that are not assigned, an earlier assignment."""
    memory, case = Memory(), uuid4()
    found = batches(memory)
    found.assign({PLACE: 2})
    memory.tables.positions[PLACE] = 2
    records = batch(case, case, case)
    await apply(found, [placed(record, record.offset, "other.topic") for record in records])
    await found.apply(records, found.generation - 1)
    assert (memory.begun, memory.told(case)) == (0, 0)
    await apply(found, records)
    # Only the third was applied: it is held, for its predecessors are behind the position.
    assert [item.record.offset for item in memory.tables.held] == [2]


@pytest.mark.parametrize("stage", ["fails_to_begin", "fails_to_save", "fails_to_commit"])
async def test_while_the_database_is_away_the_same_batch_is_tried(stage: str) -> None:
    """Nothing is dropped and nothing else is applied."""
    memory, case = Memory(), uuid4()
    getattr(memory, stage).extend([UnavailableError(), UnavailableError()])
    found = batches(memory)
    await apply(found, batch(case))
    assert (memory.told(case), memory.begun, found.positions) == (1, 3, {PLACE: 1})
    assert memory.rescans == 0


@pytest.mark.parametrize("reached", [True, False])
async def test_an_unknown_commit_is_looked_up(*, reached: bool) -> None:
    """The position tells; the relay looks at the table, for nobody hinted."""
    memory, case = Memory(), uuid4()
    memory.fails_to_commit.append(BrokenCommitError(reached=reached))
    # The first look meets no database either.
    memory.fails_to_begin.extend([None, UnavailableError()])
    found = batches(memory)
    await apply(found, batch(case, case))
    assert (memory.told(case), found.positions) == (2, {PLACE: 2})
    assert (memory.begun, memory.rescans) == (1 if reached else 2, 1)


async def test_a_conflict_is_redone_from_fresh_rows() -> None:
    """Somebody else was faster: the decision is made again."""
    memory, case = Memory(), uuid4()
    memory.fails_to_save.extend([ConflictError()] * (MAX_CONFLICTS - 1))
    await apply(batches(memory), batch(case))
    assert (memory.told(case), memory.begun, memory.tables.held) == (1, MAX_CONFLICTS, [])


async def test_a_conflict_without_end_is_a_fault_of_its_case() -> None:
    """Rows that contradict each other stop their case, not the partition."""
    memory, bad, good = Memory(), uuid4(), uuid4()
    memory.refuses, memory.refusal = (bad,), ConflictError()
    await apply(batches(memory), batch(bad, good))
    assert (memory.told(good), memory.told(bad)) == (1, 0)
    assert [(item.reason, item.error) for item in memory.tables.held] == [("bug", "ConflictError")]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DataError("22P05 No"), "22P05 No"),
        (TypeError("secret"), "TypeError"),
    ],
)
async def test_what_is_refused_once_is_redone(error: Exception, told: str) -> None:
    """Only what is refused again is held, and what was refused is not quoted."""
    memory, bad, good = Memory(), uuid4(), uuid4()
    memory.fails_to_save.append(error)
    await apply(batches(memory), batch(good))
    assert (memory.told(good), memory.tables.held) == (1, [])
    memory = Memory()
    memory.refuses, memory.refusal = (bad,), error
    others = [uuid4() for _ in range(6)]
    found = batches(memory)
    await apply(found, batch(*others[:3], bad, *others[3:], bad))
    assert [memory.told(case) for case in others] == [1] * 6
    assert [(item.reason, item.error) for item in memory.tables.held] == [
        ("bug", told),
        ("behind", ""),
    ]
    assert found.positions == {PLACE: 8}
    assert found.stopped is None


async def test_what_cannot_even_be_held_stops_the_room() -> None:
    """Passing it over would lose it."""
    memory, case = Memory(), uuid4()
    memory.fails_to_save.extend([TypeError()] * 10)
    found = batches(memory)
    with pytest.raises(TypeError):
        await apply(found, batch(case))
    assert isinstance(found.stopped, TypeError)
    assert found.positions == {PLACE: 0}


async def test_a_database_that_refuses_the_service_stops_the_room() -> None:
    """A missing right is nobody's case: nothing is held, nothing more is applied."""
    memory, case = Memory(), uuid4()
    memory.fails_to_save.append(MisconfiguredError("42501"))
    found = batches(memory)
    for _ in range(2):
        with pytest.raises(MisconfiguredError):
            await apply(found, batch(case))
    assert (memory.begun, memory.tables.held) == (1, [])


async def test_a_lost_position_gives_the_partition_up() -> None:
    """Another process has it: what was decided is dropped, and positions are read again."""
    memory, case = Memory(), uuid4()
    memory.tables.positions[PLACE] = 7
    found = batches(memory)
    await apply(found, batch(case))
    assert found.lost.is_set()
    assert (found.positions, memory.told(case), memory.begun) == ({}, 0, 1)
    await apply(found, batch(case, first=1))
    assert memory.begun == 1


async def test_losing_one_of_several_partitions_drops_the_batch() -> None:
    """All of it is fetched again; nothing of it was saved."""
    memory, here, there = Memory(), uuid4(), uuid4()
    memory.tables.positions["other.topic", 0] = 7
    found = batches(memory)
    found.assign({PLACE: 0, ("other.topic", 0): 0})
    (elsewhere,) = batch(there)
    await apply(found, [*batch(here), placed(elsewhere, 0, "other.topic")])
    assert (memory.told(here), memory.told(there), found.positions) == (0, 0, {})


async def test_an_assignment_during_a_retry_ends_it() -> None:
    """What is no longer ours is not tried any more."""
    memory, case = Memory(), uuid4()
    found = batches(memory)

    memory.fails_to_save.extend([UnavailableError(), UnavailableError()])
    memory.fails_to_begin.extend([None, lambda: found.assign({})])
    await apply(found, batch(case))
    assert (memory.told(case), memory.begun, found.positions) == (0, 2, {})


async def test_many_bugs_at_once_hold_nobody() -> None:
    """A bad release stops before it holds a city."""
    memory = Memory()
    cases = [uuid4() for _ in range(MAX_NEW_BUGS + 1)]
    records = [
        placed(record_of(attached(case, BUG), "/intake/cases", 1), i)
        for i, case in enumerate(cases)
    ]
    found = batches(memory)
    with pytest.raises(TooManyHeldError):
        await apply(found, records)
    assert (memory.tables.held, found.positions) == ([], {PLACE: 0})
    assert isinstance(found.stopped, TooManyHeldError)


async def test_bugs_add_up_over_batches() -> None:
    """The limit is one of a minute, not of a batch."""
    memory = Memory()
    found = batches(memory)
    for offset in range(MAX_NEW_BUGS):
        record = record_of(attached(uuid4(), BUG), "/intake/cases", 1)
        await apply(found, [placed(record, offset)])
    assert len(memory.tables.held) == MAX_NEW_BUGS
    last = record_of(attached(uuid4(), BUG), "/intake/cases", 1)
    with pytest.raises(TooManyHeldError):
        await apply(found, [placed(last, MAX_NEW_BUGS)])


async def test_a_position_lost_while_saving_is_not_an_error_of_the_data() -> None:
    """Nobody is held for it."""
    memory, case = Memory(), uuid4()
    memory.fails_to_save.append(PositionLostError())
    await apply(batches(memory), batch(case))
    assert memory.tables.held == []
