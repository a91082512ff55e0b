"""Be the one relay of a shard: an advisory lock on a connection of its own, and a lease on top.

The lock alone does not stop a process that was frozen: it leads only while its last ping of that
connection was answered a short while ago by the monotonic clock.
"""

import asyncio
from time import monotonic
from typing import Final

import asyncpg

from civicloop_kit import protections
from civicloop_kit.postgres import CONNECT_TIMEOUT_S, Connection, load_queries

PING_EVERY_S: Final = 2.0
LEASE_S: Final = 8.0
_IDLE_SESSION_TIMEOUT_MS: Final = 10_000
# Namespace of our advisory locks, so that they meet nobody else's.
LOCK_SPACE: Final = 0x43_4C
_QUERIES: Final = load_queries(__package__)


class Leadership:
    """Leadership of one shard in one service's database."""

    def __init__(self, url: str, shard: int) -> None:
        self._url = url
        self._shard = shard
        self._connection: Connection | None = None
        self._answered_at = 0.0

    @property
    def holds(self) -> bool:
        """Whether this process may send."""
        return self._connection is not None and protections.lease_holds(
            monotonic() - self._answered_at, LEASE_S
        )

    async def win(self) -> None:
        """Wait until this process is the relay."""
        while True:
            if await self._try():
                return
            await asyncio.sleep(PING_EVERY_S / 4)

    async def keep(self) -> None:
        """Ping for as long as the lock is ours; returns when it is lost."""
        while self.holds and self._connection is not None:
            asked_at = monotonic()
            try:
                await asyncio.wait_for(self._connection.execute("SELECT"), PING_EVERY_S)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                break
            self._answered_at = asked_at
            await asyncio.sleep(PING_EVERY_S)
        self.drop()

    def drop(self) -> None:
        """Give the shard up."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _try(self) -> bool:
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=PING_EVERY_S,
                server_settings={"idle_session_timeout": str(_IDLE_SESSION_TIMEOUT_MS)},
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False
        asked_at = monotonic()
        try:
            won = await connection.fetchval(_QUERIES["try_lead"], LOCK_SPACE, self._shard)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            won = False
        if not won:
            connection.terminate()
            return False
        self._connection, self._answered_at = connection, asked_at
        return True
