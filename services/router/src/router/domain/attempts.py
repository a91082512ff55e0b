"""Give out an attempt of a task: the first one, or the next in the place of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from router.domain.case import next_attempt
from router.domain.clocks import pass_on_clocks, restart_clocks, resume_clock, start_clocks
from router.domain.codes import ReassignReason
from router.domain.decided import TaskDispatched, TaskReassigned
from router.domain.dispatch import return_time
from router.domain.errors import CaseNotFiledError
from router.domain.identity import refer_task

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.clocks import Clocks
    from router.domain.dispatch import Plan, PlannedTask
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task, WaitingTask
    from router.domain.terms import Terms

FIRST_ATTEMPT = 1


def terms_of(case: Case) -> Terms:
    """Return the terms of a case.

    Raises:
        CaseNotFiledError: It was not filed, so there is nothing to give out.
    """
    if case.terms is None:
        raise CaseNotFiledError
    return case.terms


def give_planned(case: Case, plan: Plan, task: PlannedTask, now: datetime) -> TaskDispatched:
    """Give out a task of a new plan."""
    return TaskDispatched(
        **_frame(case, now) | {"tier": plan.tier},
        task=refer_task(case.case_id, task.task_no, FIRST_ATTEMPT),
        department=task.department,
        role=task.role,
        required=task.required,
        clocks=plan.clocks,
        return_until=plan.return_until,
    )


def give_waiting(
    case: Case, waiting: WaitingTask, rules: Rulebook, now: datetime
) -> TaskDispatched:
    """Give out a task whose gate has opened; its clocks start now."""
    return TaskDispatched(
        **_frame(case, now),
        task=waiting.ref,
        department=waiting.department,
        role=waiting.role,
        required=waiting.required,
        clocks=start_clocks(terms_of(case), rules, now),
        return_until=return_time(terms_of(case), rules, now),
    )


def give_settled(
    case: Case, task: Task, lead: str, rules: Rulebook, now: datetime
) -> TaskDispatched:
    """Give a task that was born disputed to whoever was named; it cannot be returned."""
    return TaskDispatched(
        **_frame(case, now),
        task=task.ref,
        department=lead,
        role=task.role,
        required=task.required,
        clocks=start_clocks(terms_of(case), rules, now),
        return_until=None,
    )


def pass_on(
    case: Case, task: Task, department: str, rules: Rulebook, now: datetime
) -> TaskReassigned:
    """Give a returned task to another department: the deadline stays, it may be returned again."""
    terms = terms_of(case)
    return TaskReassigned(
        **_next(case, task, now),
        department=department,
        required=task.required,
        clocks=pass_on_clocks(terms, _running(terms, task, rules, now), rules, now),
        return_until=return_time(terms, rules, now),
        reason=ReassignReason.RETURNED,
        extensions=task.extensions,
    )


def give_again(
    case: Case, task: Task, reason: ReassignReason, department: str, rules: Rulebook, now: datetime
) -> TaskReassigned:
    """Give out the next attempt by order: its limits start anew, and it cannot be returned.

    What has to be done again is required, also where it was only help before.
    """
    terms = terms_of(case)
    return TaskReassigned(
        **_next(case, task, now),
        department=department,
        required=task.required or reason is ReassignReason.REWORK,
        clocks=restart_clocks(terms, _running(terms, task, rules, now), rules, now),
        return_until=None,
        reason=reason,
        extensions=task.extensions if terms.limits is None else 0,
    )


def _frame(case: Case, now: datetime) -> dict[str, Any]:
    """Return what every attempt of a case has in common."""
    terms = terms_of(case)
    return {
        "occurred_at": now,
        "round": case.round,
        "tier": case.tier,
        "channel": terms.channel,
        "matter": terms.matter,
        "place": terms.place,
        "catalog_version": terms.catalog_version,
        "calendar_version": terms.calendar_version,
    }


def _next(case: Case, task: Task, now: datetime) -> dict[str, Any]:
    """Return what the next attempt of a task takes over from it."""
    ref = refer_task(case.case_id, task.ref.task_no, next_attempt(case, task))
    return _frame(case, now) | {"task": ref, "role": task.role, "replaces": task.ref.task_id}


def _running(terms: Terms, task: Task, rules: Rulebook, now: datetime) -> Clocks:
    """Return the clocks of a task, running again if they stood still."""
    resolution = task.clocks.resolution
    if task.suspension is None or resolution is None:
        return task.clocks
    resumed = resume_clock(terms, resolution, rules, task.suspension.suspended_at, now)
    return replace(task.clocks, resolution=resumed)
