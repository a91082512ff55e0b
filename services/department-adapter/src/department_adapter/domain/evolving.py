"""Fold what happened into the state of a case."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from department_adapter.domain import facts as f
from department_adapter.domain.model import (
    CaseTasks,
    Completion,
    Parked,
    ParkReason,
    Task,
    TaskState,
)

Happening = f.Fact | f.Note
_LEADS_TO: Final[Mapping[type[Happening], TaskState]] = {
    f.TaskDelivered: TaskState.DELIVERED,
    f.TaskAcknowledged: TaskState.ACKNOWLEDGED,
    f.TaskProgressed: TaskState.IN_PROGRESS,
    f.TaskReturned: TaskState.RETURNED,
    f.TaskCompleted: TaskState.COMPLETED,
    f.TaskEnded: TaskState.CANCELLED,
}


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
        return_until=happening.return_until,
        ordinal=happening.ordinal,
    )


def _moved(task: Task, happening: Happening) -> Task:
    state = task.state.later(_LEADS_TO.get(type(happening), task.state))
    return replace(task, **{"state": state, **_changes(task, happening)})


def _changes(task: Task, happening: Happening) -> dict[str, Any]:
    """Return what an answer or the end of a task changes beside its state."""
    match happening:
        case f.TaskAcknowledged(occurred_at=at):
            return {"acknowledged_at": at}
        case f.TaskReturned(ground=ground):
            return {"return_ground": ground, "parked": None}
        case f.TaskCompleted(result=result, words=words):
            return {"completion": Completion(result=result, words=words), "parked": None}
        case f.TaskEnded(occurred_at=at):
            return {"cancelled_at": at, "failures": 0, "parked": None}
    return _request_changes(happening) or _delivery_changes(task, happening)


def _request_changes(happening: Happening) -> dict[str, Any]:
    match happening:
        case f.ExtensionRequested() | f.ExtensionDecided():
            return {"awaits_extension": isinstance(happening, f.ExtensionRequested)}
        case f.SuspensionRequested() | f.SuspensionDecided():
            return {"awaits_suspension": isinstance(happening, f.SuspensionRequested)}
    return {}


def _delivery_changes(task: Task, happening: Happening) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match happening:
        case f.TaskDelivered(occurred_at=at):
            changes = {"delivered_at": at, "failures": 0, "parked": None}
        case f.DeliveryParked():
            changes = _parked(task, happening)
        case f.NoticeQueued(ordinal=ordinal):
            changes = {"ordinal": ordinal}
        case f.NoticeTaken():
            changes = {"failures": 0, "parked": None}
        case f.NoticeParked():
            changes = {"failures": task.failures + 1, "parked": _place(happening)}
        case f.AttemptFailed():
            changes = {"failures": task.failures + 1}
        case f.DeliveriesReleased():
            changes = {"failures": 0, "parked": None, "may_know": task.was_told}
    return changes


def _parked(task: Task, happening: f.DeliveryParked) -> dict[str, Any]:
    """Return a task to the state in which nobody has it, from whatever state it was in."""
    changes: dict[str, Any] = {
        "state": TaskState.PARKED,
        "failures": task.failures + 1,
        "parked": _place(happening),
    }
    if happening.reason is ParkReason.NO_SUCH_DEPARTMENT:
        # Whoever is registered under this code later begins with it as with a new task.
        changes |= {
            "failures": 0,
            "may_know": task.was_told,
            "delivered_at": None,
            "acknowledged_at": None,
        }
    return changes


def _place(happening: f.DeliveryParked | f.NoticeParked) -> Parked:
    return Parked(
        delivery_id=happening.delivery_id,
        reason=happening.reason,
        since=happening.occurred_at,
        review_at=happening.review_at,
    )
