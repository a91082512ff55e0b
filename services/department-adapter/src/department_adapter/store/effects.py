"""What handlers want saved beside the case rows: in bulk, in the transaction that decided it."""

from collections.abc import Sequence
from typing import Final, TypeVar

import orjson

from civicloop_kit.jobs import QueueJob, StaleClaimError, write_job_effects
from civicloop_kit.postgres import Connection, load_queries
from department_adapter.ports import (
    CancelDeliveries,
    DropDeliveries,
    KeepPlace,
    KeepUpdate,
    MoveDeadline,
    MoveTask,
    QueueAgain,
    QueueDelivery,
    QueueNotice,
    ReleaseDeliveries,
    StoreRemark,
)

_QUERIES: Final = load_queries(__package__)
E = TypeVar("E")


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save what the handlers of one transaction decided, beside the case rows.

    A task may be dispatched, told of and cancelled in one transaction: its deliveries are queued
    before they are dropped.

    Raises:
        StaleClaimError: A lease that ran out was given to somebody else meanwhile.
    """
    await _queue(connection, _of(effects, QueueDelivery))
    await _queue_notices(connection, _of(effects, QueueNotice))
    await _release(connection, _of(effects, ReleaseDeliveries))
    await _queue_again(connection, _of(effects, QueueAgain))
    await _keep_places(connection, _of(effects, KeepPlace))
    await _cancel(connection, _of(effects, CancelDeliveries))
    await _drop(connection, _of(effects, DropDeliveries))
    await _move(connection, _of(effects, MoveTask))
    await _move_deadlines(connection, _of(effects, MoveDeadline))
    await _keep(connection, _of(effects, KeepUpdate))
    await _store(connection, _of(effects, StoreRemark))


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
        [entry.return_until for entry in entries],
        [entry.updated_at for entry in entries],
        [effect.imported for effect in effects],
        [None if effect.imported else _payload(effect.job) for effect in effects],
    )


async def _queue_notices(connection: Connection, effects: Sequence[QueueNotice]) -> None:
    await write_job_effects(connection, [effect.job for effect in effects])


async def _release(connection: Connection, effects: Sequence[ReleaseDeliveries]) -> None:
    if effects:
        await connection.execute(
            _QUERIES["release_deliveries"],
            [effect.task_id for effect in effects],
            [effect.at for effect in effects],
        )


async def _queue_again(connection: Connection, effects: Sequence[QueueAgain]) -> None:
    if not effects:
        return
    tasks = [effect.task_id for effect in effects]
    deliveries = [effect.delivery_id for effect in effects]
    await connection.execute(_QUERIES["drop_other_deliveries"], tasks, deliveries)
    await connection.execute(
        _QUERIES["queue_again"],
        tasks,
        deliveries,
        [effect.ordinal for effect in effects],
        [effect.due_at for effect in effects],
    )


async def _keep_places(connection: Connection, effects: Sequence[KeepPlace]) -> None:
    if not effects:
        return
    kept = await connection.fetch(
        _QUERIES["keep_places"],
        [effect.job_id for effect in effects],
        [effect.claim_no for effect in effects],
    )
    if len(kept) != len(effects):
        raise StaleClaimError(StaleClaimError.__doc__)


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
        [_payload(job) for job in jobs],
        [job.due_at for job in jobs],
        [effect.was_told for effect in effects],
    )


async def _drop(connection: Connection, effects: Sequence[DropDeliveries]) -> None:
    if effects:
        tasks = [effect.task_id for effect in effects]
        await connection.execute(_QUERIES["drop_deliveries"], tasks)


async def _move(connection: Connection, effects: Sequence[MoveTask]) -> None:
    newest = {effect.task_id: effect for effect in effects}
    if not newest:
        return
    parked = [effect.parked for effect in newest.values()]
    await connection.execute(
        _QUERIES["move_tasks"],
        list(newest),
        [effect.state for effect in newest.values()],
        [effect.at for effect in newest.values()],
        [item and item.delivery_id for item in parked],
        [item and item.reason for item in parked],
        [item and item.since for item in parked],
        [item and item.review_at for item in parked],
    )


async def _move_deadlines(connection: Connection, effects: Sequence[MoveDeadline]) -> None:
    newest = {effect.task_id: effect.due_at for effect in effects}
    if newest:
        await connection.execute(_QUERIES["move_deadlines"], list(newest), list(newest.values()))


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


def _payload(job: QueueJob) -> str:
    return orjson.dumps(job.payload).decode()
