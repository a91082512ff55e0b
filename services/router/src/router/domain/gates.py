"""Gates: tasks of a plan that no department gets before the lead is far enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import FIRST_ATTEMPT, give_waiting
from router.domain.case import answer_of, lead_task, task_status
from router.domain.codes import Gate
from router.domain.identity import refer_task
from router.domain.task import TaskStatus, WaitingTask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.decided import TaskDispatched
    from router.domain.dispatch import Plan
    from router.domain.rulebook import Rulebook


def waiting_tasks(case: Case, plan: Plan) -> tuple[WaitingTask, ...]:
    """Return the tasks of a plan that wait for the lead."""
    return tuple(
        WaitingTask(
            ref=refer_task(case.case_id, task.task_no, FIRST_ATTEMPT),
            department=task.department,
            role=task.role,
            required=task.required,
            after=task.after,
        )
        for task in plan.tasks
        if task.after
    )


def open_gates(case: Case, rules: Rulebook, now: datetime) -> tuple[TaskDispatched, ...]:
    """Give out the tasks that the lead's progress has opened the way for."""
    return tuple(
        give_waiting(case, task, rules, now) for task in case.waiting if _is_open(case, task.after)
    )


def plan_limits(case: Case) -> Iterator[tuple[WaitingTask, datetime]]:
    """Return until when each waiting task waits in silence: as long as the lead may take."""
    lead = lead_task(case)
    if lead is None or lead.clocks.resolution is None:
        return
    if task_status(case, lead) not in {TaskStatus.DISPATCHED, TaskStatus.ACKNOWLEDGED}:
        return
    due_at = lead.clocks.resolution.due_at
    for task in case.waiting:
        if task.escalated_for != due_at:
            yield task, due_at


def _is_open(case: Case, gate: Gate) -> bool:
    """Tell whether the present lead is far enough."""
    lead = lead_task(case)
    if lead is None:
        return False
    answer = answer_of(case, lead)
    if gate is Gate.LEAD_COMPLETED:
        return answer.completed_at is not None
    return bool(answer.acknowledged_at or answer.progressed_at or answer.completed_at)
