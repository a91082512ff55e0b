"""Postgres: a pool with time limits, transactions that retry safely, SQL from `queries.sql`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

# A frozen server is noticed by nothing else.
COMMAND_TIMEOUT_S: Final = 8.0
LOCK_TIMEOUT_MS: Final = 2_000
IDLE_IN_TRANSACTION_MS: Final = 5_000
CONNECT_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 3.0
RELEASE_TIMEOUT_S: Final = 2.0
_NAME: Final = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
# SQLSTATE classes (protocol.md, 4): the server or the moment is at fault, not the data.
_RETRY_CLASSES: Final = frozenset({"08", "25", "40", "53", "55", "57", "58"})
_STOP_CLASSES: Final = frozenset({"28", "3D", "3F", "42"})
_UNIQUE_VIOLATION: Final = "23505"
# Where a unique violation means that somebody else was faster; anywhere else the data is wrong.
_CONTESTED_TABLES: Final = frozenset({"case_rows", "outbox", "idempotency"})
_LOST: Final = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    asyncio.TimeoutError,
    TimeoutError,
)


class UnavailableError(Exception):
    """The database does not answer; try the same again."""


class CommitUnknownError(UnavailableError):
    """The connection broke during COMMIT: it may or may not have happened."""


class DataError(Exception):
    """The database refuses what it was given."""


class ConflictError(Exception):
    """A row has moved on since it was read; redo from freshly locked rows."""


class MisconfiguredError(Exception):
    """The database refuses the service: wrong password, missing table, missing right."""


Queries = Mapping[str, str]


def load_queries(package: str | None, name: str = "queries.sql") -> Queries:
    """Return the named statements of a package's SQL file: `-- name: x` starts each."""
    text = (files(package or "") / name).read_text()
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def translate(error: BaseException) -> Exception:
    """Return the error that states what to do about a failure of asyncpg."""
    if isinstance(error, asyncpg.PostgresError):
        state = (error.sqlstate or "")[:2]
        detail = f"{error.sqlstate} {type(error).__name__}"
        if error.sqlstate == _UNIQUE_VIOLATION and error.table_name in _CONTESTED_TABLES:
            return ConflictError(detail)
        if state in _RETRY_CLASSES:
            return UnavailableError(detail)
        return MisconfiguredError(detail) if state in _STOP_CLASSES else DataError(detail)
    if isinstance(error, _LOST):
        return UnavailableError(type(error).__name__)
    return error if isinstance(error, Exception) else UnavailableError(type(error).__name__)


class Database:
    """One service's database. Open it before use, close it at the end."""

    def __init__(
        self,
        url: str,
        *,
        application: str,
        size: int = 6,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> None:
        self._url = url
        self._application = application
        self._size = size
        self._command_timeout_s = command_timeout_s
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @property
    def url(self) -> str:
        """Where it is, with credentials: for connections outside the pool."""
        return self._url

    async def open(self) -> None:
        """Connect.

        Raises:
            UnavailableError: No answer.
            MisconfiguredError: The role or the database does not exist.
        """
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=self._size,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=self._command_timeout_s,
                reset=_keep_session,
                server_settings={
                    "application_name": self._application,
                    "lock_timeout": str(LOCK_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                    "timezone": "UTC",
                    # Statements are few and bulk: a parallel or JIT plan only costs.
                    "jit": "off",
                },
            )
        except Exception as error:
            raise translate(error) from error

    async def close(self) -> None:
        """Disconnect, without waiting for a server that does not answer."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Give a connection for reading.

        Raises:
            UnavailableError: The database does not answer.
        """
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, *, isolation: str | None = None) -> AsyncIterator[Connection]:
        """Give a connection in a transaction that ends with the block.

        Raises:
            UnavailableError: The database does not answer; nothing was saved.
            CommitUnknownError: It broke during COMMIT.
            DataError: It refuses a value.
            MisconfiguredError: It refuses the service.
        """
        async with self._connection() as connection:
            transaction = connection.transaction(isolation=isolation)  # type: ignore[arg-type]
            try:
                await transaction.start()
                yield connection
            except BaseException:  # cancellation too: the connection goes back to the pool
                await _roll_back(connection, transaction)
                raise
            try:
                await transaction.commit()
            except (asyncpg.PostgresError, *_LOST) as error:
                if _is_refusal(error):
                    raise
                _terminate(connection)
                raise CommitUnknownError(CommitUnknownError.__doc__) from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise UnavailableError(UnavailableError.__doc__)
        try:
            connection = await self._pool.acquire(timeout=CONNECT_TIMEOUT_S)
        except Exception as error:
            raise translate(error) from error
        try:
            yield connection  # type: ignore[misc]
        except (asyncpg.PostgresError, *_LOST) as error:
            # asyncpg cannot tell on which side of a cut the server is: never reuse the connection.
            if not isinstance(error, asyncpg.PostgresError):
                _terminate(connection)
            raise translate(error) from error
        finally:
            await _release(self._pool, connection)


def _is_refusal(error: Exception) -> bool:
    """Tell whether the server itself says that it did not commit."""
    return isinstance(error, asyncpg.PostgresError) and error.severity_en == "ERROR"


async def _roll_back(connection: Connection, transaction: asyncpg.transaction.Transaction) -> None:
    try:
        async with asyncio.timeout(RELEASE_TIMEOUT_S):
            await transaction.rollback()
    except Exception:  # noqa: BLE001 - whatever it is, the connection is of no more use
        _terminate(connection)


async def _release(pool: asyncpg.Pool[asyncpg.Record], connection: object) -> None:
    # The pool itself terminates and replaces a connection that it cannot take back.
    with suppress(Exception):
        await pool.release(connection, timeout=RELEASE_TIMEOUT_S)  # type: ignore[arg-type]


def _terminate(connection: Any) -> None:
    # One that the server cut has already left the pool: asyncpg refuses to be told so.
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


async def _keep_session(_connection: object) -> None:
    """Leave out asyncpg's `RESET ALL`: no transaction here outlives itself in a session."""
