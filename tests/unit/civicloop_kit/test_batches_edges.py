"""Batches whose records are old, unreadable, or many."""

from uuid import UUID

from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.memory import Memory
from tests.unit.civicloop_kit.test_batches import PLACE, apply, batch, batches

CASE = UUID(int=7)


async def test_what_was_fetched_under_an_earlier_assignment_is_fetched_again() -> None:
    """Though the partition is ours again."""
    memory = Memory()
    found = batches(memory)
    before = found.generation
    found.assign({PLACE: 0})
    await found.apply(batch(CASE), before)
    assert (memory.begun, found.positions) == (0, {PLACE: 0})


async def test_a_record_with_unreadable_headers_is_in_no_trace() -> None:
    """It is held like any other that nobody can read."""
    memory = Memory()
    (record,) = batch(CASE)
    spoilt = changed(record, envelope=None, fact=None, error="ce_id is missing")
    await apply(batches(memory), [spoilt])
    assert [(item.reason, item.error) for item in memory.tables.held] == [
        ("bug", "ce_id is missing")
    ]
