"""When the router has to look at a case again by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from router.domain.case import CaseStatus, TaskStatus, find_answer, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from router.domain.case import Case, Task


class TimerName(StrEnum):
    """What is due."""

    RESPONSE_LIMIT = "response_limit"
    RESOLUTION_LIMIT = "resolution_limit"
    SETTLE_BY = "settle_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A time at which the state has to be looked at again."""

    name: TimerName
    task_id: UUID
    due_at: datetime


def timers(case: Case) -> tuple[Timer, ...]:
    """Return what the tasks of an open case wait for, earliest first."""
    if case.status is not CaseStatus.OPEN:
        return ()
    due = (timer for task in case.tasks for timer in _timers_of(case, task))
    return tuple(sorted(due, key=lambda timer: timer.due_at))


def _timers_of(case: Case, task: Task) -> Iterator[Timer]:
    status = status_of(task, find_answer(case, task.ref.task_id))
    waits: dict[TimerName, datetime | None] = {}
    if status is TaskStatus.DISPATCHED:
        waits[TimerName.RESPONSE_LIMIT] = task.response_due_at
    if status in {TaskStatus.DISPATCHED, TaskStatus.ACKNOWLEDGED}:
        waits[TimerName.RESOLUTION_LIMIT] = task.resolution_due_at
    if status is TaskStatus.DISPUTED and task.dispute:
        waits[TimerName.SETTLE_BY] = task.dispute.settle_by
    for name, due_at in waits.items():
        if due_at is not None:
            yield Timer(name=name, task_id=task.ref.task_id, due_at=due_at)
