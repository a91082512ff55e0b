"""How much waits to be sent, and whether that is too much."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import Database, load_queries

# Above this many undelivered facts the room stops applying: scans over dead rows cost too much.
HIGH_WATER: Final = 20_000
_QUERIES: Final = load_queries(__package__)


class Backlog:
    """The undelivered facts of one shard: counted when the table is read, kept up between."""

    def __init__(self, shard: int, high_water: int = HIGH_WATER) -> None:
        self._shard = shard
        self._high_water = high_water
        self._facts = 0
        self._is_low = asyncio.Event()
        self._is_low.set()

    @property
    def is_high(self) -> bool:
        """Whether the room must not apply more."""
        return not self._is_low.is_set()

    async def low(self) -> None:
        """Wait until the room may apply more."""
        await self._is_low.wait()

    async def look(self, database: Database) -> None:
        """Count what is in the table, while another process sends it."""
        async with database.read() as connection:
            row = await connection.fetchrow(_QUERIES["count_waiting"], self._shard)
        if row is not None:
            self.found(row["facts"], row["since"])

    def found(self, facts: int, since: datetime | None) -> None:
        """Say how many facts the table holds, and when the oldest was decided."""
        METRICS.outbox_facts.labels(self._shard).set(facts)
        age = 0.0 if since is None else (datetime.now(UTC) - since).total_seconds()
        METRICS.outbox_age.labels(self._shard).set(age)
        self._facts = 0
        self.change(facts)

    def change(self, by: int) -> None:
        """Say that facts were added or deleted."""
        self._facts = max(0, self._facts + by)
        if self._facts > self._high_water:
            self._is_low.clear()
        else:
            self._is_low.set()
