"""The life of a task: decisions give facts and notes, `evolve` folds them into the state."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any, Final

from department_adapter.domain import facts as f
from department_adapter.domain.commands import (
    Answer,
    DeliveryKind,
    EndTask,
    QueueTask,
    RecordUpdate,
    UpdateKind,
)
from department_adapter.domain.errors import NoSuchTaskError, TaskClosedError
from department_adapter.domain.model import CaseTasks, Completion, Task, TaskRef, TaskState
from department_adapter.domain.timing import judge_time

Happening = f.Fact | f.Note
_LEADS_TO: Final[Mapping[type[Happening], TaskState]] = {
    f.DeliveryParked: TaskState.PARKED,
    f.TaskDelivered: TaskState.DELIVERED,
    f.TaskAcknowledged: TaskState.ACKNOWLEDGED,
    f.TaskProgressed: TaskState.IN_PROGRESS,
    f.TaskCompleted: TaskState.COMPLETED,
    f.TaskEnded: TaskState.CANCELLED,
}


def delivery_id(task: TaskRef, kind: DeliveryKind, sequence: int) -> str:
    """Return the id of a delivery: stable, because the sequence is that of the causing fact."""
    return f"{task.task_id}/{kind}/{sequence}"


def queue_task(case: CaseTasks, command: QueueTask) -> tuple[Happening, ...]:
    """Take a task in; one that is known already stays as it is."""
    if case.find(command.task.task_id) is not None:
        return ()
    return (
        f.TaskQueued(
            task=command.task,
            department=command.department,
            occurred_at=command.dispatched_at,
            delivery_id=delivery_id(command.task, DeliveryKind.DISPATCH, command.sequence),
        ),
    )


def end_task(case: CaseTasks, command: EndTask, now: datetime) -> tuple[Happening, ...]:
    """End a task at once. An end that its department reported before stands."""
    task = case.find(command.task.task_id)
    if task is None or task.state.is_closed:
        return ()
    return (f.TaskEnded(task=task.ref, department=task.department, occurred_at=now),)


def take_update(case: CaseTasks, update: RecordUpdate, now: datetime) -> tuple[Happening, ...]:
    """Return what a department's update changes: nothing when it repeats what is known.

    An update proves that the delivery arrived, so that `TaskDelivered` never comes after it.

    Raises:
        NoSuchTaskError: Unknown, or another department's.
        TaskClosedError: The task is over, or was completed with another result.
        ImpossibleTimeError: ``occurred_at`` is before the dispatch or in the future.
    """
    task = case.find(update.task_id)
    if task is None or task.department != update.department:
        raise NoSuchTaskError
    if _is_known(task, update.answer):
        return ()
    if task.state.is_closed:
        raise TaskClosedError(task.state)
    judged = judge_time(update.answer.occurred_at, dispatched_at=task.dispatched_at, now=now)
    remarks = (_late_clock(task, judged.at),) if judged.late else ()
    return (*prove_delivery(task, judged.at), answer_fact(task, update.answer, judged.at), *remarks)


def prove_delivery(task: Task, at: datetime) -> tuple[f.TaskDelivered, ...]:
    """Return the delivery of a task that was not known to be delivered."""
    if task.delivered_at is not None:
        return ()
    return (
        f.TaskDelivered(
            task=task.ref,
            department=task.department,
            occurred_at=at,
            delivery_id=task.delivery_id,
            attempts=task.failures + 1,
        ),
    )


def answer_fact(task: Task, answer: Answer, at: datetime) -> f.Fact:
    """Return the fact that an answer stands for."""
    remark_id = answer.remark.remark_id if answer.remark else None
    if answer.kind is UpdateKind.ACKNOWLEDGE:
        return f.TaskAcknowledged(
            task=task.ref, department=task.department, occurred_at=at, handler=answer.handler
        )
    if answer.kind is UpdateKind.PROGRESS:
        return f.TaskProgressed(
            task=task.ref,
            department=task.department,
            occurred_at=at,
            handler=answer.handler,
            progress=answer.progress or "",
            remark_id=remark_id,
        )
    return f.TaskCompleted(
        task=task.ref,
        department=task.department,
        occurred_at=at,
        handler=answer.handler,
        result=answer.result or "",
        remark_id=remark_id,
        words=answer.remark.words if answer.remark else None,
    )


def evolve_all(case: CaseTasks, happenings: Iterable[Happening]) -> CaseTasks:
    """Fold several happenings."""
    return reduce(evolve, happenings, case)


def evolve(case: CaseTasks, happening: Happening) -> CaseTasks:
    """Fold one fact or note into the case."""
    if isinstance(happening, f.TaskQueued):
        return case.with_task(_queued(happening))
    task = case.find(happening.task.task_id)
    return case if task is None else case.with_task(_moved(task, happening))


def _queued(happening: f.TaskQueued) -> Task:
    return Task(
        ref=happening.task,
        department=happening.department,
        delivery_id=happening.delivery_id,
        dispatched_at=happening.occurred_at,
    )


def _moved(task: Task, happening: Happening) -> Task:
    state = task.state.later(_LEADS_TO.get(type(happening), task.state))
    changes: dict[str, Any] = {}
    match happening:
        case f.TaskDelivered(occurred_at=at):
            changes = {"delivered_at": at}
        case f.DeliveryParked() | f.AttemptFailed():
            changes = {"failures": task.failures + 1}
        case f.TaskAcknowledged(occurred_at=at):
            changes = {"acknowledged_at": at}
        case f.TaskCompleted(result=result, words=words):
            changes = {"completion": Completion(result=result, words=words)}
        case f.TaskEnded(occurred_at=at):
            changes = {"cancelled_at": at, "failures": 0}
    return replace(task, state=state, **changes)


def _is_known(task: Task, answer: Answer) -> bool:
    if answer.kind is UpdateKind.ACKNOWLEDGE:
        return task.acknowledged_at is not None and not task.state.is_closed
    if answer.kind is UpdateKind.COMPLETE:
        words = answer.remark.words if answer.remark else None
        return task.completion == Completion(result=answer.result or "", words=words)
    return False


def _late_clock(task: Task, at: datetime) -> f.Remarked:
    return f.Remarked(
        task=task.ref, department=task.department, occurred_at=at, code=f.RemarkCode.LATE_CLOCK
    )
