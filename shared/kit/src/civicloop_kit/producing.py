"""Send facts to Kafka: idempotent, pipelined, whole batches per partition.

Only this module and `stream` and `snapshots` name Kafka's client.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol, TypedDict, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from civicloop_contracts.envelope import Envelope, headers_of
from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.rows import OutboxFact

STOP_TIMEOUT_S: Final = 3.0
# One request a partition and flush: the library's 16 KB would make dozens of them.
MAX_BATCH_BYTES: Final = 1 << 19
_POSITIVE: Final = 0x7FFFFFFF
_REMEMBERED_KEYS: Final = 20_000

T = TypeVar("T")
Confirm = Callable[[Sequence[OutboxFact]], None]


class Record(TypedDict):
    """What Kafka is given to store; the time is in milliseconds."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp: int


class SendFailedError(Exception):
    """The broker did not confirm; build a new producer and read the table again."""


class FactProducer(Protocol):
    """What the relay sends with. After a failure it is of no more use."""

    failed: Exception | None

    async def start(self) -> None:
        """Connect.

        Raises:
            SendFailedError: No broker answers.
        """

    async def send(self, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        """Hand facts over in order; *confirm* is called with each part that is stored.

        Raises:
            SendFailedError: They could not be handed over.
        """

    async def stop(self) -> None:
        """Leave, without waiting for batches that never expire."""


class KafkaProducer:
    """The real one."""

    def __init__(self, access: KafkaAccess) -> None:
        self._producer = AIOKafkaProducer(
            **access.client(),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=10_000,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: Exception | None = None

    async def start(self) -> None:
        """Connect (`FactProducer.start`)."""
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            raise SendFailedError(type(error).__name__) from error

    async def send(self, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        """Hand facts over (`FactProducer.send`)."""
        by_partition: dict[tuple[str, int], list[OutboxFact]] = {}
        try:
            for fact in facts:
                place = (fact.topic, await self._partition(fact))
                by_partition.setdefault(place, []).append(fact)
            for (topic, partition), part in by_partition.items():
                await self._send_part(topic, partition, part, confirm)
        except (KafkaError, OSError) as error:
            self.failed = error
            raise SendFailedError(type(error).__name__) from error

    async def stop(self) -> None:
        """Leave (`FactProducer.stop`)."""
        for task in self._tasks:
            task.cancel()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._producer.stop()
        except (TimeoutError, KafkaError, OSError):
            # What was not confirmed is in the outbox.
            return

    async def _partition(self, fact: OutboxFact) -> int:
        partitions = await self._producer.partitions_for(fact.topic)
        return key_hash(str(fact.case_id).encode()) % len(partitions)

    async def _send_part(
        self, topic: str, partition: int, facts: Sequence[OutboxFact], confirm: Confirm
    ) -> None:
        for batch, packed in pack(self._producer, facts, record_of):
            future = await self._producer.send_batch(batch, topic, partition=partition)
            task = asyncio.create_task(self._confirmed(future, packed, confirm))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _confirmed(
        self, future: asyncio.Future[object], facts: Sequence[OutboxFact], confirm: Confirm
    ) -> None:
        try:
            await future
        except (KafkaError, OSError) as error:
            self.failed = self.failed or error
            # Wakes the relay, which then sees the failure.
            confirm([])
            return
        if self.failed is None:
            confirm(facts)


@lru_cache(maxsize=_REMEMBERED_KEYS)
def key_hash(key: bytes) -> int:
    """Return the hash by which Java's default partitioner places a key."""
    return int(murmur2(key)) & _POSITIVE


def pack(
    producer: AIOKafkaProducer, items: Sequence[T], record_of: Callable[[T], Record]
) -> Iterator[tuple[object, Sequence[T]]]:
    """Yield closed batches of one partition's records in order, each with the items in it."""
    batch, packed = producer.create_batch(), list[T]()
    for item in items:
        record = record_of(item)
        if batch.append(**record) is None:
            batch.close()
            yield batch, packed
            batch, packed = producer.create_batch(), []
            batch.append(**record)
        packed.append(item)
    batch.close()
    yield batch, packed


def record_of(fact: OutboxFact) -> Record:
    """Return a fact as sent."""
    envelope = Envelope(
        source=fact.source,
        type=fact.type,
        case_id=fact.case_id,
        sequence=fact.seq,
        traceparent=fact.traceparent,
    )
    return Record(
        key=str(fact.case_id).encode(),
        value=fact.value,
        headers=headers_of(envelope, fact.recorded_at),
        timestamp=int(fact.recorded_at.timestamp() * 1000),
    )
