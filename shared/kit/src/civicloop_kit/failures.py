"""A bad release must not hold a city: count cases that fail as bugs, stop when they are many."""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from civicloop_kit.logs import get_logger

MAX_NEW_BUGS: Final = 50
BUG_WINDOW_S: Final = 60.0
_log = get_logger(__name__)


class TooManyHeldError(Exception):
    """Many cases failed as bugs within a minute: applying stops, look at the release."""


class Failures:
    """The cases of one process that failed as bugs lately, whatever noticed it.

    Once there were too many nothing is saved any more: no record, no timer, no command.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._failed_at: deque[float] = deque()
        # Set for good once there were too many: somebody has to look and start anew.
        self.stopped: Exception | None = None

    def check(self, new: int) -> None:
        """Look before saving, and before holding *new* more cases.

        Raises:
            TooManyHeldError: They would be too many, or there were before.
        """
        if self.stopped is not None:
            raise self.stopped
        now = self._seconds()
        while self._failed_at and now - self._failed_at[0] > BUG_WINDOW_S:
            self._failed_at.popleft()
        if new and len(self._failed_at) + new > MAX_NEW_BUGS:
            _log.error("deciding_stopped", cases=len(self._failed_at) + new)
            self.stopped = TooManyHeldError(TooManyHeldError.__doc__)
            raise self.stopped

    def add(self, new: int) -> None:
        """Count cases that were held."""
        self._failed_at.extend(self._seconds() for _ in range(new))
