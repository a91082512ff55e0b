"""Who is told of a transaction that was saved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from structlog.testing import capture_logs
from tests.unit.civicloop_kit.counting import Counter, attached, counting_room
from tests.unit.civicloop_kit.memory import START, Memory, placed
from tests.unit.civicloop_kit.test_batches import apply, batch, batches

from civicloop_kit.metrics import METRICS
from civicloop_kit.rows import HeldRecord, Letter, Work
from civicloop_kit.testing.bench import record_of

CASE = UUID(int=7)
RECORD = placed(record_of(attached(CASE), "/intake/cases", 1), 5, "transactions.letters")


def work(**parts: Any) -> Work[Counter]:
    """Return a transaction's worth."""
    return Work(rows={}, **parts)


def test_the_room_is_told_of_its_effects() -> None:
    """Where there are some."""
    told: list[Sequence[object]] = []
    transactions = Memory(replace(counting_room(), saved=told.append)).transactions()
    effects = [object()]
    transactions.committed(work())
    transactions.committed(work(effects=effects))
    assert told == [effects]


def test_a_room_that_cannot_be_told_undoes_nothing() -> None:
    """It is saved, and said."""

    def fail(_effects: Sequence[object]) -> None:
        raise ZeroDivisionError

    memory = Memory(replace(counting_room(), saved=fail))
    with capture_logs() as logs:
        memory.transactions().committed(work(effects=[object()]))
    assert [line["event"] for line in logs] == ["room_not_told"]


def test_what_is_held_is_counted_once() -> None:
    """When it is held first, not when it is tried again."""
    counted = METRICS.held.labels("gap")._value
    before = counted.get()
    new = HeldRecord(record=RECORD, reason="gap", error="")
    again = replace(new, since=START - timedelta(hours=1))
    Memory().transactions().committed(work(held=[new, again]))
    assert counted.get() == before + 1


def test_a_letter_is_counted_and_looked_for() -> None:
    """By its topic; nobody hinted its notice."""
    memory = Memory()
    transactions = memory.transactions()
    transactions.committed(work())
    assert memory.rescans == 0
    transactions.committed(work(letters=[Letter(record=RECORD, reason="no case")] * 2))
    assert METRICS.dead_letters.labels("transactions.letters")._value.get() == 2
    assert memory.rescans == 1


async def test_facts_are_stored_for_the_first_shard() -> None:
    """That is the one whose relay sends them."""
    memory = Memory()
    await apply(batches(memory), batch(CASE))
    assert [fact.shard for fact in memory.tables.facts] == [0]
