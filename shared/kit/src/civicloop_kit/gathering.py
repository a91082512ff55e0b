"""Gather concurrent calls into one: the fewer transactions, the less each costs."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from civicloop_kit.command import OverloadedError

T = TypeVar("T")
R = TypeVar("R")
MAX_GATHERED: Final = 500
MAX_WAITING: Final = 5_000


class Gatherer(Generic[T, R]):
    """Runs *work* on what came in while the previous run was busy.

    ``work`` returns one result or exception per item, in order. A caller that goes away cancels
    nobody: its item is worked on all the same.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        max_gathered: int = MAX_GATHERED,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._work = work
        self._max_gathered = max_gathered
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Return the result for one item.

        Raises:
            OverloadedError: Too many wait already.
        """
        return await self._enqueue([item])[0]

    async def submit_all(self, items: Sequence[T]) -> list[R | Exception]:
        """Return one result or exception per item, in order.

        Raises:
            OverloadedError: Too many wait already.
        """
        results = await asyncio.gather(*self._enqueue(items), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
        return results  # type: ignore[return-value]

    async def drain(self) -> None:
        """Wait until everything submitted has been worked on."""
        while self._runner is not None:
            await asyncio.wait([self._runner])

    def _enqueue(self, items: Sequence[T]) -> list[asyncio.Future[R]]:
        if len(self._waiting) + len(items) > self._max_waiting:
            raise OverloadedError(OverloadedError.__doc__)
        loop = asyncio.get_running_loop()
        entries = [(item, loop.create_future()) for item in items]
        self._waiting.extend(entries)
        if self._runner is None:
            self._runner = loop.create_task(self._run())
        return [future for _, future in entries]

    async def _run(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), self._max_gathered)
                entries = [self._waiting.popleft() for _ in range(count)]
                results = await self._results([item for item, _ in entries])
                for (_, future), result in zip(entries, results, strict=True):
                    _resolve(future, result)
        finally:
            self._runner = None

    async def _results(self, items: Sequence[T]) -> Sequence[R | Exception]:
        try:
            return await self._work(items)
        except Exception as error:  # noqa: BLE001 - every caller is told, none is left waiting
            return [error] * len(items)


def _resolve(future: asyncio.Future[R], result: R | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        # A caller that went away leaves nobody to retrieve it; that is no fault of ours.
        future.exception()
    else:
        future.set_result(result)
