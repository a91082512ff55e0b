"""The end of the handling: solved, withdrawn or merged; what is still open ends with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.case import CaseStatus, answer_of, is_work_done, task_status
from router.domain.codes import CancelReason, Outcome, RemarkCode
from router.domain.decided import CaseHandled, MergeRefused, TaskCancelled, WithdrawalRefused
from router.domain.disputes import settle_moot
from router.domain.refusals import refuse_undecided
from router.domain.remarks import remark
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.decided import OwnFact
    from router.domain.facts import MergeRequested
    from router.domain.task import Task


def finish(case: Case, now: datetime) -> tuple[OwnFact, ...]:
    """Say that the case is handled once all required work is done, and end the rest."""
    if is_work_done(case):
        ended = _end_tasks(case, CancelReason.CASE_HANDLED, now)
        return (*ended, _handled(case, Outcome.SOLVED, now))
    return tuple(
        fact
        for task in case.tasks
        if task_status(case, task) is TaskStatus.COMPLETED
        for fact in settle_moot(task, now)
    )


def withdraw(case: Case, now: datetime) -> tuple[OwnFact, ...]:
    """End a case that nobody reports any more, unless it is solved."""
    if case.status is CaseStatus.OPEN and case.filed:
        ended = _end_tasks(case, CancelReason.WITHDRAWN, now)
        return (*ended, _handled(case, Outcome.WITHDRAWN, now))
    if case.outcome is Outcome.SOLVED:
        return (WithdrawalRefused(occurred_at=now),)
    return (remark(RemarkCode.CASE_ENDED, now),)


def merge(case: Case, request: MergeRequested, now: datetime) -> tuple[OwnFact, ...]:
    """End a case that another one stands for (并案), unless it is solved."""
    if case.status is CaseStatus.OPEN and case.filed:
        ended = _end_tasks(case, CancelReason.MERGED, now)
        handled = CaseHandled(
            occurred_at=now, outcome=Outcome.MERGED, round=case.round, survivor=request.survivor
        )
        return (*ended, handled)
    if case.outcome is Outcome.SOLVED:
        return (MergeRefused(occurred_at=now, survivor=request.survivor),)
    return (remark(RemarkCode.CASE_ENDED, now),)


def _handled(case: Case, outcome: Outcome, now: datetime) -> CaseHandled:
    return CaseHandled(occurred_at=now, outcome=outcome, round=case.round)


def _end_tasks(case: Case, reason: CancelReason, now: datetime) -> tuple[OwnFact, ...]:
    """Refuse what is still asked for, end all disputes, then all tasks that a department has."""
    asking = (task for task in case.tasks if task_status(case, task).is_open)
    refused = (fact for task in asking for fact in refuse_undecided(case, task, now))
    moot = (fact for task in case.tasks for fact in settle_moot(task, now))
    cancelled = (
        TaskCancelled(occurred_at=now, task=task.ref, department=department, reason=reason)
        for task, department in _unfinished(case)
    )
    return (*refused, *moot, *cancelled)


def _unfinished(case: Case) -> Iterator[tuple[Task, str]]:
    """Return the tasks that still lie with their departments, disputed or not."""
    for task in case.tasks:
        status = task_status(case, task)
        disputed = status is TaskStatus.DISPUTED and not answer_of(case, task).returned_at
        if task.department and (status.is_in_hand or disputed):
            yield task, task.department
