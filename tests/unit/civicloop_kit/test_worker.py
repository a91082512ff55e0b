"""A worker goes on at once while there is work, else when woken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.postgres import ConflictError, UnavailableError
from civicloop_kit.worker import Worker


class Pile:
    """Work to be done one piece at a time; some of it fails."""

    def __init__(self, *pieces: int | Exception) -> None:
        self.pieces = list(pieces)
        self.empty = asyncio.Event()

    async def step(self) -> int:
        """Do one piece."""
        if not self.pieces:
            self.empty.set()
            return 0
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece


@asynccontextmanager
async def running(pile: Pile) -> AsyncIterator[Worker]:
    """Run a worker that sleeps for ever when there is nothing to do."""
    worker = Worker("test", pile.step, idle_s=3600)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_all_there_is_to_do_is_done_without_a_pause() -> None:
    """It asks again until a step finds nothing."""
    pile = Pile(3, 1, 2)
    async with running(pile):
        await asyncio.wait_for(pile.empty.wait(), 10)
    assert pile.pieces == []


async def test_waking_it_ends_its_rest() -> None:
    """New work does not wait for the idle time."""
    pile = Pile()
    async with running(pile) as worker:
        await asyncio.wait_for(pile.empty.wait(), 10)
        pile.pieces, pile.empty = [1], asyncio.Event()
        worker.wake()
        await asyncio.wait_for(pile.empty.wait(), 10)
    assert pile.pieces == []


async def test_a_failure_ends_a_step_and_not_the_worker() -> None:
    """A database that is away and a bug are both survived."""
    pile = Pile(UnavailableError(), ZeroDivisionError(), 1)
    async with running(pile):
        await asyncio.wait_for(pile.empty.wait(), 10)
    assert pile.pieces == []


def times(*pieces: int | Exception, until_s: float = 3.5) -> list[float]:
    """Return when a worker takes each step, and then looks for more."""
    left, found = list(pieces), list[float]()

    async def step() -> int:
        found.append(seconds())
        piece = left.pop(0) if left else 0
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def run() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(until_s):
                await Worker("test", step).run()

    hurried(run())
    return found


def test_where_there_is_nothing_to_do_it_looks_every_second() -> None:
    """For what nobody has woken it for."""
    assert times() == [0, 1, 2, 3]
    assert times(1, 1) == [0, 0, 0, 1, 2, 3]


@pytest.mark.parametrize("error", [UnavailableError(), ConflictError(), ZeroDivisionError()])
def test_it_waits_longer_after_each_failure(error: Exception) -> None:
    """And starts over after a success."""
    assert times(error, error, error, 1, error, until_s=0.5) == [0, 0.05, 0.15, 0.35, 0.35, 0.4]
