"""Look after what is held: a gap may close by itself for a minute, then somebody has to know."""

from datetime import datetime, timedelta
from typing import Any, Final

from civicloop_kit.clock import Clock
from civicloop_kit.holding import BEHIND, BUG, GAP, NEWER
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import Database, load_queries

LOOK_EVERY_S: Final = 10.0
SILENT_GAP: Final = timedelta(seconds=60)
# Held records have these reasons; a timer that failed blocks a case and holds no record.
REASONS: Final = (GAP, BUG, NEWER, BEHIND, "timer")
_QUERIES: Final = load_queries(__package__)
_log = get_logger(__name__)


class HeldWatch:
    """Measures what is held now, and says when a gap stays."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self) -> int:
        """Measure once; returns 0, for there is nothing to do about it here.

        Raises:
            UnavailableError: The database does not answer.
        """
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["count_held"])
        found = {row["reason"]: row for row in rows}
        for reason in REASONS:
            self._report(reason, found.get(reason))
        return 0

    def _report(self, reason: str, row: Any) -> None:
        records = row["records"] if row else 0
        age = self._age(row["since"] if row else None)
        METRICS.held_now.labels(reason).set(records)
        METRICS.held_age.labels(reason).set(age.total_seconds())
        if reason == GAP and age > SILENT_GAP:
            _log.warning("gap_stays", records=records, age_s=round(age.total_seconds()))

    def _age(self, since: datetime | None) -> timedelta:
        return timedelta(0) if since is None else self._clock.now() - since
