"""Places are forgotten once no report can be taken for them any more."""

from datetime import datetime, timedelta

from intake.entrypoints.place_worker import PlaceWorker
from intake.testing import NOW, FixedClock


class Places:
    """A table of places that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, int]] = []

    async def forget_places(self, before: datetime, limit: int) -> int:
        """Say that three were forgotten."""
        self.asked.append((before, limit))
        return 3


async def test_what_is_too_old_is_forgotten_in_batches() -> None:
    """As old as two reports may be apart; the worker goes on while there are some."""
    places = Places()
    worker = PlaceWorker(places, timedelta(hours=2), FixedClock())
    assert await worker.forget_old_places() == 3
    assert places.asked == [(NOW - timedelta(hours=2), 5_000)]
