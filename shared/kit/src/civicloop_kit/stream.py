"""Read the topics of a room, with FastStream: fetching, rebalances, positions.

Kafka's own commits serve lag displays only; the truth is the position saved with the batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import SASLScram512

from civicloop_kit.backoff import Backoff
from civicloop_kit.batches import Batches, TooManyHeldError, read_positions
from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.logs import get_logger
from civicloop_kit.postgres import Database, MisconfiguredError, UnavailableError, load_queries
from civicloop_kit.received import receive

COMMIT_EVERY_S: Final = 1.0
COMMIT_TIMEOUT_S: Final = 5.0
REVOKE_TIMEOUT_S: Final = 3.0
MAX_RECORDS: Final = 500
BATCH_TIMEOUT_MS: Final = 20
FETCH_MAX_WAIT_MS: Final = 100
SESSION_TIMEOUT_MS: Final = 10_000
REBALANCE_TIMEOUT_MS: Final = 30_000
MAX_POLL_INTERVAL_MS: Final = 24 * 3600 * 1000
_QUERIES: Final = load_queries(__package__)
_log = get_logger(__name__)


class HistoryMissingError(Exception):
    """The saved position is before the start of the topic: facts were deleted unread."""


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
        self.failure: Exception | None = None
        self._broker = KafkaBroker(
            access.bootstrap,
            security=SASLScram512(access.username, access.password, use_ssl=False),
            apply_types=False,
            graceful_timeout=10,
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

    async def run(self) -> None:
        """Read until cancelled; start over when the broker is away."""
        backoff = Backoff()
        while True:
            try:
                await self._broker.start()
                break
            except (KafkaError, OSError) as error:
                _log.warning("broker_unavailable", error=type(error).__name__)
                await self._broker.stop()
                await backoff.wait()
        try:
            await asyncio.gather(self._report_positions(), self._resync_when_lost())
        finally:
            await asyncio.shield(self._broker.stop())

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go on where the database says, not where Kafka says."""
        consumer = self.consumer
        if consumer is None or not assigned:
            return
        consumer.pause(*assigned)
        backoff = Backoff()
        while True:
            try:
                await self._seek(consumer, assigned)
            except (UnavailableError, KafkaError, OSError) as error:
                _log.warning("positions_unavailable", error=type(error).__name__)
                await backoff.wait()
            except (HistoryMissingError, MisconfiguredError) as error:
                # Stays paused: reading on would hide the hole.
                self.failure = error
                _log.exception("stream_stops")
                return
            else:
                consumer.resume(*assigned)
                return

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let a batch that is being saved finish, but not for long: its save would be refused."""
        if revoked:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._applying.acquire(), REVOKE_TIMEOUT_S)
                self._applying.release()

    async def _seek(self, consumer: AIOKafkaConsumer, assigned: Sequence[TopicPartition]) -> None:
        begin = await consumer.beginning_offsets(assigned)
        places = [(place.topic, place.partition) for place in assigned]
        async with self._database.transaction() as connection:
            await connection.execute(
                _QUERIES["make_positions"],
                [topic for topic, _ in places],
                [partition for _, partition in places],
                [begin[place] for place in assigned],
            )
            positions = await read_positions(connection, places)
        for place in assigned:
            position = positions[place.topic, place.partition]
            if position < begin[place]:
                message = f"{place.topic}/{place.partition}: {HistoryMissingError.__doc__}"
                raise HistoryMissingError(message)
            consumer.seek(place, position)
        self._batches.assign(positions)

    async def _parse(self, raw: Any) -> KafkaMessage:
        # The default parser decodes headers and fails on the first that is not UTF-8.
        return KafkaMessage(raw_message=raw, body=b"", consumer=cast("Any", self.consumer))

    async def _on_batch(self, raws: Sequence[Any]) -> None:
        """Apply a batch. Nothing leaves this handler: a return means that it is saved."""
        await self._below_high_water()
        records = [receive(raw, self._sources) for raw in raws]
        async with self._applying:
            try:
                await self._batches.apply(records)
            except (MisconfiguredError, TooManyHeldError) as error:
                self.failure = error
                _log.exception("stream_stops")
                if self.consumer is not None:
                    self.consumer.pause(*self.consumer.assignment())

    async def _report_positions(self) -> None:
        """Commit to Kafka about once a second, for those who watch the lag there."""
        reported: dict[tuple[str, int], int] = {}
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            positions, consumer = self._batches.positions, self.consumer
            if consumer is None or positions == reported:
                continue
            offsets = {TopicPartition(t, p): next_ for (t, p), next_ in positions.items()}
            with suppress(
                CommitFailedError, IllegalStateError, KafkaError, TimeoutError, ValueError
            ):
                await asyncio.wait_for(consumer.commit(offsets), COMMIT_TIMEOUT_S)
                reported = positions

    async def _resync_when_lost(self) -> None:
        """Read positions again after a batch met another process's."""
        while True:
            await self._batches.lost.wait()
            self._batches.lost.clear()
            consumer = self.consumer
            if consumer is not None:
                async with self._applying:
                    await self.on_partitions_assigned(sorted(consumer.assignment()))


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message
