"""A stream that stands still without a reason ends the process."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.checks import rests
from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.health import Health
from civicloop_kit.lag import Lag
from civicloop_kit.positions import HistoryMissingError
from civicloop_kit.postgres import MisconfiguredError, UnavailableError
from civicloop_kit.watchdog import StuckError, Watchdog

# What came first is gone; two equal numbers above it are two objects.
FIRST = 1_000


class Consumer:
    """Knows the end of one partition, or does not answer."""

    def __init__(self, end: int | Exception, begin: int | Exception = 0) -> None:
        self._end = end
        self._begin = begin
        self.asked = 0

    def partitions_for_topic(self, _topic: str) -> set[int]:
        """Return the numbers of the partitions."""
        return {0}

    async def beginning_offsets(self, places: list[Any]) -> dict[Any, int]:
        """Return the begin of each partition."""
        if isinstance(self._begin, Exception):
            raise self._begin
        return dict.fromkeys(places, FIRST + self._begin)

    async def end_offsets(self, places: list[Any]) -> dict[Any, int]:
        """Return the end of each partition."""
        self.asked += 1
        if isinstance(self._end, Exception):
            raise self._end
        return dict.fromkeys(places, FIRST + self._end)


class Stream:
    """Reads, or seems to; every look at its positions may move them.

    Without partitions it has none; what another process saved may move too.
    """

    topics = ("topic",)

    def __init__(
        self,
        consumer: Consumer | None,
        *,
        moves: bool = False,
        owns: bool = True,
        saved: bool = True,
        error: Exception | None = None,
    ) -> None:
        self.consumer = consumer
        self.lag = Lag()
        self._moves = moves
        self._owns = owns
        self._has_saved = saved
        self._error = error
        self._position = 5
        self.looks = 0

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """Where it is."""
        self.looks += 1
        self._position += self._moves
        return {("topic", 0): FIRST + self._position} if self._owns else {}

    async def saved(self, _places: Any) -> dict[tuple[str, int], int]:
        """Return what is in the database."""
        if self._error is not None:
            raise self._error
        return {("topic", 0): FIRST + self._position} if self._has_saved else {}


def watchdog(stream: Stream, *, waits: bool = False, fault: str | None = None) -> Watchdog:
    """Return a watchdog without patience."""
    health = Health()

    async def check() -> str | None:
        return fault

    health.add("database", check)
    watched = cast("Any", stream)
    return Watchdog(
        watched, watched, health, lambda: waits, stream.saved, look_every_s=0, stuck_after_s=0
    )


@pytest.mark.parametrize(
    "stream",
    [
        Stream(Consumer(9)),
        Stream(Consumer(9), owns=False),
        Stream(Consumer(9), owns=False, saved=False),
    ],
    ids=["it stands still", "it has lost its partitions", "it never had any"],
)
async def test_standing_still_with_lag_ends_the_process(stream: Stream) -> None:
    """Dependencies are well, there is more to read, and nothing moves."""
    with pytest.raises(StuckError):
        await asyncio.wait_for(watchdog(stream).run(), 10)


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
        Stream(Consumer(3)),
        Stream(Consumer(KafkaConnectionError())),
        Stream(None),
        Stream(Consumer(100_000), owns=False, moves=True),
        Stream(Consumer(5), owns=False),
        Stream(Consumer(5, begin=5), owns=False, saved=False),
        Stream(None, owns=False),
    ],
    ids=[
        "it moves",
        "nothing is left to read",
        "the topic ends before it",
        "the broker is away",
        "not started",
        "another process moves",
        "another process has read all",
        "there is nothing to read",
        "not started and without partitions",
    ],
)
async def test_no_lag_no_alarm(stream: Stream) -> None:
    """It is not stuck, or nobody can tell."""
    await _looks_on(stream, watchdog(stream))


@pytest.mark.parametrize(
    "error", [KafkaConnectionError(), ConnectionResetError(), TimeoutError(), UnavailableError()]
)
async def test_who_cannot_be_asked_is_no_reason_for_an_alarm(error: Exception) -> None:
    """Neither of a process with partitions nor of one without."""
    stream = Stream(Consumer(9), owns=False, error=error)
    await _looks_on(stream, watchdog(stream))
    if not isinstance(error, UnavailableError):
        for asked in (Stream(Consumer(9, begin=error), owns=False), Stream(Consumer(error))):
            await _looks_on(asked, watchdog(asked))


def test_it_is_given_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first look on that finds it standing; it is looked at every five seconds."""
    monkeypatch.setattr("civicloop_kit.watchdog.monotonic", seconds)
    stream = Stream(Consumer(9))

    async def run() -> float:
        watched = cast("Any", stream)
        with pytest.raises(StuckError):
            await Watchdog(watched, watched, Health(), lambda: False, stream.saved).run()
        return seconds()

    assert (hurried(run()), stream.looks) == (70, 15)


def engine(*, stopped: Any = None, failure: Any = None, is_high: bool = False) -> Any:
    """Return the parts that tell why a stream stands still."""
    return SimpleNamespace(
        batches=SimpleNamespace(stopped=stopped),
        stream=SimpleNamespace(failure=failure),
        facts=SimpleNamespace(backlog=SimpleNamespace(is_high=is_high)),
    )


@pytest.mark.parametrize(
    "state",
    [
        {"is_high": True},
        {"stopped": TooManyHeldError()},
        {"stopped": TypeError()},
        {"failure": HistoryMissingError()},
        {"failure": MisconfiguredError()},
    ],
)
def test_what_stopped_on_purpose_is_not_started_anew(state: dict[str, Any]) -> None:
    """It would hold fifty more cases at every start, or stop at the same place."""
    assert rests(engine(**state))


@pytest.mark.parametrize("state", [{}, {"failure": AssertionError()}])
def test_what_nobody_foresaw_is(state: dict[str, Any]) -> None:
    """A new start may cure it."""
    assert not rests(engine(**state))


async def _looks_on(stream: Stream, watching: Watchdog) -> None:
    task = asyncio.create_task(watching.run())
    while stream.looks < 20:
        assert not task.done()
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
