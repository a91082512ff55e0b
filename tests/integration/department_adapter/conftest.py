"""The room on a real database, empty before each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from civicloop_kit.commands import Commands
from civicloop_kit.jobs import Jobs
from civicloop_kit.postgres import Database
from civicloop_kit.sealing import Sealer
from civicloop_kit.store import Store
from civicloop_kit.testing import FakeClock
from civicloop_kit.transactions import Transactions
from civicloop_local.credentials import AUDITOR_ROLE
from civicloop_local.testing import Backends, fresh_prefix
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.main import make_room
from department_adapter.testing import START

from .rooms import Room

DATABASE = "department_adapter"


@pytest.fixture(scope="module")
def prefix(backends: Backends) -> Iterator[str]:
    """Return the prefix of databases that no other test uses."""
    made = fresh_prefix()
    backends.create_databases(made)
    try:
        yield made
    finally:
        backends.drop_databases(made)


@pytest.fixture(scope="module")
def database_url(backends: Backends, prefix: str) -> str:
    """Return the room's database, as the room sees it."""
    return backends.databases.url(DATABASE, prefix=prefix)


@pytest.fixture(scope="module")
def auditor_url(backends: Backends, prefix: str) -> str:
    """Return the room's database, as the auditor sees it."""
    return backends.databases.url(DATABASE, role=AUDITOR_ROLE, prefix=prefix)


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    """Return the room over empty tables."""
    database = Database(database_url, application="test")
    await database.open()
    tables = (
        "case_rows",
        "outbox",
        "held",
        "idempotency",
        "jobs",
        "departments",
        "tasks",
        "updates",
        "remarks",
    )
    async with database.transaction() as connection:
        for table in tables:
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608
    clock = FakeClock(START)
    sealer = Sealer(b"k" * 32, b"test")
    definition = make_room(RetryPolicy(), lambda: None)
    transactions = Transactions(
        definition,
        database,
        Store(definition, sealer, "letters"),
        clock,
        "department.handling",
        lambda _facts: None,
        lambda: None,
    )
    yield Room(
        database=database,
        clock=clock,
        transactions=transactions,
        commands=Commands(transactions, b"k" * 32),
        jobs=Jobs(database, "test"),
    )
    await database.close()
