"""The desk in Postgres: written in bulk with each transaction, read by doors and work lists."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final
from uuid import UUID

from civicloop_kit.postgres import Connection, Database, load_queries
from router.domain.codes import DisputeGround, RequestKind
from router.domain.desk import DeskRow, DisputeRow, RequestRow, TaskRow

_QUERIES: Final = load_queries(__package__)


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save the rows of one transaction; of several states of a row the last one counts.

    Raises:
        TypeError: An effect is no row of the desk.
    """
    tasks: dict[UUID, TaskRow] = {}
    disputes: dict[UUID, DisputeRow] = {}
    requests: dict[UUID, RequestRow] = {}
    for effect in effects:
        if isinstance(effect, TaskRow):
            tasks[effect.task_id] = effect
        elif isinstance(effect, DisputeRow):
            disputes[effect.dispute_id] = effect
        elif isinstance(effect, RequestRow):
            requests[effect.row_id] = effect
        else:
            raise TypeError(f"no table takes {type(effect).__name__}")
    await _save(connection, "save_tasks", TaskRow, tasks.values())
    await _save(connection, "save_disputes", DisputeRow, disputes.values())
    await _save(connection, "save_requests", RequestRow, requests.values())


class PostgresDesk:
    """Reads what `write_effects` wrote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def case_of_task(self, task_id: UUID) -> UUID | None:
        """Return the case of a task, or None if there is no such task."""
        return await self._case_of("case_of_task", task_id)

    async def case_of_dispute(self, dispute_id: UUID) -> UUID | None:
        """Return the case of a dispute, or None if there is no such dispute."""
        return await self._case_of("case_of_dispute", dispute_id)

    async def list_disputes(self, after: UUID | None, limit: int) -> Sequence[DisputeRow]:
        """Return open disputes, the next to be settled first, after the one with that id."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_disputes"], after, limit)
        return [DisputeRow(**{**row, "ground": DisputeGround(row["ground"])}) for row in rows]

    async def list_requests(self, after: UUID | None, limit: int) -> Sequence[RequestRow]:
        """Return what departments ask for, the oldest first, after the row with that id."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_requests"], after, limit)
        return [RequestRow(**{**row, "kind": RequestKind(row["kind"])}) for row in rows]

    async def _case_of(self, query: str, key: UUID) -> UUID | None:
        async with self._database.read() as connection:
            found: UUID | None = await connection.fetchval(_QUERIES[query], key)
        return found


async def _save(
    connection: Connection, query: str, kind: type[DeskRow], rows: Iterable[DeskRow]
) -> None:
    """Save rows by the names of their fields, which are those of the query's parameters."""
    if listed := list(rows):
        columns = [list(map(attrgetter(field.name), listed)) for field in fields(kind)]
        await connection.execute(_QUERIES[query], *columns)
