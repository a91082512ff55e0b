"""The relay of snapshots: a process that was fenced leads no more until it has won again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiokafka.errors import InvalidProducerEpoch, KafkaConnectionError, ProducerFenced

from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.snapshots import SnapshotRelay


class Story:
    """What happened, and who is told when enough did."""

    def __init__(self, enough: int) -> None:
        self.steps: list[str] = []
        self._enough = enough
        self.done = asyncio.Event()

    def tell(self, step: str) -> None:
        """Note a step."""
        self.steps.append(step)
        if len(self.steps) >= self._enough:
            self.done.set()


class Lock:
    """A lease that nobody has told that it is over."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.holds = False

    async def win(self) -> None:
        """Lead at once."""
        await asyncio.sleep(0)
        self._story.tell("win")
        self.holds = True

    async def keep(self) -> None:
        """Ping, and find nothing wrong."""
        await asyncio.Event().wait()

    def drop(self) -> None:
        """Lead no more."""
        if self.holds:
            self._story.tell("drop")
        self.holds = False


class Producer:
    """Fails at its start, as its story says."""

    def __init__(self, story: Story, error: Exception | None) -> None:
        story.tell("build")
        self._error = error

    async def start(self) -> None:
        """Connect."""
        if self._error is not None:
            raise self._error

    async def stop(self) -> None:
        """Leave."""


class NothingToShow:
    """A database without snapshots."""

    url = ""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read."""
        yield self

    async def fetch(self, *_arguments: object) -> list[Any]:
        """Find nothing."""
        return []


async def told(error: Exception, enough: int) -> list[str]:
    """Return the first steps of a relay whose first producer fails."""
    story = Story(enough)
    errors: Iterator[Exception | None] = iter([error, None, None])
    relay = SnapshotRelay(
        cast("Any", NothingToShow()),
        KafkaAccess(bootstrap="", username="", password=""),
        lambda _row: None,
        topic="t",
        transactional_id="t-0",
        make_producer=lambda: cast("Any", Producer(story, next(errors))),
        leadership=cast("Any", Lock(story)),
    )
    task = asyncio.create_task(relay.run())
    await asyncio.wait_for(story.done.wait(), 10)
    task.cancel()
    await asyncio.wait([task])
    return story.steps[:enough]


@pytest.mark.parametrize("error", [ProducerFenced(), InvalidProducerEpoch()])
async def test_a_fenced_process_wins_the_lock_before_it_sends_again(error: Exception) -> None:
    """Its lease may still count while another leads: the two would fence each other in turn."""
    assert await told(error, 5) == ["win", "build", "drop", "win", "build"]


async def test_a_broker_that_is_away_changes_no_leader() -> None:
    """The next producer is built under the same lock."""
    assert await told(KafkaConnectionError(), 3) == ["win", "build", "build"]
