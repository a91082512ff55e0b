"""What is measured of a task: a pure function of the state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from feedback.domain.case import Case
from feedback.domain.counting import TaskCount
from feedback.domain.returns import judge_return
from feedback.domain.task import Task

_COUNT_COLUMNS: Final = tuple((count.value, count) for count in TaskCount)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMeasure:
    """One row per task, that is per attempt.

    ``cancelled``: its round was handled without its completion. ``unfounded``: how its return is
    judged, None when it was not returned.
    """

    task_id: UUID
    case_id: UUID
    task_no: int
    attempt: int
    department: str
    role: str | None
    required: bool | None
    given_by: str | None
    dispatched_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    returned_at: datetime | None
    unfounded: bool | None
    completed_at: datetime | None
    response_due_at: datetime | None
    due_at: datetime | None
    suspended: bool
    parked: int
    replaced: bool
    cancelled: bool
    reminders: int
    supervisions: int
    extensions_requested: int
    extensions: int
    extensions_refused: int
    suspensions_requested: int
    suspensions: int
    suspensions_refused: int


def measure_task(case: Case, task: Task) -> TaskMeasure:
    """Return the row of a task."""
    dispatch = task.dispatch
    counts = {column: task.counts.get(count, 0) for column, count in _COUNT_COLUMNS}
    return TaskMeasure(
        task_id=task.ref.task_id,
        case_id=case.case_id,
        task_no=task.ref.task_no,
        attempt=task.ref.attempt,
        department=task.department,
        role=dispatch.role.value if dispatch else None,
        required=dispatch.required if dispatch else None,
        given_by=dispatch.given_by.value if dispatch else None,
        dispatched_at=dispatch.at if dispatch else None,
        delivered_at=task.delivered_at,
        acknowledged_at=task.acknowledged_at,
        returned_at=task.returned_at,
        unfounded=judge_return(task, case.tasks),
        completed_at=task.completed_at,
        response_due_at=dispatch.response_due_at if dispatch else None,
        due_at=task.due_at,
        suspended=task.suspended,
        parked=task.parked,
        replaced=task.replaced,
        cancelled=task.cancelled,
        **counts,
    )
