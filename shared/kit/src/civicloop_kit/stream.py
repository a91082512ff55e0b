"""Read the topics of a room, with FastStream: fetching, rebalances, positions.

Kafka's own commits serve lag displays only; the truth is the position saved with the batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import SASLScram512

from civicloop_kit.backoff import Backoff
from civicloop_kit.batches import Batches
from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.logs import get_logger
from civicloop_kit.positions import starting_positions
from civicloop_kit.postgres import Database, UnavailableError
from civicloop_kit.received import receive

COMMIT_EVERY_S: Final = 1.0
COMMIT_TIMEOUT_S: Final = 5.0
REVOKE_TIMEOUT_S: Final = 3.0
LEAVE_TIMEOUT_S: Final = 5.0
MAX_RECORDS: Final = 500
BATCH_TIMEOUT_MS: Final = 20
FETCH_MAX_WAIT_MS: Final = 100
SESSION_TIMEOUT_MS: Final = 10_000
REBALANCE_TIMEOUT_MS: Final = 30_000
MAX_POLL_INTERVAL_MS: Final = 24 * 3600 * 1000
_log = get_logger(__name__)


class Stream(ConsumerRebalanceListener):  # type: ignore[misc]
    """The one subscriber of a process: batches are applied in the order in which they come."""

    def __init__(  # noqa: PLR0913 - the one place where the subscriber's parts meet
        self,
        access: KafkaAccess,
        database: Database,
        batches: Batches[Any],
        *,
        sources: Mapping[str, str],
        group: str,
        instance: str,
        below_high_water: Callable[[], Awaitable[None]],
        max_records: int = MAX_RECORDS,
    ) -> None:
        self._database = database
        self._batches = batches
        self._sources = sources
        self._below_high_water = below_high_water
        self._applying = asyncio.Lock()
        self._placing = asyncio.Lock()
        self._batch: asyncio.Task[None] | None = None
        self._leaving = False
        # Why nothing is read; None when it could be cured.
        self.failure: Exception | None = None
        self._broker = KafkaBroker(
            access.bootstrap,
            security=SASLScram512(access.username, access.password, use_ssl=False),
            apply_types=False,
            graceful_timeout=1,  # `_leave` has waited before
            allow_auto_create_topics=False,
            consumer_only=True,
            logger=None,
        )
        self._subscriber = self._broker.subscriber(
            *sources,
            batch=True,
            max_records=max_records,
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            group_id=group,
            group_instance_id=instance,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            listener=self,
            parser=self._parse,
            decoder=_decode,
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=SESSION_TIMEOUT_MS // 4,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        )
        self._subscriber(self._on_batch)

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """Kafka's client, while it runs."""
        return self._subscriber.consumer

    @property
    def topics(self) -> Collection[str]:
        """What is read."""
        return self._sources.keys()

    async def run(self) -> None:
        """Read until cancelled; start over when the broker is away."""
        backoff = Backoff()
        try:
            while True:
                try:
                    await self._broker.start()
                    break
                except (KafkaError, OSError) as error:
                    _log.warning("broker_unavailable", error=type(error).__name__)
                    await self._broker.stop()
                    await backoff.wait()
            await asyncio.gather(self._report_positions(), self._resync_when_lost())
        finally:
            await asyncio.shield(self._leave())

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go on where the database says, not where Kafka says."""
        consumer = self.consumer
        if consumer is not None:
            consumer.pause(*assigned)
            await self._take_places(consumer)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let a batch that is being saved finish, but not for long; then nothing is ours."""
        if revoked:
            await self._finish_batch(REVOKE_TIMEOUT_S)
        self._batches.assign({})

    async def _finish_batch(self, within_s: float) -> None:
        """Wait for the batch in hand; roll it back when it takes too long."""
        batch = self._batch
        if batch is None:
            return
        done, _ = await asyncio.wait([batch], timeout=within_s)
        if not done:
            _log.warning("batch_abandoned")
            batch.cancel()
            await asyncio.wait([batch])

    async def _take_places(self, consumer: AIOKafkaConsumer) -> None:
        """Seek to the saved position of every partition that is ours."""
        backoff = Backoff()
        async with self._placing:
            while not self._leaving:
                # Asked anew each time: it may have changed meanwhile.
                assigned = sorted(consumer.assignment())
                try:
                    consumer.pause(*assigned)
                    await self._seek(consumer, assigned)
                except (UnavailableError, KafkaError, OSError) as error:
                    _log.warning("positions_unavailable", error=type(error).__name__)
                    await backoff.wait()
                except Exception as error:  # noqa: BLE001 - whatever it is, reading on would hide it
                    # Stays paused.
                    self.failure = error
                    _log.exception("stream_stops")
                    return
                else:
                    self.failure = None
                    return

    async def _seek(self, consumer: AIOKafkaConsumer, assigned: Sequence[TopicPartition]) -> None:
        positions = await starting_positions(self._database, consumer, assigned)
        for (topic, partition), position in positions.items():
            consumer.seek(TopicPartition(topic, partition), position)
        self._batches.assign(positions)
        if self._batches.stopped is None:
            consumer.resume(*assigned)

    async def _parse(self, raw: Any) -> KafkaMessage:
        # The default parser decodes headers and fails on the first that is not UTF-8.
        return KafkaMessage(raw_message=raw, body=b"", consumer=cast("Any", self.consumer))

    async def _on_batch(self, raws: Sequence[Any]) -> None:
        """Apply a batch. Nothing leaves this handler: a return means that it is saved, or dropped.

        What is dropped is fetched again: the positions of its partitions are read anew.
        """
        generation = self._batches.generation
        await self._below_high_water()
        async with self._applying:
            if self._leaving:
                return
            records = [receive(raw, self._sources) for raw in raws]
            self._batch = asyncio.create_task(self._batches.apply(records, generation))
            try:
                await asyncio.wait([self._batch])
                self._stop_if_failed(self._batch)
            finally:
                self._batch.cancel()
                self._batch = None

    def _stop_if_failed(self, batch: asyncio.Task[None]) -> None:
        if batch.cancelled() or batch.exception() is None:
            return
        _log.error("stream_stops", error=type(batch.exception()).__name__)
        if self.consumer is not None:
            self.consumer.pause(*self.consumer.assignment())

    async def _report_positions(self) -> None:
        """Commit to Kafka about once a second, for those who watch the lag there."""
        reported: dict[tuple[str, int], int] = {}
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            positions = self._batches.positions
            if positions != reported and await self._commit(positions):
                reported = positions

    async def _commit(self, positions: Mapping[tuple[str, int], int]) -> bool:
        consumer = self.consumer
        if consumer is None or not positions:
            return False
        offsets = {TopicPartition(t, p): next_ for (t, p), next_ in positions.items()}
        with suppress(CommitFailedError, IllegalStateError, KafkaError, TimeoutError, ValueError):
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                await consumer.commit(offsets)
            return True
        return False

    async def _leave(self) -> None:
        """Finish the batch, tell Kafka how far it came, and go."""
        self._leaving = True
        await self._finish_batch(LEAVE_TIMEOUT_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S / 2):
                await self._commit(self._batches.positions)
        await self._broker.stop()

    async def _resync_when_lost(self) -> None:
        """Read positions again after a batch met another process's."""
        while True:
            await self._batches.lost.wait()
            self._batches.lost.clear()
            if self.consumer is not None:
                await self._take_places(self.consumer)


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message
