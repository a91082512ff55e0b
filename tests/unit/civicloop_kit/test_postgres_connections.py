"""Connections: taken from the pool, given back, and never reused once they may be cut."""

import asyncio
from typing import Any

import asyncpg
import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.postgres import (
    CommitUnknownError,
    Database,
    DataError,
    MisconfiguredError,
    UnavailableError,
)

E = asyncpg.exceptions


def refusal(severity: str) -> Exception:
    """Return what the server says when it does not commit."""
    error: Exception = E.CheckViolationError("refused")
    # As over a wire, not as a constant.
    vars(error)["severity_en"] = severity.encode().decode()
    return error


class Connection:
    """A connection, and the transaction in it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self.hangs: set[str] = set()
        self.is_cut = False

    def transaction(self, *, isolation: str | None) -> "Connection":
        """Return the transaction."""
        self.steps.append(f"transaction {isolation}")
        return self

    async def start(self) -> None:
        """BEGIN."""
        await self._do("start")

    async def commit(self) -> None:
        """COMMIT."""
        await self._do("commit")

    async def rollback(self) -> None:
        """ROLLBACK."""
        await self._do("rollback")

    def terminate(self) -> None:
        """Cut it."""
        self.steps.append("terminate")
        if self.is_cut:
            raise asyncpg.InterfaceError("already gone")

    async def _do(self, step: str) -> None:
        self.steps.append(step)
        if step in self.hangs:
            await asyncio.Event().wait()
        if step in self.fails:
            raise self.fails[step]


class Pool:
    """A pool of one connection."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.acquires: Exception | None = None
        self.releases: Exception | None = None
        self.hangs = False
        self.released: list[float] = []
        self.closed: list[str] = []
        self.settings: dict[str, Any] = {}

    async def acquire(self, **options: float) -> Connection:
        """Give the connection."""
        assert options == {"timeout": 5}
        if self.acquires is not None:
            raise self.acquires
        return self.connection

    async def release(self, connection: Connection, **options: float) -> None:
        """Take it back."""
        assert connection is self.connection
        self.released.append(options["timeout"])
        if self.releases is not None:
            raise self.releases

    async def close(self) -> None:
        """Close all."""
        self.closed.append("closes")
        if self.hangs:
            await asyncio.Event().wait()
        self.closed.append("closed")

    def terminate(self) -> None:
        """Cut all."""
        self.closed.append("terminated")


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Let every database have this pool."""
    given = Pool()

    async def create_pool(_url: str, **settings: Any) -> Pool:
        given.settings = settings
        return given

    monkeypatch.setattr(asyncpg, "create_pool", create_pool)
    return given


async def opened(**options: Any) -> Database:
    """Return an open database."""
    database = Database("postgresql://nobody@nowhere/none", application="router", **options)
    await database.open()
    return database


async def test_every_connection_has_its_limits(pool: Pool) -> None:
    """A frozen server, a lock that never comes, a forgotten transaction: all end by themselves."""
    await opened(size=8)
    assert (pool.settings["min_size"], pool.settings["max_size"]) == (1, 8)
    assert (pool.settings["timeout"], pool.settings["command_timeout"]) == (5, 8)
    server = pool.settings["server_settings"]
    assert server["application_name"] == "router"
    assert server["lock_timeout"] == "2000"
    assert server["idle_in_transaction_session_timeout"] == "5000"
    assert (server["timezone"], server["jit"]) == ("UTC", "off")
    await opened()
    assert pool.settings["max_size"] == 6


@pytest.mark.parametrize(
    ("error", "meaning"),
    [(E.InvalidPasswordError("no"), MisconfiguredError), (OSError("no"), UnavailableError)],
)
async def test_a_database_that_does_not_open_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, error: Exception, meaning: type[Exception]
) -> None:
    """Wait, or look at the settings."""

    async def create_pool(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(asyncpg, "create_pool", create_pool)
    with pytest.raises(meaning):
        await opened()


@pytest.mark.parametrize("error", [TimeoutError(), asyncpg.InterfaceError("closed")])
async def test_a_pool_that_gives_nothing_is_unavailable(pool: Pool, error: Exception) -> None:
    """All are in use, or the server is away."""
    database = await opened()
    pool.acquires = error
    with pytest.raises(UnavailableError):
        async with database.read():
            raise AssertionError
    assert pool.released == []


async def test_a_reader_gives_its_connection_back(pool: Pool) -> None:
    """Whole, and after a refusal too: only what may be cut is thrown away."""
    database = await opened()
    async with database.read() as connection:
        assert connection is pool.connection  # type: ignore[comparison-overlap]
    with pytest.raises(DataError):
        async with database.read():
            raise E.CheckViolationError("no")
    assert pool.released == [2, 2]
    assert pool.connection.steps == []


@pytest.mark.parametrize(
    "error", [asyncpg.InterfaceError("cut"), ConnectionResetError("cut"), TimeoutError()]
)
@pytest.mark.parametrize("is_cut", [False, True])
async def test_a_connection_that_may_be_cut_is_not_used_again(
    pool: Pool, error: Exception, is_cut: bool
) -> None:
    """Nobody knows on which side of the cut the server is."""
    pool.connection.is_cut = is_cut
    database = await opened()
    with pytest.raises(UnavailableError):
        async with database.read():
            raise error
    assert (pool.connection.steps, pool.released) == (["terminate"], [2])


async def test_an_error_of_ours_passes(pool: Pool) -> None:
    """It is not the database's, and the connection is well."""
    database = await opened()
    with pytest.raises(ZeroDivisionError):
        async with database.read():
            raise ZeroDivisionError
    assert (pool.connection.steps, pool.released) == ([], [2])


async def test_a_connection_that_does_not_go_back_hides_no_result(pool: Pool) -> None:
    """The pool replaces it."""
    database = await opened()
    pool.releases = asyncpg.InterfaceError("gone")
    async with database.transaction():
        pass
    assert pool.connection.steps[-1] == "commit"


async def test_a_transaction_ends_with_its_block(pool: Pool) -> None:
    """Committed at the end; rolled back when it fails."""
    database = await opened()
    async with database.transaction(isolation="serializable"):
        pass
    assert pool.connection.steps == ["transaction serializable", "start", "commit"]
    pool.connection.steps.clear()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            raise ZeroDivisionError
    assert pool.connection.steps == ["transaction None", "start", "rollback"]


async def test_a_cancelled_transaction_is_rolled_back(pool: Pool) -> None:
    """Its connection serves others at once."""
    database = await opened()

    async def wait() -> None:
        async with database.transaction():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pool.connection.steps[-1] == "rollback"
    assert pool.released == [2]


async def test_a_roll_back_that_fails_cuts_the_connection(pool: Pool) -> None:
    """What happened before is what is told."""
    database = await opened()
    pool.connection.fails["rollback"] = asyncpg.InterfaceError("cut")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            raise ZeroDivisionError
    assert pool.connection.steps[-2:] == ["rollback", "terminate"]


def test_a_roll_back_that_hangs_is_not_waited_for(pool: Pool) -> None:
    """Two seconds."""
    pool.connection.hangs.add("rollback")

    async def fail() -> float:
        database = await opened()
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                raise ZeroDivisionError
        return seconds()

    assert hurried(fail()) == 2
    assert pool.connection.steps[-1] == "terminate"


async def test_a_refused_commit_did_not_happen(pool: Pool) -> None:
    """The server says so; the connection is well."""
    database = await opened()
    pool.connection.fails["commit"] = refusal("ERROR")
    with pytest.raises(DataError):
        async with database.transaction():
            pass
    assert pool.connection.steps[-1] == "commit"


@pytest.mark.parametrize(
    "error",
    [
        refusal("FATAL"),
        refusal("PANIC"),
        asyncpg.InterfaceError("cut"),
        ConnectionResetError("cut"),
    ],
)
async def test_a_commit_that_broke_may_have_happened(pool: Pool, error: Exception) -> None:
    """Whoever asked has to look it up; the connection is of no more use."""
    database = await opened()
    pool.connection.fails["commit"] = error
    with pytest.raises(CommitUnknownError):
        async with database.transaction():
            pass
    assert pool.connection.steps[-1] == "terminate"


async def test_a_closed_pool_is_closed_in_peace(pool: Pool) -> None:
    """Nothing is cut that ends by itself."""
    await (await opened()).close()
    assert pool.closed == ["closes", "closed"]


def test_a_pool_that_does_not_close_is_cut(pool: Pool) -> None:
    """Three seconds."""
    pool.hangs = True

    async def close() -> float:
        await (await opened()).close()
        return seconds()

    assert hurried(close()) == 3
    assert pool.closed == ["closes", "terminated"]
