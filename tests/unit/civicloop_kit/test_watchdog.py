"""A stream that stands still without a reason ends the process."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError

from civicloop_kit.health import Health
from civicloop_kit.watchdog import StuckError, Watchdog


class Consumer:
    """Knows the end of one partition, or does not answer."""

    def __init__(self, end: int | Exception) -> None:
        self._end = end
        self.asked = 0

    async def end_offsets(self, places: list[Any]) -> dict[Any, int]:
        """Return the end of each partition."""
        self.asked += 1
        if isinstance(self._end, Exception):
            raise self._end
        return dict.fromkeys(places, self._end)


class Stream:
    """Reads, or seems to; every look at its positions may move them."""

    def __init__(self, consumer: Consumer | None, *, moves: bool = False) -> None:
        self.consumer = consumer
        self._moves = moves
        self._position = 5
        self.looks = 0

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """Where it is."""
        self.looks += 1
        self._position += self._moves
        return {("topic", 0): self._position}


def watchdog(stream: Stream, *, waits: bool = False, fault: str | None = None) -> Watchdog:
    """Return a watchdog without patience."""
    health = Health()

    async def check() -> str | None:
        return fault

    health.add("database", check)
    watched = cast("Any", stream)
    return Watchdog(watched, watched, health, lambda: waits, look_every_s=0, stuck_after_s=0)


async def test_standing_still_with_lag_ends_the_process() -> None:
    """Dependencies are well, there is more to read, and nothing moves."""
    with pytest.raises(StuckError):
        await asyncio.wait_for(watchdog(Stream(Consumer(9))).run(), 10)


@pytest.mark.parametrize(
    "excused",
    [
        lambda stream: watchdog(stream, waits=True),
        lambda stream: watchdog(stream, fault="no answer"),
    ],
    ids=["it waits for the relay", "a dependency is away"],
)
async def test_a_reason_excuses_it(excused: Any) -> None:
    """A new start would not help."""
    stream = Stream(Consumer(9))
    await _looks_on(stream, excused(stream))


@pytest.mark.parametrize(
    "stream",
    [
        Stream(Consumer(100_000), moves=True),
        Stream(Consumer(5)),
        Stream(Consumer(KafkaConnectionError())),
        Stream(None),
    ],
    ids=["it moves", "nothing is left to read", "the broker is away", "not started"],
)
async def test_no_lag_no_alarm(stream: Stream) -> None:
    """It is not stuck, or nobody can tell."""
    await _looks_on(stream, watchdog(stream))


async def _looks_on(stream: Stream, watching: Watchdog) -> None:
    task = asyncio.create_task(watching.run())
    while stream.looks < 20:
        assert not task.done()
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
