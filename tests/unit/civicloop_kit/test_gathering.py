"""Concurrent calls share one run of the work, and each gets its own result."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from civicloop_kit.command import OverloadedError
from civicloop_kit.gathering import Gatherer


class Work:
    """Doubles numbers when it is let; refuses thirteen, breaks on zero."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        """Return a result or an error per item."""
        self.runs.append(list(items))
        await self.may_go.wait()
        if 0 in items:
            raise ZeroDivisionError
        return [ValueError("13") if item == 13 else item * 2 for item in items]


async def submit_one_by_one(gatherer: Gatherer[int, int], items: Sequence[int]) -> list[object]:
    """Submit as many callers would."""
    return list(
        await asyncio.gather(*(gatherer.submit(item) for item in items), return_exceptions=True)
    )


async def test_calls_during_a_run_go_into_the_next_together() -> None:
    """The first runs alone; all that came meanwhile run together, in order."""
    work = Work()
    work.may_go.clear()
    gatherer: Gatherer[int, int] = Gatherer(work)
    first = asyncio.create_task(gatherer.submit(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = asyncio.create_task(submit_one_by_one(gatherer, [2, 3, 4]))
    await asyncio.sleep(0)
    work.may_go.set()
    assert (await first, await others) == (2, [4, 6, 8])
    assert work.runs == [[1], [2, 3, 4]]


async def test_an_error_is_its_callers_only() -> None:
    """One refused item does not touch its neighbours."""
    outcomes = await submit_one_by_one(Gatherer(Work()), [1, 13, 2])
    assert outcomes[::2] == [2, 4]
    assert isinstance(outcomes[1], ValueError)


async def test_when_the_work_itself_breaks_everybody_is_told() -> None:
    """Nobody is left waiting."""
    outcomes = await submit_one_by_one(Gatherer(Work()), [1, 0])
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError] * 2


async def test_a_run_takes_as_many_as_it_may() -> None:
    """Large crowds are served in several runs."""
    work = Work()
    gatherer: Gatherer[int, int] = Gatherer(work, max_gathered=2)
    assert await gatherer.submit_all([1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert work.runs == [[1, 2], [3, 4], [5]]


async def test_too_many_are_refused_at_once() -> None:
    """Above the limit a caller is told, and those who wait are served."""
    gatherer: Gatherer[int, int] = Gatherer(Work(), max_waiting=3)
    waiting = asyncio.create_task(gatherer.submit_all([1, 2, 3]))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await gatherer.submit(4)
    assert await waiting == [2, 4, 6]
    assert await gatherer.submit(4) == 8


@pytest.mark.parametrize(("waiting", "more"), [(0, 4), (1, 3), (3, 1)])
async def test_those_who_wait_and_those_who_come_count_together(waiting: int, more: int) -> None:
    """One more than may wait is one too many, whoever it is."""
    gatherer: Gatherer[int, int] = Gatherer(Work(), max_waiting=3)
    tasks = [asyncio.create_task(gatherer.submit(1)) for _ in range(waiting)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await gatherer.submit_all([1] * more)
    assert await asyncio.gather(*tasks) == [2] * waiting


async def test_who_hangs_up_cancels_nobody() -> None:
    """The item of a cancelled caller is worked on all the same."""
    work = Work()
    gatherer: Gatherer[int, int] = Gatherer(work)
    gone, other = (asyncio.create_task(gatherer.submit(item)) for item in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await other == 4
    assert work.runs == [[1, 2]]


async def test_draining_waits_for_all() -> None:
    """After it everything submitted has been worked on."""
    work = Work()
    gatherer: Gatherer[int, int] = Gatherer(work, max_gathered=1)
    task = asyncio.create_task(gatherer.submit_all([1, 2, 3]))
    await asyncio.sleep(0)
    await gatherer.drain()
    assert len(work.runs) == 3
    assert await task == [2, 4, 6]
    await gatherer.drain()


async def test_results_of_many_come_in_order_with_their_errors() -> None:
    """One result or exception per item."""
    first, second, third = await Gatherer(Work()).submit_all([1, 13, 2])
    assert (first, third) == (2, 4)
    assert isinstance(second, ValueError)


async def test_an_end_is_nobodys_answer() -> None:
    """What is no error, as a cancellation, is raised and never handed on as a result."""

    async def ends(_items: Sequence[int]) -> Sequence[int | Exception]:
        return [cast("Any", asyncio.CancelledError()), 2]

    with pytest.raises(asyncio.CancelledError):
        await Gatherer(ends).submit_all([1, 2])
