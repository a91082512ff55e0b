"""The desk on a real database: what is written is found and listed."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from civicloop_kit.postgres import Database
from civicloop_local.testing import Backends, fresh_prefix
from router.domain.codes import DisputeGround, RequestKind
from router.domain.desk import DeskRow, DisputeRow, RequestRow, TaskRow
from router.store.desk import PostgresDesk, write_effects

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CASE_ID = UUID(int=9)


@pytest.fixture(scope="module")
def address(backends: Backends) -> Iterator[str]:
    """The address of a database that no other test uses."""
    prefix = fresh_prefix()
    yield backends.create_databases(prefix)["router"]
    backends.drop_databases(prefix)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """An empty desk."""
    database = Database(address, application="test", size=2)
    await database.open()
    async with database.transaction() as connection:
        for table in ("desk_tasks", "desk_disputes", "desk_requests"):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a name from above
    yield database
    await database.close()


async def save(database: Database, *rows: DeskRow) -> None:
    """Write rows as one transaction of the room does."""
    async with database.transaction() as connection:
        await write_effects(connection, rows)


def dispute(number: int, settle_in_days: int = 1) -> DisputeRow:
    """Return an open dispute."""
    return DisputeRow(
        dispute_id=UUID(int=number),
        case_id=CASE_ID,
        task_id=UUID(int=100 + number),
        department=None,
        ground=DisputeGround.NO_DUTY,
        opened_at=NOW,
        settle_by=NOW + timedelta(days=settle_in_days),
        is_open=True,
    )


def request(number: int, asked_in_days: int = 1) -> RequestRow:
    """Return a pending request; all departments number theirs alike."""
    return RequestRow(
        row_id=UUID(int=number),
        task_id=UUID(int=100 + number),
        request_id=UUID(int=5),
        case_id=CASE_ID,
        department="water",
        kind=RequestKind.LEDGER,
        asked_at=NOW + timedelta(days=asked_in_days),
        review_at=NOW + timedelta(days=90),
        due_at=None,
        is_pending=True,
    )


async def test_a_task_is_found_for_ever(database: Database) -> None:
    """Written once or twice; an unknown one is not found."""
    row = TaskRow(task_id=UUID(int=1), case_id=CASE_ID)
    await save(database, row)
    await save(database, row)
    desk = PostgresDesk(database)
    assert await desk.case_of_task(UUID(int=1)) == CASE_ID
    assert await desk.case_of_task(UUID(int=2)) is None


async def test_disputes_are_listed_by_their_time_limit(database: Database) -> None:
    """The next to be settled first, equal ones by id, in pages."""
    rows = (dispute(3, 1), dispute(1, 2), dispute(2, 2))
    await save(database, *rows)
    desk = PostgresDesk(database)
    first = await desk.list_disputes(None, 2)
    assert list(first) == [rows[0], rows[1]]
    assert list(await desk.list_disputes(first[-1].dispute_id, 2)) == [rows[2]]


async def test_a_settled_dispute_is_found_and_not_listed(database: Database) -> None:
    """And a page may still begin after it."""
    open_ones = (dispute(1, 1), dispute(2, 2))
    await save(database, *open_ones)
    await save(database, replace(open_ones[0], is_open=False, department="water"))
    desk = PostgresDesk(database)
    assert list(await desk.list_disputes(None, 9)) == [open_ones[1]]
    assert list(await desk.list_disputes(open_ones[0].dispute_id, 9)) == [open_ones[1]]
    assert await desk.case_of_dispute(UUID(int=1)) == CASE_ID
    assert await desk.case_of_dispute(UUID(int=7)) is None


async def test_requests_are_listed_by_their_age(database: Database) -> None:
    """The oldest first, until decided; with the present deadline."""
    rows = (request(2, 1), request(1, 2))
    await save(database, *rows)
    moved = replace(rows[1], due_at=NOW + timedelta(days=9))
    await save(database, moved)
    desk = PostgresDesk(database)
    assert list(await desk.list_requests(None, 9)) == [rows[0], moved]
    assert list(await desk.list_requests(rows[0].row_id, 1)) == [moved]
    await save(database, replace(rows[0], is_pending=False))
    assert list(await desk.list_requests(None, 9)) == [moved]
    assert list(await desk.list_requests(rows[0].row_id, 9)) == [moved]


async def test_the_last_state_of_a_transaction_counts(database: Database) -> None:
    """A dispute that is opened and settled in one batch is never listed."""
    await save(database, dispute(1), replace(dispute(1), is_open=False))
    assert await PostgresDesk(database).list_disputes(None, 9) == []


async def test_an_unknown_effect_is_refused(database: Database) -> None:
    """Nothing is dropped silently."""
    with pytest.raises(TypeError, match="no table takes str"):
        async with database.transaction() as connection:
            await write_effects(connection, ["x"])
