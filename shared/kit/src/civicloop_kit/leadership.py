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

ASK_EVERY_S: Final = 0.5
PING_EVERY_S: Final = 2.0
LEASE_S: Final = 8.0
_IDLE_SESSION_TIMEOUT_MS: Final = 10_000
# Namespace of our advisory locks, so that they meet nobody else's.
LOCK_SPACE: Final = 0x43_4C
_QUERIES: Final = load_queries(__package__)
_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class Leadership:
    """Leadership of one shard in one service's database."""

    def __init__(self, url: str, shard: int) -> None:
        self._url = url
        self._shard = shard
        self._connection: Connection | None = None
        self._candidate: Connection | None = None
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
            if await self.try_win():
                return
            await asyncio.sleep(ASK_EVERY_S)

    async def try_win(self) -> bool:
        """Become the relay if nobody is; ask about twice a second, on the same connection."""
        asked_at = monotonic()
        try:
            if self._candidate is None:
                self._candidate = await self._connect()
            won = await self._candidate.fetchval(_QUERIES["try_lead"], LOCK_SPACE, self._shard)
        except _LOST:
            self.drop()
            return False
        if won:
            self._connection, self._candidate = self._candidate, None
            self._answered_at = asked_at
        return bool(won)

    async def keep(self) -> None:
        """Ping for as long as the lock is ours; returns when it is lost."""
        while self.holds and self._connection is not None:
            asked_at = monotonic()
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    await self._connection.execute("SELECT")
            except _LOST:
                break
            self._answered_at = asked_at
            await asyncio.sleep(PING_EVERY_S)
        self.drop()

    def drop(self) -> None:
        """Give the shard up."""
        for connection in (self._connection, self._candidate):
            if connection is not None:
                connection.terminate()
        self._connection = self._candidate = None

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=PING_EVERY_S,
            server_settings={"idle_session_timeout": str(_IDLE_SESSION_TIMEOUT_MS)},
        )
