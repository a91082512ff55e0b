"""What superiors order: supervision (督办), and another department for a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import give_again
from router.domain.case import CaseStatus, find_task, task_status, tasks_in_hand
from router.domain.codes import ReassignReason
from router.domain.decided import SupervisionIssued
from router.domain.errors import (
    NothingInHandError,
    TaskClosedError,
    TaskDisputedError,
    TaskWaitingError,
    UnknownCaseError,
    UnknownTaskError,
)
from router.domain.refusals import refuse_undecided
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.commands import ReassignTask
    from router.domain.decided import OwnFact
    from router.domain.rulebook import Rulebook


def supervise(case: Case, now: datetime) -> tuple[SupervisionIssued, ...]:
    """Tell every department that has a task of the case that its superiors look at it.

    Raises:
        UnknownCaseError: Nothing is known of the case.
        NothingInHandError: No department has a task of it.
    """
    if case.filed is None:
        raise UnknownCaseError
    tasks = tasks_in_hand(case) if case.status is CaseStatus.OPEN else ()
    if not tasks:
        raise NothingInHandError
    return tuple(
        SupervisionIssued(
            occurred_at=now, task=task.ref, department=task.department, tier=case.tier
        )
        for task in tasks
        if task.department
    )


def reassign(
    case: Case, command: ReassignTask, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Give a task to the department that a superior names; the first one to close it wins.

    Raises:
        UnknownTaskError: This case has no such task.
        TaskWaitingError: Nobody has it yet.
        TaskDisputedError: Who leads it is to be settled.
        TaskClosedError: It is over.
    """
    task = find_task(case, command.task_id)
    if task is None:
        waiting = any(w.ref.task_id == command.task_id for w in case.waiting)
        raise TaskWaitingError if waiting else UnknownTaskError
    status = task_status(case, task)
    if status is TaskStatus.DISPUTED:
        raise TaskDisputedError
    if not status.is_in_hand or case.status is not CaseStatus.OPEN:
        raise TaskClosedError
    given = give_again(case, task, ReassignReason.SUPERIOR, command.department, rules, now)
    return (*refuse_undecided(case, task, now), given)
