"""Tasks, updates and remarks in Postgres: written in bulk, in the transaction that decided them."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from civicloop_kit.jobs import write_job_effects
from civicloop_kit.postgres import Connection, Database, load_queries
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.model import TaskState
from department_adapter.ports import (
    CancelDeliveries,
    KeepUpdate,
    MoveTask,
    QueueDelivery,
    StoreRemark,
    TaskEntry,
    UpdateEntry,
)

_QUERIES: Final = load_queries(__package__)
E = TypeVar("E")


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save what the handlers of one transaction decided, beside the case rows.

    A task may be dispatched and cancelled in one transaction: its delivery is queued before it is
    dropped.
    """
    await _queue(connection, _of(effects, QueueDelivery))
    await _cancel(connection, _of(effects, CancelDeliveries))
    await _move(connection, _of(effects, MoveTask))
    await _keep(connection, _of(effects, KeepUpdate))
    await _store(connection, _of(effects, StoreRemark))


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
        """Return the updates of a task, the oldest first."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["updates_of_task"], task_id)
        return [_update(row) for row in rows]


class PostgresQueues:
    """The queues of the jobs table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["queue_names"])
        return frozenset(row["queue"] for row in rows)


def _of(effects: Sequence[object], kind: type[E]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


async def _queue(connection: Connection, effects: Sequence[QueueDelivery]) -> None:
    if not effects:
        return
    entries = [effect.entry for effect in effects]
    await write_job_effects(connection, [effect.job for effect in effects])
    await connection.execute(
        _QUERIES["add_tasks"],
        [entry.task_id for entry in entries],
        [entry.case_id for entry in entries],
        [entry.department for entry in entries],
        [entry.role for entry in entries],
        [entry.state for entry in entries],
        [entry.dispatched_at for entry in entries],
        [entry.response_due_at for entry in entries],
        [entry.resolution_due_at for entry in entries],
        [entry.updated_at for entry in entries],
    )


async def _cancel(connection: Connection, effects: Sequence[CancelDeliveries]) -> None:
    if not effects:
        return
    jobs = [effect.cancellation for effect in effects]
    await connection.execute(
        _QUERIES["cancel_deliveries"],
        [job.job_id for job in jobs],
        [job.queue for job in jobs],
        [job.lane for job in jobs],
        [job.ordinal for job in jobs],
        [job.case_id for job in jobs],
        [orjson.dumps(job.payload).decode() for job in jobs],
        [job.due_at for job in jobs],
        [effect.was_told for effect in effects],
    )


async def _move(connection: Connection, effects: Sequence[MoveTask]) -> None:
    newest = {effect.task_id: effect for effect in effects}
    if newest:
        await connection.execute(
            _QUERIES["move_tasks"],
            list(newest),
            [effect.state for effect in newest.values()],
            [effect.at for effect in newest.values()],
        )


async def _keep(connection: Connection, effects: Sequence[KeepUpdate]) -> None:
    if not effects:
        return
    entries = [effect.entry for effect in effects]
    await connection.execute(
        _QUERIES["keep_updates"],
        [effect.department for effect in effects],
        [entry.update_id for entry in entries],
        [effect.task_id for effect in effects],
        [entry.kind for entry in entries],
        [entry.applied for entry in entries],
        [entry.state for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.recorded_at for entry in entries],
    )


async def _store(connection: Connection, effects: Sequence[StoreRemark]) -> None:
    if effects:
        await connection.execute(
            _QUERIES["store_remarks"],
            [effect.remark_id for effect in effects],
            [effect.task_id for effect in effects],
            [effect.sealed for effect in effects],
            [effect.at for effect in effects],
        )


def _entry(row: Any) -> TaskEntry:
    return TaskEntry(**{**dict(row), "state": TaskState(row["state"])})


def _update(row: Any) -> UpdateEntry:
    kind, state = UpdateKind(row["kind"]), TaskState(row["state"])
    return UpdateEntry(**{**dict(row), "kind": kind, "state": state})
