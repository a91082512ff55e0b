"""A consumer can be alive and stuck: what counts is that positions move while there is lag."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from civicloop_kit.batches import Batches
from civicloop_kit.health import Health
from civicloop_kit.lag import Partition
from civicloop_kit.logs import get_logger
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.stream import Stream

STUCK_AFTER_S: Final = 60.0
LOOK_EVERY_S: Final = 5.0
_log = get_logger(__name__)

Positions = Mapping[Partition, int]
ReadSaved = Callable[[Sequence[Partition]], Awaitable[Positions]]


class StuckError(Exception):
    """Positions stood still for a minute while there was lag and dependencies were well."""


class Watchdog:
    """Ends the process when its stream is stuck, so that it is started anew.

    Only what it depends on excuses it: ``dependencies`` that do not answer, the broker, or
    ``waits``, which tells whether it rightly stands still: a new start would not help. A process
    without partitions is stuck too, unless another one moves the positions in the database, which
    ``saved`` reads.
    """

    def __init__(
        self,
        stream: Stream,
        batches: Batches[Any],
        dependencies: Health,
        waits: Callable[[], bool],
        saved: ReadSaved,
        *,
        look_every_s: float = LOOK_EVERY_S,
        stuck_after_s: float = STUCK_AFTER_S,
    ) -> None:
        self._stream = stream
        self._batches = batches
        self._dependencies = dependencies
        self._waits = waits
        self._saved = saved
        self._look_every_s = look_every_s
        self._stuck_after_s = stuck_after_s

    async def run(self) -> None:
        """Look every few seconds.

        Raises:
            StuckError: No progress.
        """
        seen, since = None, monotonic()
        while True:
            await asyncio.sleep(self._look_every_s)
            standing = await self._standing()
            if standing is None or standing != seen:
                seen, since = standing, monotonic()
            elif monotonic() - since > self._stuck_after_s:
                _log.error("stream_stuck", partitions=len(self._batches.positions))
                raise StuckError(StuckError.__doc__)

    async def _standing(self) -> Positions | None:
        """Measure the lag; return the positions of a stream that should move, None of another."""
        consumer = self._stream.consumer
        positions = self._batches.positions or await self._positions_of_all(consumer)
        ends = await self._ends(consumer, positions)
        self._batches.lag.look(positions, ends)
        if ends is None or self._waits() or await self._dependencies.faults():
            return None
        lags = any(ends[place] > position for place, position in positions.items())
        return positions if lags else None

    async def _positions_of_all(self, consumer: AIOKafkaConsumer | None) -> Positions:
        """Return how far this service has read, whichever process did it."""
        if consumer is None:
            return {}
        places = [
            (topic, number)
            for topic in self._stream.topics
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                begin = await consumer.beginning_offsets([TopicPartition(*at) for at in places])
                saved = await self._saved(places)
        except (KafkaError, OSError, TimeoutError, UnavailableError):
            return {}
        return {at: saved.get(at, begin[TopicPartition(*at)]) for at in places}

    async def _ends(
        self, consumer: AIOKafkaConsumer | None, positions: Positions
    ) -> Positions | None:
        """Return where the partitions end, None when the broker does not say."""
        if consumer is None or not positions:
            return None
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                ends = await consumer.end_offsets([TopicPartition(*at) for at in positions])
        except (KafkaError, OSError, TimeoutError):
            return None
        return {(place.topic, place.partition): end for place, end in ends.items()}
