"""Decide what follows for a case from a command, or from what another room told.

The caller evolves the case with a fact that it read before it asks, and with the facts that come
back after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.case import (
    CaseStatus,
    TaskStatus,
    evolve_all,
    find_task,
    is_work_done,
    task_status,
)
from router.domain.commands import DispatchCase
from router.domain.dispatch import LEAD_TASK_NO
from router.domain.errors import CaseNotFiledError
from router.domain.facts import (
    CancelReason,
    CaseHandled,
    CaseReopened,
    DeliveryParked,
    DisputeOpened,
    Outcome,
    RemarkCode,
    Remarked,
    ReworkRequested,
    TaskAnswer,
    TaskCancelled,
    TaskCompleted,
    TaskDelivered,
    TaskDispatched,
    TaskReturned,
)
from router.domain.identity import dispute_id, refer_task

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from router.domain.case import Case
    from router.domain.commands import Command
    from router.domain.dispatch import Plan, PlannedDispute, PlannedTask
    from router.domain.facts import CaseFiled, OwnFact

_FIRST_ATTEMPT = 1


def decide(case: Case, command: Command, now: datetime) -> tuple[OwnFact, ...]:
    """Return our facts that follow from *command*, in their order.

    Raises:
        CaseNotFiledError: Tasks are to be given out for a case that intake has not filed.
    """
    match command:
        case DispatchCase():
            return _dispatch(case, command.plan, now)
        case TaskAnswer():
            return _weigh(case, command, now)
        case ReworkRequested() | CaseReopened():
            return (_remark(RemarkCode.NOT_APPLICABLE, now),)
        case _:
            return ()


def _dispatch(case: Case, plan: Plan, now: datetime) -> tuple[OwnFact, ...]:
    if case.filed is None:
        raise CaseNotFiledError
    if case.status is CaseStatus.ENDED:
        return (_remark(RemarkCode.CASE_ENDED, now),)
    if case.tasks:
        return (_remark(RemarkCode.NOT_APPLICABLE, now),)
    if plan.dispute is not None:
        return (_open_dispute(case, plan.dispute, now),)
    given = tuple(_give(case, case.filed, plan, task, now) for task in plan.tasks)
    if not case.answers:
        return given
    # Answers were read before the filing: what they decide is decided now.
    return given + _finish(evolve_all(case, given), now)


def _weigh(case: Case, answer: TaskAnswer, now: datetime) -> tuple[OwnFact, ...]:
    """Take an answer that the case has folded into account."""
    if isinstance(answer, TaskDelivered) or not case.tasks:
        return ()
    task_id = answer.task.task_id
    task = find_task(case, task_id)
    if task is None or isinstance(answer, TaskReturned | DeliveryParked):
        return (_remark(RemarkCode.NOT_APPLICABLE, now, task_id),)
    if task_status(case, task) is TaskStatus.CANCELLED:
        return (_remark(RemarkCode.LATE_ANSWER, now, task_id),)
    if case.status is CaseStatus.ENDED:
        return (_remark(RemarkCode.CASE_ENDED, now, task_id),)
    return _finish(case, now) if isinstance(answer, TaskCompleted) else ()


def _finish(case: Case, now: datetime) -> tuple[OwnFact, ...]:
    """Once all required work is done: cancel what is still open, and say that it is handled."""
    if case.status is not CaseStatus.OPEN or not is_work_done(case):
        return ()
    cancelled = tuple(
        TaskCancelled(
            occurred_at=now,
            task=task.ref,
            department=task.department,
            reason=CancelReason.CASE_HANDLED,
        )
        for task in case.tasks
        if task.department and task_status(case, task).is_open
    )
    return (*cancelled, CaseHandled(occurred_at=now, outcome=Outcome.SOLVED, round=case.round))


def _give(
    case: Case, filed: CaseFiled, plan: Plan, task: PlannedTask, now: datetime
) -> TaskDispatched:
    return TaskDispatched(
        occurred_at=now,
        task=refer_task(case.case_id, task.task_no, _FIRST_ATTEMPT),
        department=task.department,
        role=task.role,
        required=task.required,
        round=case.round,
        tier=plan.tier,
        channel=filed.channel,
        matter=plan.matter,
        place=plan.place,
        response_due_at=plan.clocks.response_due_at,
        resolution_due_at=plan.clocks.resolution_due_at,
        provisional=plan.clocks.provisional,
        return_until=plan.return_until,
        catalog_version=plan.catalog_version,
        calendar_version=plan.calendar_version,
    )


def _open_dispute(case: Case, dispute: PlannedDispute, now: datetime) -> DisputeOpened:
    task = refer_task(case.case_id, LEAD_TASK_NO, _FIRST_ATTEMPT)
    return DisputeOpened(
        occurred_at=now,
        dispute_id=dispute_id(task),
        task=task,
        ground=dispute.ground,
        settle_by=dispute.settle_by,
    )


def _remark(code: RemarkCode, now: datetime, task_id: UUID | None = None) -> Remarked:
    return Remarked(occurred_at=now, code=code, task_id=task_id)
