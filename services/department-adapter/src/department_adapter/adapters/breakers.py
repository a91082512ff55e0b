"""A breaker per department: one that keeps failing is left alone for a while."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from purgatory import AsyncCircuitBreakerFactory, ContextChanged, Event

from department_adapter.ports import BreakerOpenError, BreakerState, DeliveryRefusedError

# A department that answers "no" is well; a cancelled attempt says nothing about it.
_NOT_FAILURES: Final = [DeliveryRefusedError, asyncio.CancelledError]
# How long purgatory keeps a breaker open: not at all. It measures by the time of day, which can be
# set back by hours, so the wait is ours, and purgatory only counts.
_NO_WAIT_S: Final = -math.inf


class Breakers:
    """The breakers of this process.

    A breaker opens after *threshold* failures in a row and stays open for *open_s* seconds of a
    clock that nobody sets.
    """

    def __init__(
        self, *, threshold: int, open_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_s = open_s
        self._monotonic = monotonic
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=threshold, default_ttl=_NO_WAIT_S, exclude=list(_NOT_FAILURES)
        )
        self._factory.add_listener(self._note)
        # Since when each that is not closed has been open.
        self._opened_at: dict[str, float] = {}

    def state(self, code: str) -> BreakerState:
        """Return how the breaker of a department stands."""
        opened_at = self._opened_at.get(code)
        if opened_at is None:
            return BreakerState.CLOSED
        still_open = self._monotonic() < opened_at + self._open_s
        return BreakerState.OPEN if still_open else BreakerState.HALF_OPEN

    def allows(self, code: str, *, free: int, in_flight: int) -> int:
        """Return how many of *free* attempts may begin now."""
        state = self.state(code)
        if state is BreakerState.HALF_OPEN:
            return min(free, 1) if in_flight == 0 else 0
        return 0 if state is BreakerState.OPEN else free

    @asynccontextmanager
    async def attempt(self, code: str) -> AsyncIterator[None]:
        """Watch one attempt.

        Raises:
            BreakerOpenError: It opened meanwhile; nothing was sent.
        """
        if self.state(code) is BreakerState.OPEN:
            raise BreakerOpenError
        async with await self._factory.get_breaker(code):
            yield

    def _note(self, code: str, _what: str, event: Event) -> None:
        if not isinstance(event, ContextChanged):
            return
        if event.state == "opened":
            self._opened_at[code] = self._monotonic()
        elif event.state == "closed":
            self._opened_at.pop(code, None)
