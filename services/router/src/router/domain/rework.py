"""Rework (返工) and reopening: a handled case comes back, and departments do their tasks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import give_again
from router.domain.case import CaseStatus, newest_attempts
from router.domain.codes import EscalationReason, ReassignReason, RemarkCode
from router.domain.decided import CaseEscalated
from router.domain.evolve import evolve
from router.domain.remarks import remark
from router.domain.territory import climb

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case, SendBack
    from router.domain.decided import OwnFact
    from router.domain.facts import CaseReopened, ReworkRequested
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task


def weigh_send_back(
    case: Case, told: ReworkRequested | CaseReopened, now: datetime
) -> tuple[OwnFact, ...]:
    """Remark what comes after the case has ended otherwise: it is not sent back any more."""
    if case.status is CaseStatus.OPEN and told.round == case.round:
        return ()
    return (remark(RemarkCode.CASE_ENDED, now),)


def take_back(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Give out next attempts for the oldest sending back that was not heeded yet.

    It takes back that the case was handled, so it waits until it was.
    """
    if case.handlings <= case.taken_back:
        return ()
    send_back = case.send_backs[case.taken_back]
    if send_back.tasks:
        tasks, reason = _to_rework(case, send_back), ReassignReason.REWORK
        return _again(case, tasks, reason, rules, now)
    escalated = CaseEscalated(
        occurred_at=now, tier=climb(case.tier), reason=EscalationReason.REOPENED
    )
    case = evolve(case, escalated)
    return (escalated, *_again(case, _required(case), ReassignReason.REOPENED, rules, now))


def _to_rework(case: Case, send_back: SendBack) -> list[Task]:
    """Return the tasks that failed; all required ones if none that we know is named."""
    named = [task for task in newest_attempts(case) if task.ref.task_no in send_back.tasks]
    return named or _required(case)


def _required(case: Case) -> list[Task]:
    return [task for task in newest_attempts(case) if task.required]


def _again(
    case: Case, tasks: list[Task], reason: ReassignReason, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    return tuple(
        give_again(case, task, reason, task.department, rules, now)
        for task in tasks
        if task.department
    )
