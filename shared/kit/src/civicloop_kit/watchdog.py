"""A consumer can be alive and stuck: what counts is that positions move while there is lag."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from civicloop_kit.batches import Batches
from civicloop_kit.health import Health
from civicloop_kit.logs import get_logger
from civicloop_kit.stream import Stream

STUCK_AFTER_S: Final = 60.0
LOOK_EVERY_S: Final = 5.0
_log = get_logger(__name__)


class StuckError(Exception):
    """Positions stood still for a minute while there was lag and dependencies were well."""


class Watchdog:
    """Ends the process when its stream is stuck, so that it is started anew.

    ``waits`` tells whether the stream rightly stands still: a new start would not help.
    """

    def __init__(
        self,
        stream: Stream,
        batches: Batches[Any],
        health: Health,
        waits: Callable[[], bool],
        *,
        look_every_s: float = LOOK_EVERY_S,
        stuck_after_s: float = STUCK_AFTER_S,
    ) -> None:
        self._stream = stream
        self._batches = batches
        self._health = health
        self._waits = waits
        self._look_every_s = look_every_s
        self._stuck_after_s = stuck_after_s

    async def run(self) -> None:
        """Look every few seconds.

        Raises:
            StuckError: No progress.
        """
        seen, since = self._batches.positions, monotonic()
        while True:
            await asyncio.sleep(self._look_every_s)
            positions = self._batches.positions
            if positions != seen or not await self._should_move(positions):
                seen, since = positions, monotonic()
            elif monotonic() - since > self._stuck_after_s:
                _log.error("stream_stuck")
                raise StuckError(StuckError.__doc__)

    async def _should_move(self, positions: dict[tuple[str, int], int]) -> bool:
        if self._waits() or await self._health.faults():
            return False
        return await self._lags(positions)

    async def _lags(self, positions: dict[tuple[str, int], int]) -> bool:
        consumer = self._stream.consumer
        if consumer is None or not positions:
            return False
        places = [TopicPartition(topic, partition) for topic, partition in positions]
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                ends = await consumer.end_offsets(places)
        except (KafkaError, OSError, TimeoutError):
            return False
        return any(ends[place] > positions[place.topic, place.partition] for place in places)
