"""What a department says about its task, as the fact that it stands for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from department_adapter.domain import facts as f
from department_adapter.domain.commands import Answer, UpdateKind
from department_adapter.domain.model import Completion, Task


def answer_fact(task: Task, answer: Answer, at: datetime, update_id: UUID) -> f.Answered:
    """Return the fact that an answer stands for; a request is known by its update's id."""
    common: dict[str, Any] = {
        "task": task.ref,
        "department": task.department,
        "occurred_at": at,
        "handler": answer.handler,
    }
    remark_id = answer.remark.remark_id if answer.remark else None
    match answer.kind:
        case UpdateKind.ACKNOWLEDGE:
            return f.TaskAcknowledged(**common)
        case UpdateKind.PROGRESS:
            return f.TaskProgressed(**common, progress=answer.progress or "", remark_id=remark_id)
        case UpdateKind.RETURN:
            return f.TaskReturned(**common, ground=answer.ground or "")
        case UpdateKind.REQUEST_EXTENSION:
            return f.ExtensionRequested(**common, request_id=update_id)
        case UpdateKind.REQUEST_SUSPENSION:
            return f.SuspensionRequested(
                **common,
                request_id=update_id,
                kind=answer.suspension or "",
                review_at=answer.review_at or at,
            )
        case UpdateKind.COMPLETE:
            return f.TaskCompleted(
                **common,
                result=answer.result or "",
                remark_id=remark_id,
                words=answer.remark.words if answer.remark else None,
            )


def is_known(task: Task, answer: Answer) -> bool:
    """Tell whether an answer says what was said before.

    Two requests are two: the second one is judged, not repeated.
    """
    if answer.kind is UpdateKind.ACKNOWLEDGE:
        return task.acknowledged_at is not None and not task.state.is_closed
    if answer.kind is UpdateKind.RETURN:
        return task.return_ground is not None and task.return_ground == answer.ground
    if answer.kind is UpdateKind.COMPLETE:
        words = answer.remark.words if answer.remark else None
        return task.completion == Completion(result=answer.result or "", words=words)
    return False
