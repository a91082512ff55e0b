"""Where a fact goes, and what is sent of it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from civicloop_contracts.envelope import read_envelope
from civicloop_kit.producing import key_hash, record_of
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
    key, value, headers = record_of(FACT)
    envelope = read_envelope(headers)
    assert (key, value) == (str(FACT.case_id).encode(), b"{}")
    assert (envelope.source, envelope.type) == (FACT.source, FACT.type)
    assert (envelope.case_id, envelope.sequence) == (FACT.case_id, 7)
    assert envelope.traceparent == TRACE
