"""Keep the plan of a case with it, and give out its tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from router.domain.attempts import FIRST_ATTEMPT, give_planned
from router.domain.case import CaseStatus
from router.domain.codes import RemarkCode
from router.domain.decided import DisputeOpened
from router.domain.dispatch import LEAD_TASK_NO, plan_tasks
from router.domain.errors import CaseNotFiledError
from router.domain.gates import waiting_tasks
from router.domain.identity import dispute_id, refer_task
from router.domain.remarks import remark

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.decided import OwnFact
    from router.domain.dispatch import Plan, PlannedDispute
    from router.domain.rulebook import Rulebook


def keep_plan(case: Case, plan: Plan) -> Case:
    """Freeze the terms of a case, and remember the tasks that wait; the first plan counts."""
    if case.terms is not None:
        return case
    return replace(case, terms=plan.terms, waiting=waiting_tasks(case, plan))


def give_out(case: Case, plan: Plan, now: datetime) -> tuple[OwnFact, ...]:
    """Give out the tasks of a plan that need not wait, or open the dispute in their place.

    Raises:
        CaseNotFiledError: intake has not filed the case.
    """
    if case.filed is None:
        raise CaseNotFiledError
    if case.status is CaseStatus.ENDED:
        return (remark(RemarkCode.CASE_ENDED, now),)
    if case.tasks:
        return (remark(RemarkCode.NOT_APPLICABLE, now),)
    if plan.dispute is not None:
        return (_open_dispute(case, plan.dispute, now),)
    return tuple(give_planned(case, plan, task, now) for task in plan.tasks if task.after is None)


def give_out_late(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Give out an open case that has no task yet, () if it has one or is not filed.

    An end that was read before the filing leaves nothing to give out; a reopening undoes the end.
    """
    if case.filed is None or case.tasks:
        return ()
    return give_out(case, plan_tasks(case.filed, rules, now), now)


def _open_dispute(case: Case, dispute: PlannedDispute, now: datetime) -> DisputeOpened:
    task = refer_task(case.case_id, LEAD_TASK_NO, FIRST_ATTEMPT)
    return DisputeOpened(
        occurred_at=now,
        dispute_id=dispute_id(task),
        task=task,
        ground=dispute.ground,
        settle_by=dispute.settle_by,
    )
