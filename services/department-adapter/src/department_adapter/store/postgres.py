"""Tasks, their updates and their deliveries in Postgres, for those who look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from civicloop_kit.postgres import Database, load_queries
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.model import Parked, ParkReason, TaskState
from department_adapter.ports import Leased, ParkedEntry, Queued, TaskEntry, UpdateEntry

_QUERIES: Final = load_queries(__package__)
# What one answer holds; a department that sends more has its own books.
MAX_UPDATES: Final = 500


class PostgresTasks:
    """Tasks and their updates, for callers who know a task's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, task_id: UUID) -> TaskEntry | None:
        """Return a task, or None when it was never dispatched here."""
        async with self._database.read() as connection:
            row = await connection.fetchrow(_QUERIES["find_task"], task_id)
        return None if row is None else _entry(row)

    async def updates(self, task_id: UUID) -> Sequence[UpdateEntry]:
        """Return the newest updates of a task, the oldest of them first."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["updates_of_task"], task_id, MAX_UPDATES)
        return [_update(row) for row in rows]

    async def parked(self, after: UUID | None, limit: int) -> Sequence[ParkedEntry]:
        """Return what is parked of each task, by task id."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["parked_tasks"], after, limit)
        return [_parked(row) for row in rows]

    async def left(self, limit: int) -> Sequence[TaskEntry]:
        """Return open tasks whose department was removed and that are not parked for it yet."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["left_tasks"], limit)
        if not rows:
            async with self._database.transaction() as connection:
                await connection.execute(_QUERIES["none_left"])
        return [_entry(row) for row in rows]


class PostgresQueues:
    """The queues of the jobs table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["queue_names"])
        return frozenset(row["queue"] for row in rows)

    async def waiting_in(self, queue: str, limit: int) -> Sequence[Queued]:
        """Return what waits in a queue, the longest due first; it stays as it is."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["waiting_jobs"], queue, limit)
        return [
            Queued(
                delivery_id=row["job_id"],
                body=orjson.loads(row["payload"])["body"],
                due_at=row["due_at"],
                leased_until=row["claim_expires_at"],
            )
            for row in rows
        ]

    async def has(self, delivery_id: str) -> bool:
        """Tell whether a delivery is still to be made."""
        async with self._database.read() as connection:
            return bool(await connection.fetchval(_QUERIES["has_job"], delivery_id))

    async def expired(self, now: datetime, limit: int) -> Sequence[Leased]:
        """Return the leases of departments that pull which ran out."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["expired_leases"], now, limit)
        return [_leased(row) for row in rows]

    async def overdue(self, ended_by: datetime, now: datetime, limit: int) -> Sequence[Leased]:
        """Return the cancellations of tasks that ended by then and that nobody holds."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["overdue_cancellations"], ended_by, now, limit)
        return [_leased(row) for row in rows]


def _leased(row: Any) -> Leased:
    return Leased(
        delivery_id=row["job_id"],
        task_id=row["lane"],
        case_id=row["case_id"],
        claim_no=row["claim_no"],
    )


def _entry(row: Any) -> TaskEntry:
    return TaskEntry(**{**dict(row), "state": TaskState(row["state"])})


def _update(row: Any) -> UpdateEntry:
    kind, state = UpdateKind(row["kind"]), TaskState(row["state"])
    return UpdateEntry(**{**dict(row), "kind": kind, "state": state})


def _parked(row: Any) -> ParkedEntry:
    return ParkedEntry(
        task_id=row["task_id"],
        case_id=row["case_id"],
        department=row["department"],
        parked=Parked(
            delivery_id=row["parked_delivery"],
            reason=ParkReason(row["park_reason"]),
            since=row["parked_at"],
            review_at=row["review_at"],
        ),
    )
