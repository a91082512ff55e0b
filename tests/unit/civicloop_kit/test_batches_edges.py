"""Batches whose records are old, unreadable, or many."""

from uuid import UUID

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import attached
from tests.unit.civicloop_kit.memory import BrokenCommitError, Memory, placed
from tests.unit.civicloop_kit.test_batches import PLACE, apply, batch, batches

from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import ConflictError
from civicloop_kit.testing.bench import record_of

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


async def test_hundreds_of_assignments_are_told_apart_by_number() -> None:
    """A service that others join and leave all day reads on."""
    memory = Memory()
    found = batches(memory)
    for _ in range(300):
        found.assign({PLACE: 0})
    await found.apply(batch(CASE), int("301"))
    assert memory.told(CASE) == 1


async def test_an_unknown_commit_far_into_a_topic_is_looked_up() -> None:
    """It happened: it is not made again."""
    memory = Memory()
    memory.tables.positions[PLACE] = 300
    memory.fails_to_commit.append(BrokenCommitError(reached=True))
    found = batches(memory)
    found.assign({PLACE: 300})
    await apply(found, batch(CASE, CASE, first=300))
    assert (memory.begun, found.positions) == (1, {PLACE: 302})


@pytest.mark.parametrize(
    ("error", "times", "held"),
    [
        (ConflictError(), 19, []),
        (ConflictError(), 20, [("bug", "ConflictError")]),
        (TypeError(), 1, []),
        (TypeError(), 2, [("bug", "TypeError")]),
    ],
)
async def test_a_record_is_at_fault_after_so_many_times(
    error: Exception, times: int, held: list[tuple[str, str]]
) -> None:
    """A conflict may be a race for long; what is refused twice is refused for itself."""
    memory = Memory()
    memory.fails_to_save.extend([error] * times)
    await apply(batches(memory), batch(CASE))
    assert [(item.reason, item.error) for item in memory.tables.held] == held
    assert memory.told(CASE) == (0 if held else 1)


async def test_what_is_applied_is_counted_by_its_source() -> None:
    """Whatever else is in the batch."""
    memory, sources = Memory(), ("/a/source", "/m/source", "/m/source", "/z/source")
    records = [
        # Other objects than ours, as over a wire.
        placed(record_of(attached(UUID(int=offset)), source.encode().decode(), 1), offset)
        for offset, source in enumerate(sources)
    ]
    await apply(batches(memory), records)
    counted = [METRICS.received.labels(source)._value.get() for source in sorted(set(sources))]
    assert counted == [1, 2, 1]
