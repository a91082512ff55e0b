"""Refuse what a department asked for; also what nobody has decided when its task ends.

The refusal comes before the end, so that no request is left without an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.case import answer_of, find_task, task_status
from router.domain.decided import RequestRefused
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.answers import Request
    from router.domain.case import Case
    from router.domain.task import Task

_ENDED_BY_DEPARTMENT = frozenset({TaskStatus.COMPLETED, TaskStatus.RETURNED})


def refuse(task: Task, department: str, request: Request, now: datetime) -> RequestRefused:
    """Say that what was asked for is not granted."""
    return RequestRefused(
        occurred_at=now,
        task=task.ref,
        department=department,
        request_id=request.request_id,
        kind=request.kind,
    )


def refuse_undecided(case: Case, task: Task, now: datetime) -> tuple[RequestRefused, ...]:
    """Refuse what the department of a task still asks for, for the task is about to end."""
    return tuple(
        refuse(task, task.department, request, now)
        for request in answer_of(case, task).requests
        if task.department and request.request_id not in task.decided
    )


def refuse_finished(case: Case, now: datetime) -> tuple[RequestRefused, ...]:
    """Refuse what departments asked for before they completed or returned their tasks."""
    asking = (find_task(case, answer.task_id) for answer in case.answers if answer.requests)
    return tuple(
        refusal
        for task in asking
        if task and task_status(case, task) in _ENDED_BY_DEPARTMENT
        for refusal in refuse_undecided(case, task, now)
    )
