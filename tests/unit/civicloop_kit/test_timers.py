"""Timers in memory: what cannot be saved costs one case only."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.unit.civicloop_kit.counting import Counter, counting_room
from tests.unit.civicloop_kit.memory import START, Memory, _blank

from civicloop_kit.failures import MAX_NEW_BUGS, TooManyHeldError
from civicloop_kit.postgres import ConflictError, DataError, MisconfiguredError, UnavailableError
from civicloop_kit.room import Decision
from civicloop_kit.testing import FakeClock
from civicloop_kit.timers import Timers


def with_due(*cases: UUID) -> Memory:
    """Return a memory in which timers are due."""
    memory = Memory()
    for case_id in cases:
        row = _blank(case_id)
        row.state = Counter(due_at=START - timedelta(seconds=1))
        memory.tables.rows[case_id] = row
    memory.tables.timers = list(cases)
    return memory


def timers(memory: Memory) -> Timers[Counter]:
    """Return timers at the start time."""
    return Timers(memory.transactions(FakeClock(START)))


def fired(memory: Memory, case_id: UUID) -> int:
    """Return how often a case's timer has fired."""
    return memory.tables.rows[case_id].state.fired


async def test_all_that_is_due_fires_in_one_transaction() -> None:
    """Each once, with a fact that the relay is told of."""
    cases = [uuid4(), uuid4()]
    memory = with_due(*cases)
    assert await timers(memory).fire_due() == 2
    assert [fired(memory, case_id) for case_id in cases] == [1, 1]
    assert (memory.begun, len(memory.hinted)) == (1, 2)


async def test_nothing_due_is_nothing_done() -> None:
    """No transaction is begun."""
    memory = Memory()
    assert await timers(memory).fire_due() == 0
    assert memory.begun == 0


async def test_a_blocked_case_is_left_alone() -> None:
    """Somebody has to look at it first."""
    case_id = uuid4()
    memory = with_due(case_id)
    memory.tables.rows[case_id].blocked = True
    await timers(memory).fire_due()
    assert fired(memory, case_id) == 0


@pytest.mark.parametrize("error", [DataError("22P05"), TypeError()])
async def test_what_is_refused_blocks_its_own_case(error: Exception) -> None:
    """The others fire."""
    bad, *good = [uuid4() for _ in range(3)]
    memory = with_due(bad, *good)
    memory.refuses, memory.refusal = (bad,), error
    assert await timers(memory).fire_due() == 3
    assert [fired(memory, case_id) for case_id in good] == [1, 1]
    assert memory.tables.rows[bad].blocked
    assert fired(memory, bad) == 0


@pytest.mark.parametrize(
    "error", [UnavailableError("away"), ConflictError(), MisconfiguredError("42501")]
)
async def test_the_databases_troubles_are_nobodys_fault(error: Exception) -> None:
    """Nothing is blocked; the worker tries again."""
    case_id = uuid4()
    memory = with_due(case_id)
    memory.fails_to_save.append(error)
    with pytest.raises(type(error)):
        await timers(memory).fire_due()
    assert not memory.tables.rows[case_id].blocked
    assert await timers(memory).fire_due() == 1


async def test_a_bad_release_stops_before_it_blocks_a_city() -> None:
    """Timers count like records: too many failing ones block nobody."""
    cases = [uuid4() for _ in range(MAX_NEW_BUGS + 1)]
    memory = with_due(*cases)

    def bug(_state: Counter, _now: datetime) -> Decision[Counter]:
        raise ZeroDivisionError

    memory.room = replace(counting_room(), on_timer=bug)
    transactions = memory.transactions(FakeClock(START))
    with pytest.raises(TooManyHeldError):
        await Timers(transactions).fire_due()
    assert transactions.failures.stopped is not None
    assert not any(row.blocked for row in memory.tables.rows.values())
