"""Write to the read model and count what is in it."""

from collections.abc import Sequence

from tests.integration.feedback.rows import NOW

from civicloop_kit.postgres import Database
from feedback.domain.indicators import Counts
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.ports import CountQuery, GroupBy
from feedback.store.postgres import PostgresReadModel, write_effects


async def save(database: Database, *rows: CaseMeasure | TaskMeasure) -> None:
    """Write rows as one transaction of the room does."""
    async with database.transaction() as connection:
        await write_effects(connection, rows)


async def count(database: Database, by: GroupBy, **query: object) -> Sequence[Counts]:
    """Count live cases, as of `NOW`."""
    given = {"run": None, "start": None, "end": None, "now": NOW, **query}
    return await PostgresReadModel(database).count_cases(CountQuery(by=by, **given))  # type: ignore[arg-type]


async def total(database: Database, **query: object) -> Counts:
    """Count all of them together."""
    return next(c for c in await count(database, GroupBy.CHANNEL, **query) if c.total)


async def clear(database: Database) -> None:
    """Forget every row."""
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM measures")
        await connection.execute("DELETE FROM task_measures")
