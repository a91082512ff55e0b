"""An event loop whose clock jumps: what waits a minute for something is done at once."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
# A rest of many sums of small waits is no time.
DIGITS = 6


class _Selector(selectors.DefaultSelector):
    """Lets the time pass instead of waiting."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(None if timeout is None else 0)
        if not ready:
            self.passed_s += max(timeout or 0.0, 0.0)
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its time passes only while everybody waits."""

    def __init__(self) -> None:
        self._hurried = _Selector()
        super().__init__(self._hurried)

    def time(self) -> float:
        """Return the seconds since it began."""
        return round(self._hurried.passed_s, DIGITS)


def hurried(step: Coroutine[Any, Any, T]) -> T:
    """Run a step in a loop whose clock jumps."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(step)


def seconds() -> float:
    """Return what the running loop's clock says."""
    return asyncio.get_running_loop().time()
