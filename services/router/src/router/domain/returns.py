"""Returns (退单): who gets a task that its department says is not its own.

The first time it goes elsewhere, and the deadline does not wait. The second time people decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import pass_on, terms_of
from router.domain.case import answer_of, newest_attempts, task_status, tasks_in_hand
from router.domain.codes import DisputeGround, EscalationReason, TaskRole
from router.domain.decided import CaseEscalated
from router.domain.dispatch import find_location
from router.domain.disputes import default_lead, open_dispute
from router.domain.duties import list_leads
from router.domain.task import TaskStatus
from router.domain.territory import climb

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.decided import OwnFact
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task

_FIRST = 1


def pass_on_returned(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Decide what becomes of one returned task that the case cannot do without."""
    for task in newest_attempts(case):
        if task.required and task_status(case, task) is TaskStatus.RETURNED:
            return _answer_return(case, task, rules, now)
    return ()


def find_candidate(case: Case, task: Task, rules: Rulebook) -> str | None:
    """Return who may be asked after those who returned *task*, None if nobody is left.

    The most specific duty counts, then the default lead of the case's tier. Who has another task
    of this case does not get help (协办) to itself in addition.
    """
    place = terms_of(case).place
    location = find_location(place, rules)
    leads = list_leads(terms_of(case).matter.key, location, rules.duties) if location else ()
    passed_over = {
        attempt.department
        for attempt in case.tasks
        if attempt.ref.task_no == task.ref.task_no and answer_of(case, attempt).returned_at
    }
    if task.role is TaskRole.ASSIST:
        passed_over |= {t.department for t in tasks_in_hand(case)}
    candidates = (*leads, default_lead(case, case.tier, rules))
    return next((lead for lead in candidates if lead not in passed_over), None)


def _answer_return(case: Case, task: Task, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    if _count_returns(case, task) > _FIRST:
        escalated = CaseEscalated(
            occurred_at=now,
            tier=climb(case.tier),
            reason=EscalationReason.TWICE_RETURNED,
            task=task.ref,
        )
        return (open_dispute(task, DisputeGround.SECOND_RETURN, rules, now), escalated)
    candidate = find_candidate(case, task, rules)
    if candidate is None:
        return (open_dispute(task, DisputeGround.NO_DUTY, rules, now),)
    return (pass_on(case, task, candidate, rules, now),)


def _count_returns(case: Case, task: Task) -> int:
    """Count the returns of a task in its round; one that a superior's order overtook is none."""
    return sum(
        attempt.ref.task_no == task.ref.task_no
        and attempt.round == task.round
        and task_status(case, attempt) is TaskStatus.RETURNED
        for attempt in case.tasks
    )
