"""A stream without Kafka: broker, consumer and batches that do what a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from tests.unit.civicloop_kit.counting import attached
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.memory import placed
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.test_producing_sending import ACCESS

from civicloop_kit.received import Received
from civicloop_kit.stream import Stream
from civicloop_kit.testing.bench import record_of

ONE, TWO = TopicPartition("intake.cases", 0), TopicPartition("intake.cases", 1)
Step = Callable[[], Awaitable[None]]
SOURCES = {"intake.cases": "/intake/cases"}
RECORD = placed(record_of(attached(UUID(int=1)), "/intake/cases", 1), 7)


class Consumer:
    """Kafka's consumer, with the partitions that a test gives it."""

    def __init__(self, *places: TopicPartition) -> None:
        self.places = set(places)
        self.paused: set[TopicPartition] = set()
        self.at: dict[TopicPartition, int] = {}
        self.committed: list[tuple[float, dict[TopicPartition, int]]] = []
        self.fails: list[Exception] = []
        self.refuses_commits: Exception | None = None
        self.hangs = False
        self.begin, self.end = 0, 100

    def assignment(self) -> set[TopicPartition]:
        """Return what it has."""
        return self.places

    def pause(self, *places: TopicPartition) -> None:
        """Fetch nothing."""
        self.paused |= set(places)

    def resume(self, *places: TopicPartition) -> None:
        """Fetch again."""
        self.paused -= set(places)

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Go on there."""
        assert place in self.paused
        self.at[place] = offset

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[Any, int]:
        """Return the oldest offsets."""
        if self.fails:
            raise self.fails.pop(0)
        return dict.fromkeys(places, self.begin)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[Any, int]:
        """Return the offsets of what comes next."""
        return dict.fromkeys(places, self.end)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Take positions."""
        if self.hangs:
            await asyncio.Event().wait()
        if self.refuses_commits is not None:
            raise self.refuses_commits
        self.committed.append((seconds(), offsets))


class Broker:
    """FastStream's broker: it keeps what it is told, and hands batches over when told."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.subscribed: dict[str, Any] = {}
        self.topics: tuple[str, ...] = ()
        self.consumer: Consumer | None = None
        self.fails: list[Exception] = []
        self.started = self.stopped = 0
        self.on_batch: Callable[[Sequence[Any]], Any]

    def subscriber(self, *topics: str, **settings: Any) -> Any:
        """Subscribe."""
        self.topics, self.subscribed = topics, settings
        return _Subscriber(self)

    async def start(self) -> None:
        """Connect."""
        self.started += 1
        if self.fails:
            raise self.fails.pop(0)

    async def stop(self) -> None:
        """Disconnect."""
        self.stopped += 1


class _Subscriber:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def consumer(self) -> Consumer | None:
        return self._broker.consumer

    def __call__(self, handler: Any) -> None:
        self._broker.on_batch = handler


class Batches:
    """Applies what it is given when a test lets it."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, int], int] = {}
        self.generation = 1
        self.assigned: list[dict[tuple[str, int], int]] = []
        self.applied: list[tuple[list[Received], int]] = []
        self.stopped: Exception | None = None
        self.lost = asyncio.Event()
        self.takes_s = 0.0
        self.fails: Exception | None = None

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """Where it is: a copy each time."""
        return dict(self._positions)

    @positions.setter
    def positions(self, positions: dict[tuple[str, int], int]) -> None:
        self._positions = dict(positions)

    def assign(self, positions: dict[tuple[str, int], int]) -> None:
        """Start from these."""
        self.assigned.append(positions)
        self.positions = positions

    async def apply(self, records: list[Received], generation: int) -> None:
        """Apply a batch."""
        await asyncio.sleep(self.takes_s)
        if self.fails is not None:
            self.stopped = self.fails
            raise self.fails
        self.applied.append((records, generation))


class Bench:
    """A stream with everything around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broker = Broker()
        monkeypatch.setattr("civicloop_kit.stream.KafkaBroker", self._make)
        self.batches = Batches()
        self.consumer = Consumer(ONE, TWO)
        self.database = saved(3, 4)
        self.waits_s = 0.0
        self.stream = Stream(
            ACCESS,
            cast("Any", self.database),
            cast("Any", self.batches),
            sources=SOURCES,
            group="router",
            instance="router-0",
            below_high_water=self._wait,
        )
        self.broker.consumer = self.consumer

    async def hand_over(self) -> None:
        """Hand a batch of one record over, as Kafka's client delivers it."""
        raw = SimpleNamespace(
            topic=RECORD.topic,
            partition=RECORD.partition,
            offset=RECORD.offset,
            key=None,
            value=RECORD.value,
            headers=RECORD.headers,
        )
        await self.broker.on_batch([raw])

    def run_for(self, time_s: float, meanwhile: Step | None = None) -> float:
        """Run for a while, then cancel; returns how long leaving took."""

        async def run() -> float:
            task = asyncio.create_task(self.stream.run())
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(time_s - seconds())
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            return round(seconds() - time_s, 3)

        return hurried(run())

    def _make(self, *_bootstrap: str, **settings: Any) -> Broker:
        self.broker.settings = settings
        return self.broker

    async def _wait(self) -> None:
        await asyncio.sleep(self.waits_s)


def saved(*positions: int) -> Scripted:
    """Return a database with the positions of partitions 0, 1, ..."""
    rows = [
        {"topic": "intake.cases", "partition": number, "next": position}
        for number, position in enumerate(positions)
    ]
    return Scripted(read_positions=rows)
