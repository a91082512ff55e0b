"""Where a fact goes, and what is sent of it."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from civicloop_contracts.envelope import read_envelope
from civicloop_kit.producing import key_hash, pack, record_of
from civicloop_kit.rows import OutboxFact

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
FACT = OutboxFact(
    source="/router/tasks",
    case_id=UUID(int=5),
    seq=7,
    shard=0,
    topic="router.tasks",
    type="civicloop.case.handled.v1",
    value=b"{}",
    traceparent=TRACE,
    recorded_at=datetime(2026, 3, 2, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        # Kafka's own test of its hash (Utils.murmur2), made positive as its partitioner does.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_key_is_placed_as_java_places_it(key: bytes, hashed: int) -> None:
    """Integrators and other writers find a case in the partition in which we put it."""
    assert key_hash(key) == hashed & 0x7FFFFFFF


def test_a_record_says_what_the_row_says() -> None:
    """Key, value and headers are those of the stored fact."""
    record = record_of(FACT)
    envelope = read_envelope(record["headers"])
    assert (record["key"], record["value"]) == (str(FACT.case_id).encode(), b"{}")
    assert record["timestamp"] == FACT.recorded_at.timestamp() * 1000
    assert (envelope.source, envelope.type) == (FACT.source, FACT.type)
    assert (envelope.case_id, envelope.sequence) == (FACT.case_id, 7)
    assert envelope.traceparent == TRACE


class Batch:
    """Takes three records."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.is_closed = False

    def append(self, **record: Any) -> object | None:
        """Take a record, or none when it is full."""
        if len(self.taken) == 3:
            return None
        self.taken.append(record["key"])
        return record

    def close(self) -> None:
        """Take no more."""
        self.is_closed = True


class Producer:
    """Makes batches."""

    def create_batch(self) -> Batch:
        """Return an empty one."""
        return Batch()


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_records_fill_one_batch_after_another(count: int, sizes: list[int]) -> None:
    """In order, none left out, each batch closed and with the items that are in it."""
    facts = [replace(FACT, case_id=UUID(int=number)) for number in range(count)]
    packed = [
        (cast("Batch", batch), items)
        for batch, items in pack(cast("Any", Producer()), facts, record_of)
    ]
    assert [len(items) for _, items in packed] == sizes
    assert [fact for _, items in packed for fact in items] == facts
    for batch, items in packed:
        assert batch.taken == [str(fact.case_id).encode() for fact in items]
        assert batch.is_closed
