"""Returns (退单): who gets a task that its department says is not its own.

The first time it goes elsewhere, and the deadline does not wait. The second time people decide;
the case goes on without help that it does not require.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import pass_on
from router.domain.candidates import find_candidate
from router.domain.case import newest_attempts, task_status
from router.domain.codes import DisputeGround, EscalationReason, RemarkCode
from router.domain.decided import CaseEscalated
from router.domain.disputes import open_dispute
from router.domain.remarks import remark
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
    """Decide what becomes of one returned task."""
    for task in newest_attempts(case):
        if task_status(case, task) is TaskStatus.RETURNED and not task.given_up:
            return _answer_return(case, task, rules, now)
    return ()


def _answer_return(case: Case, task: Task, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    first = _count_returns(case, task) <= _FIRST
    candidate = find_candidate(case, task, rules) if first else None
    if candidate is not None:
        return (pass_on(case, task, candidate, rules, now),)
    if not task.required:
        return (remark(RemarkCode.HELP_DECLINED, now, task.ref.task_id),)
    if not first:
        escalated = CaseEscalated(
            occurred_at=now,
            tier=climb(case.tier),
            reason=EscalationReason.TWICE_RETURNED,
            task=task.ref,
        )
        return (open_dispute(task, DisputeGround.SECOND_RETURN, rules, now), escalated)
    return (open_dispute(task, DisputeGround.NO_DUTY, rules, now),)


def _count_returns(case: Case, task: Task) -> int:
    """Count the returns of a task in its round; one that a superior's order overtook is none."""
    return sum(
        attempt.ref.task_no == task.ref.task_no
        and attempt.round == task.round
        and task_status(case, attempt) is TaskStatus.RETURNED
        for attempt in case.tasks
    )
