"""A bad release stops what reads, what fires and what answers, whoever noticed it first."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID, uuid4

import pytest
from tests.unit.civicloop_kit.counting import Count, Counter, attached, counting_room
from tests.unit.civicloop_kit.memory import START, Memory, _blank, placed

from civicloop_kit.batches import Batches
from civicloop_kit.command import CaseCommand, KeyedRequest, KeyReusedError
from civicloop_kit.commands import Commands
from civicloop_kit.failures import MAX_NEW_BUGS, TooManyHeldError
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.testing import FakeClock
from civicloop_kit.testing.bench import record_of
from civicloop_kit.timers import Timers
from civicloop_kit.transactions import Transactions

PLACE = ("intake.cases", 0)


def _bug(_state: Counter, _now: datetime) -> NoReturn:
    raise ZeroDivisionError


async def _stopped(memory: Memory) -> Transactions[Counter]:
    """Return transactions after too many timers have failed."""
    memory.room = replace(counting_room(), on_timer=_bug)
    for case_id in [uuid4() for _ in range(MAX_NEW_BUGS + 1)]:
        row = _blank(case_id)
        row.state = Counter(due_at=START - timedelta(seconds=1))
        memory.tables.rows[case_id] = row
        memory.tables.timers.append(case_id)
    transactions = memory.transactions(FakeClock(START))
    with pytest.raises(TooManyHeldError):
        await Timers(transactions).fire_due()
    return transactions


async def test_timers_that_fail_stop_the_stream() -> None:
    """Nothing is applied, and the position stays."""
    memory = Memory()
    batches = Batches(await _stopped(memory))
    batches.assign({PLACE: 0})
    case_id = uuid4()
    record = placed(record_of(attached(case_id), "/intake/cases", 1), 0)
    with pytest.raises(TooManyHeldError):
        await batches.apply([record], batches.generation)
    assert isinstance(batches.stopped, TooManyHeldError)
    assert (memory.told(case_id), batches.positions) == (0, {PLACE: 0})


async def test_timers_that_fail_stop_commands() -> None:
    """A caller is asked to come again; nothing is decided."""
    memory, case_id = Memory(), uuid4()
    commands = Commands(await _stopped(memory), b"s" * 32)
    with pytest.raises(UnavailableError):
        await commands.submit(CaseCommand(case_id=case_id, body=Count(), principal="tester"))
    assert memory.counted(case_id) == 0


async def test_an_answer_that_was_given_is_given_again() -> None:
    """A repeated key needs no decision."""
    memory, case_id = Memory(), uuid4()
    before = Commands(memory.transactions(), b"s" * 32)
    asked = _keyed(case_id)
    first = await before.submit(asked)
    after = Commands(await _stopped(memory), b"s" * 32)
    assert (await after.submit(asked)).body == first.body
    with pytest.raises(KeyReusedError):
        await after.submit(_keyed(case_id, target="other"))


async def test_a_stream_that_fails_stops_timers() -> None:
    """Nothing is even looked at."""
    memory = Memory()
    transactions = memory.transactions(FakeClock(START))
    with pytest.raises(TooManyHeldError):
        transactions.failures.check(MAX_NEW_BUGS + 1)
    row = _blank(UUID(int=1))
    row.state = Counter(due_at=START - timedelta(seconds=1))
    memory.tables.rows[row.case_id], memory.tables.timers = row, [row.case_id]
    assert await Timers(transactions).fire_due() == 0
    assert (memory.tables.rows[row.case_id].state.fired, memory.begun) == (0, 0)


def _keyed(case_id: UUID, target: str = "this") -> CaseCommand:
    request = KeyedRequest(key="key", target=target, digest=b"")
    return CaseCommand(case_id=case_id, body=Count(), principal="tester", request=request)
