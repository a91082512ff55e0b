"""Disputes (会商): who leads is unclear, until people, the catalog or the end of the case decide.

A dispute lasts at most its limit. Then the case climbs a tier, and the government of that tier and
place leads by rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import give_again, give_settled
from router.domain.candidates import default_lead, find_helper
from router.domain.case import answer_of, find_dispute, task_status
from router.domain.codes import (
    CancelReason,
    DecidedBy,
    DisputeGround,
    EscalationReason,
    ReassignReason,
    TaskRole,
)
from router.domain.decided import CaseEscalated, DisputeOpened, DisputeSettled, TaskCancelled
from router.domain.dispatch import settle_time
from router.domain.errors import DisputeSettledError, UnknownDisputeError
from router.domain.evolve import evolve
from router.domain.identity import dispute_id
from router.domain.refusals import refuse_undecided
from router.domain.task import TaskStatus
from router.domain.territory import Tier, climb

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.commands import SettleDispute
    from router.domain.decided import OwnFact
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task


def open_dispute(
    task: Task, ground: DisputeGround, rules: Rulebook, now: datetime
) -> DisputeOpened:
    """Ask a conference who leads a task that was given out."""
    return DisputeOpened(
        occurred_at=now,
        dispute_id=dispute_id(task.ref, task.disputes + 1),
        task=task.ref,
        ground=ground,
        settle_by=settle_time(rules, now),
    )


def dispute_unknown(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Give up each task whose department does not exist."""
    return tuple(
        fact
        for task in case.tasks
        if answer_of(case, task).unknown and task_status(case, task).is_in_hand
        for fact in give_up(case, task, DisputeGround.NO_SUCH_DEPARTMENT, rules, now)
    )


def give_up(
    case: Case, task: Task, ground: DisputeGround, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Let people decide about a task that its department does not get, or end it.

    Nobody waits for help that is not required. () where a dispute would change nothing.
    """
    if task.department and not task.required:
        cancelled = TaskCancelled(
            occurred_at=now,
            task=task.ref,
            department=task.department,
            reason=CancelReason.UNDELIVERABLE,
        )
        return (*refuse_undecided(case, task, now), cancelled)
    if is_last_resort(case, task, rules):
        return ()
    return (open_dispute(task, ground, rules, now),)


def is_last_resort(case: Case, task: Task, rules: Rulebook) -> bool:
    """Tell whether a dispute would end where this one did: with the city's default lead."""
    by_order = task.came_by is ReassignReason.SETTLED
    return by_order and task.department == default_lead(case, Tier.CITY, rules)


def settle_by_conference(
    case: Case, command: SettleDispute, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Give the task to whom the conference has named.

    Raises:
        UnknownDisputeError: This case has no such dispute.
        DisputeSettledError: It has ended already.
    """
    task = find_dispute(case, command.dispute_id)
    if task is None:
        raise UnknownDisputeError
    is_present = dispute_id(task.ref, task.disputes) == command.dispute_id
    if not is_present or task_status(case, task) is not TaskStatus.DISPUTED:
        raise DisputeSettledError
    return _settle(case, task, DecidedBy.CONFERENCE, command.lead, rules, now)


def settle_by_rule(case: Case, task: Task, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Climb a tier, and give the task to the default lead there; the city stays the city.

    Help goes to another helper as long as a duty names one.
    """
    escalated = CaseEscalated(
        occurred_at=now, tier=climb(case.tier), reason=EscalationReason.OVERDUE, task=task.ref
    )
    case = evolve(case, escalated)
    helper = find_helper(case, task, rules) if task.role is TaskRole.ASSIST else None
    lead = helper or default_lead(case, case.tier, rules)
    return (escalated, *_settle(case, task, DecidedBy.RULE, lead, rules, now))


def settle_replayed(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Settle at once who leads an imported case: no conference meets, no timer runs for it."""
    if case.filed is None or not case.filed.replayed:
        return ()
    lead = default_lead(case, case.tier, rules)
    for task in case.tasks:
        if task.department is None and task.open_dispute:
            return _settle(case, task, DecidedBy.RULE, lead, rules, now)
    return ()


def settle_moot(task: Task, now: datetime) -> tuple[DisputeSettled, ...]:
    """End the dispute over a task, if there is one: nobody has to lead it any more."""
    if task.open_dispute is None:
        return ()
    return (_settled(task, DecidedBy.MOOT, None, now),)


def _settle(
    case: Case, task: Task, decided_by: DecidedBy, lead: str, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Settle, and give the task out: for the first time where it was born disputed."""
    settled = _settled(task, decided_by, lead, now)
    if task.department is None:
        return (settled, give_settled(case, task, lead, rules, now))
    given = give_again(case, task, ReassignReason.SETTLED, lead, rules, now)
    return (*refuse_undecided(case, task, now), settled, given)


def _settled(task: Task, decided_by: DecidedBy, lead: str | None, now: datetime) -> DisputeSettled:
    return DisputeSettled(
        occurred_at=now,
        dispute_id=dispute_id(task.ref, task.disputes),
        task=task.ref,
        decided_by=decided_by,
        lead=lead,
    )
