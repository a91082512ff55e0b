"""Forget where cases were once no report can be taken for them any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from civicloop_kit.clock import Clock

LOOK_EVERY_S: Final = 600.0
BATCH_PLACES: Final = 5_000


class Places(Protocol):
    """Where cases are."""

    async def forget_places(self, before: datetime, limit: int) -> int:
        """Forget places of cases that were filed before, and return how many."""


class PlaceWorker:
    """Keeps the table of places as small as the time in which reports are the same."""

    def __init__(self, places: Places, within: timedelta, clock: Clock) -> None:
        self._places = places
        self._within = within
        self._clock = clock

    async def forget_old_places(self) -> int:
        """Forget some places that are too old, and return how many."""
        return await self._places.forget_places(self._clock.now() - self._within, BATCH_PLACES)
