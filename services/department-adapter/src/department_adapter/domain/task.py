"""The life of a task: decisions give facts and notes, `evolve` folds them into the state."""

from datetime import datetime
from uuid import UUID

from department_adapter.domain import facts as f
from department_adapter.domain.answers import answer_fact, is_known
from department_adapter.domain.commands import (
    AbandonTask,
    DeliveryKind,
    QueueTask,
    RecordUpdate,
    ReleaseTask,
    UpdateKind,
)
from department_adapter.domain.errors import (
    NoSuchTaskError,
    NotParkedError,
    RequestPendingError,
    ReturnWindowClosedError,
    TaskClosedError,
)
from department_adapter.domain.evolving import Happening
from department_adapter.domain.model import CaseTasks, ParkReason, Task, TaskRef, TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.domain.timing import judge_time


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
            ordinal=command.sequence,
            return_until=command.return_until,
        ),
    )


def queue_notice(
    task: Task, kind: DeliveryKind, sequence: int, now: datetime
) -> tuple[f.NoticeQueued, ...]:
    """Let a department hear something about its task, after all that waits for it already.

    Nobody listens any more where the task is over.
    """
    if task.state.is_closed:
        return ()
    return (
        f.NoticeQueued(
            task=task.ref,
            department=task.department,
            occurred_at=now,
            delivery_id=delivery_id(task.ref, kind, sequence),
            ordinal=task.next_ordinal(sequence),
        ),
    )


def end_task(case: CaseTasks, task_id: UUID, now: datetime) -> tuple[Happening, ...]:
    """End a task at once. An end that its department reported before stands."""
    task = case.find(task_id)
    if task is None or task.state.is_closed:
        return ()
    return (f.TaskEnded(task=task.ref, department=task.department, occurred_at=now),)


def release_task(case: CaseTasks, command: ReleaseTask, now: datetime) -> tuple[Happening, ...]:
    """Try what is parked of a task now; its failures start anew.

    Raises:
        NoSuchTaskError: Unknown.
        TaskClosedError: The task is over.
        NotParkedError: Nothing of it is parked.
    """
    task = case.find(command.task_id)
    if task is None:
        raise NoSuchTaskError
    if task.state.is_closed:
        raise TaskClosedError(task.state)
    if task.parked is None and task.state is not TaskState.PARKED:
        raise NotParkedError
    return (f.DeliveriesReleased(task=task.ref, department=task.department, occurred_at=now),)


def abandon_task(
    case: CaseTasks, command: AbandonTask, now: datetime, policy: RetryPolicy
) -> tuple[Happening, ...]:
    """Park a task whose department was removed, however far it is; once."""
    task = case.find(command.task_id)
    if task is None or task.state.is_closed or _is_abandoned(task):
        return ()
    return (
        f.DeliveryParked(
            task=task.ref,
            department=task.department,
            occurred_at=now,
            delivery_id=task.delivery_id,
            reason=ParkReason.NO_SUCH_DEPARTMENT,
            review_at=now + policy.review_after,
        ),
    )


def take_update(case: CaseTasks, update: RecordUpdate, now: datetime) -> tuple[Happening, ...]:
    """Return what a department's update changes: nothing when it repeats what is known.

    An update proves that the delivery arrived, so that `TaskDelivered` never comes after it.

    Raises:
        NoSuchTaskError: Unknown, or another department's.
        TaskClosedError: The task is over, or ended with another answer.
        ReturnWindowClosedError: It cannot be returned, or no longer.
        RequestPendingError: It has asked for the same, and nobody has decided yet.
        ImpossibleTimeError: ``occurred_at`` is before the dispatch or in the future.
    """
    task = case.find(update.task_id)
    if task is None or task.department != update.department:
        raise NoSuchTaskError
    if is_known(task, update.answer):
        return ()
    if task.state.is_closed:
        raise TaskClosedError(task.state)
    if update.answer.kind is UpdateKind.RETURN:
        _check_window(task, now)
    if _is_pending(task, update.answer.kind):
        raise RequestPendingError
    judged = judge_time(update.answer.occurred_at, dispatched_at=task.dispatched_at, now=now)
    fact = answer_fact(task, update.answer, judged.at, update.update_id)
    remarks = (_late_clock(task, judged.at),) if judged.late else ()
    return (*prove_delivery(task, judged.at), fact, *remarks)


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


def _check_window(task: Task, now: datetime) -> None:
    """Judge by now: the window is for those who answer, whatever they say when they decided."""
    if task.return_until is None or now > task.return_until:
        raise ReturnWindowClosedError


def _is_pending(task: Task, kind: UpdateKind) -> bool:
    extension = kind is UpdateKind.REQUEST_EXTENSION and task.awaits_extension
    return extension or (kind is UpdateKind.REQUEST_SUSPENSION and task.awaits_suspension)


def _is_abandoned(task: Task) -> bool:
    return task.parked is not None and task.parked.reason is ParkReason.NO_SUCH_DEPARTMENT


def _late_clock(task: Task, at: datetime) -> f.Remarked:
    return f.Remarked(
        task=task.ref, department=task.department, occurred_at=at, code=f.RemarkCode.LATE_CLOCK
    )
