"""One function per command. Pure: each returns what to save, and the edge saves it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched
from civicloop_kit.jobs import FinishJob, RetryJob
from civicloop_kit.room import Decision, Moment
from department_adapter import wire
from department_adapter.domain import facts as f
from department_adapter.domain import task as rules
from department_adapter.domain.commands import RecordDelivery, RecordUpdate
from department_adapter.domain.delivering import judge_attempt
from department_adapter.domain.model import CaseTasks, Task
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.ports import (
    CancelDeliveries,
    KeepUpdate,
    MoveTask,
    QueueDelivery,
    StoreRemark,
    UpdateEntry,
)


def queue_task(case: CaseTasks, fact: TaskDispatched, moment: Moment) -> Decision[CaseTasks]:
    """Queue the delivery of a task."""
    happenings = rules.queue_task(case, wire.to_queue_task(fact, moment))
    if not happenings:
        return Decision(state=case)
    effect = QueueDelivery(job=wire.dispatch_job(fact, moment), entry=wire.task_entry(fact))
    return _decision(case, happenings, (effect,))


def end_task(case: CaseTasks, fact: TaskCancelled, moment: Moment) -> Decision[CaseTasks]:
    """End a task; its department hears of it if it may know of the task."""
    task = case.find(fact.task.task_id)
    happenings = rules.end_task(case, wire.to_end_task(fact, moment), moment.now)
    if task is None or not happenings:
        return Decision(state=case)
    cancel = CancelDeliveries(
        cancellation=wire.cancellation_job(fact, moment), was_told=task.was_told
    )
    state = rules.evolve_all(case, happenings)
    moved = _moves(case, state, moment.now)
    return Decision(state=state, effects=(cancel, *moved))


def record_update(case: CaseTasks, update: RecordUpdate, now: datetime) -> Decision[CaseTasks]:
    """Record what a department says about its task.

    Raises:
        NoSuchTaskError, TaskClosedError, ImpossibleTimeError: `domain.task.take_update`.
    """
    happenings = rules.take_update(case, update, now)
    state = rules.evolve_all(case, happenings)
    task = state.find(update.task_id)
    assert task is not None  # noqa: S101 - take_update has refused unknown tasks
    kept = KeepUpdate(
        task_id=update.task_id,
        department=update.department,
        entry=UpdateEntry(
            update_id=update.update_id,
            kind=update.answer.kind,
            applied=bool(happenings),
            state=task.state,
            occurred_at=update.answer.occurred_at,
            recorded_at=now,
        ),
    )
    words = _remarks(update, now) if happenings else ()
    return _decision(
        case, happenings, (kept, *words, *_moves(case, state, now)), _reply(kept.entry, task)
    )


def record_delivery(
    case: CaseTasks, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Decision[CaseTasks]:
    """Record how an attempt to deliver ended."""
    verdict = judge_attempt(case, record, now, policy)
    job: FinishJob | RetryJob = FinishJob(job_id=record.delivery_id, claim_no=record.claim_no)
    if verdict.again_at is not None:
        job = RetryJob(job_id=record.delivery_id, claim_no=record.claim_no, due_at=verdict.again_at)
    state = rules.evolve_all(case, verdict.happenings)
    return _decision(case, verdict.happenings, (job, *_moves(case, state, now)))


def _decision(
    case: CaseTasks,
    happenings: Iterable[rules.Happening],
    effects: tuple[object, ...],
    reply: dict[str, Any] | None = None,
) -> Decision[CaseTasks]:
    return Decision(
        state=rules.evolve_all(case, happenings),
        facts=tuple(h for h in happenings if isinstance(h, f.Fact)),
        effects=effects,
        reply=reply,
    )


def _moves(before: CaseTasks, after: CaseTasks, now: datetime) -> tuple[MoveTask, ...]:
    return tuple(
        MoveTask(task_id=task.ref.task_id, state=task.state, at=now)
        for task in after.tasks
        if (was := before.find(task.ref.task_id)) is not None and was.state is not task.state
    )


def _remarks(update: RecordUpdate, now: datetime) -> tuple[StoreRemark, ...]:
    remark = update.answer.remark
    if remark is None:
        return ()
    return (
        StoreRemark(
            remark_id=remark.remark_id, task_id=update.task_id, sealed=remark.sealed, at=now
        ),
    )


def _reply(entry: UpdateEntry, task: Task) -> dict[str, Any]:
    return {
        "update_id": str(entry.update_id),
        "task_id": str(task.ref.task_id),
        "state": task.state.value,
        "fact": "applied" if entry.applied else "repeated",
    }
