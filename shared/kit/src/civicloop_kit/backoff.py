"""Wait longer after each failure, with an upper bound."""

import asyncio
from typing import Final

FIRST_S: Final = 0.05
LONGEST_S: Final = 2.0


class Backoff:
    """The waits of one series of attempts."""

    def __init__(self, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._next_s = first_s
        self._first_s = first_s
        self._longest_s = longest_s

    async def wait(self) -> None:
        """Wait, and double the next wait."""
        await asyncio.sleep(self._next_s)
        self._next_s = min(self._next_s * 2, self._longest_s)

    def reset(self) -> None:
        """Start over after a success."""
        self._next_s = self._first_s
