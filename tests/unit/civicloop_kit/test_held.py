"""What is held is measured by reason and age; a gap that stays is said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from tests.unit.civicloop_kit.memory import START

from civicloop_kit.held import REASONS, HeldWatch
from civicloop_kit.metrics import METRICS
from civicloop_kit.testing import FakeClock


class Counts:
    """A database that counts what it is told."""

    def __init__(self, **held: tuple[int, datetime | None]) -> None:
        self._held = held

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read."""
        yield self

    async def fetch(self, _query: str) -> list[dict[str, Any]]:
        """Count."""
        return [
            {"reason": reason, "records": records, "since": since}
            for reason, (records, since) in self._held.items()
        ]


async def look(**held: tuple[int, datetime | None]) -> dict[str, tuple[float, float]]:
    """Return number and age that are measured, by reason."""
    assert await HeldWatch(cast("Any", Counts(**held)), FakeClock(START)).look() == 0
    return {
        reason: (
            METRICS.held_now.labels(reason)._value.get(),
            METRICS.held_age.labels(reason)._value.get(),
        )
        for reason in REASONS
    }


async def test_each_reason_has_its_number_and_age() -> None:
    """A case whose timer failed holds no record, but is counted."""
    found = await look(bug=(3, START - timedelta(seconds=5)), timer=(1, None))
    assert found == dict.fromkeys(REASONS, (0, 0)) | {"bug": (3, 5), "timer": (1, 0)}
    assert {"gap", "newer", "behind"} < set(REASONS)
    assert await look() == dict.fromkeys(REASONS, (0, 0))


@pytest.mark.parametrize(("seconds", "events"), [(60, []), (61, ["gap_stays"])])
async def test_a_gap_is_silent_for_a_minute(seconds: int, events: list[str]) -> None:
    """It may close by itself; after that somebody has to know."""
    with capture_logs() as logs:
        await look(gap=(2, START - timedelta(seconds=seconds)))
    assert [entry["event"] for entry in logs] == events


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"gap"}))
async def test_only_a_gap_may_close_by_itself(reason: str) -> None:
    """A bug was told when it happened."""
    with capture_logs() as logs:
        await look(**{reason: (2, START - timedelta(hours=1))})
    assert logs == []
