"""A breaker per department: one that keeps failing is left alone for a while."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from department_adapter.ports import BreakerOpenError, BreakerState, DeliveryRefusedError

if TYPE_CHECKING:
    from purgatory.service._async.circuitbreaker import AsyncCircuitBreaker

# A department that answers "no" is well; a cancelled attempt says nothing about it.
_NOT_FAILURES: Final = [DeliveryRefusedError, asyncio.CancelledError]


class Breakers:
    """The breakers of this process.

    A breaker opens after *threshold* failures in a row and stays open for *open_s* seconds.
    """

    def __init__(self, *, threshold: int, open_s: float) -> None:
        self._open_s = open_s
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=threshold, default_ttl=open_s, exclude=list(_NOT_FAILURES)
        )
        self._breakers: dict[str, AsyncCircuitBreaker] = {}

    def state(self, code: str) -> BreakerState:
        """Return how the breaker of a department stands."""
        breaker = self._breakers.get(code)
        if breaker is None or breaker.context.state == "closed":
            return BreakerState.CLOSED
        opened_at = breaker.context.opened_at
        if breaker.context.state == "opened" and opened_at is not None:
            # As purgatory has it: it notices that the time is over at the next attempt only.
            still_open = time.time() <= opened_at + self._open_s
            return BreakerState.OPEN if still_open else BreakerState.HALF_OPEN
        return BreakerState.HALF_OPEN

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
        if code not in self._breakers:
            self._breakers[code] = await self._factory.get_breaker(code)
        breaker = self._breakers[code]
        try:
            breaker.context.handle_new_request()
        except OpenedState as error:
            raise BreakerOpenError from error
        try:
            yield
        except BaseException as error:
            await breaker.__aexit__(type(error), error, None)
            raise
        await breaker.__aexit__(None, None, None)
