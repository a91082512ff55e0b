"""Decide what follows for a case from a command, or from what another room told.

The caller evolves the case with a fact that it read before it asks, and with the facts that come
back after. What was read may have come in any order: first its own consequence is decided, then
whatever the state of the case calls for by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.case import CaseStatus, find_task
from router.domain.codes import RemarkCode
from router.domain.commands import (
    DecideRequest,
    DispatchCase,
    PassTime,
    ReassignTask,
    SettleDispute,
    SuperviseCase,
)
from router.domain.disputes import dispute_unknown, settle_by_conference, settle_replayed
from router.domain.ending import finish, merge, withdraw
from router.domain.evolve import evolve_all
from router.domain.facts import (
    CaseReopened,
    ClockRequested,
    DeliveryParked,
    MergeRequested,
    ReworkRequested,
    TaskAnswer,
    TaskDelivered,
    WithdrawalRequested,
)
from router.domain.gates import open_gates
from router.domain.parking import weigh_parking
from router.domain.plans import give_out, give_out_late
from router.domain.refusals import refuse_finished
from router.domain.remarks import remark
from router.domain.requests import decide_request, weigh_request
from router.domain.returns import pass_on_returned
from router.domain.rework import take_back, weigh_send_back
from router.domain.superiors import reassign, supervise
from router.domain.timers import pass_time
from router.domain.urgency import escalate_major

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.commands import Command, DoorCommand, Told
    from router.domain.decided import OwnFact
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task


def decide(case: Case, command: Command, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Return our facts that follow from *command*, in their order.

    Raises:
        CaseNotFiledError: Tasks are to be given out for a case that intake has not filed.
        RefusedError: A person asks for what the present state does not allow.
    """
    facts = _answer(case, command, rules, now)
    return facts + _follow(evolve_all(case, facts), rules, now)


def _answer(case: Case, command: Command, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Return what is said to the command itself."""
    match command:
        case DispatchCase():
            return give_out(case, command.plan, now)
        case PassTime():
            return pass_time(case, rules, now)
        case TaskAnswer():
            return _weigh_answer(case, command, rules, now)
        case SettleDispute() | ReassignTask() | DecideRequest() | SuperviseCase():
            return _obey(case, command, rules, now)
        case _:
            return _weigh(case, command, now)


def _obey(case: Case, command: DoorCommand, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Do what a person has decided, or raise the refusal."""
    match command:
        case SettleDispute():
            return settle_by_conference(case, command, rules, now)
        case ReassignTask():
            return reassign(case, command, rules, now)
        case DecideRequest():
            return decide_request(case, command, rules, now)
        case SuperviseCase():
            return supervise(case, now)


def _weigh(case: Case, told: Told, now: datetime) -> tuple[OwnFact, ...]:
    """Answer what intake and feedback tell; of most of it only the state has to know."""
    match told:
        case WithdrawalRequested():
            return withdraw(case, now)
        case MergeRequested():
            return merge(case, told, now)
        case ReworkRequested() | CaseReopened():
            return weigh_send_back(case, told, now)
        case _:
            return ()


def _weigh_answer(
    case: Case, answer: TaskAnswer, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Answer what departments tell; before the filing is known it waits for that."""
    task_id = answer.task.task_id
    task = find_task(case, task_id)
    if isinstance(answer, TaskDelivered) or not case.tasks:
        return ()
    if task is None:
        return (remark(RemarkCode.NOT_APPLICABLE, now, task_id),)
    if isinstance(answer, ClockRequested):
        return weigh_request(case, task, answer, rules, now)
    if late := _late_code(case, task):
        return (remark(late, now, task_id),)
    if isinstance(answer, DeliveryParked):
        return weigh_parking(case, task, answer, rules, now)
    return ()


def _late_code(case: Case, task: Task) -> RemarkCode | None:
    """Return why an answer to a task comes too late, None if it does not."""
    if task.cancelled_at:
        return RemarkCode.LATE_ANSWER
    if task.replaced:
        return RemarkCode.TASK_CLOSED
    return RemarkCode.CASE_ENDED if case.status is CaseStatus.ENDED else None


def _follow(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Return what the state of a case calls for, until it calls for nothing more."""
    followed: tuple[OwnFact, ...] = ()
    while facts := _next(case, rules, now):
        followed += facts
        case = evolve_all(case, facts)
    return followed


def _next(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    if case.status is not CaseStatus.OPEN:
        return ()
    return (
        give_out_late(case, rules, now)
        or take_back(case, rules, now)
        or refuse_finished(case, now)
        or finish(case, now)
        or settle_replayed(case, rules, now)
        or open_gates(case, rules, now)
        or pass_on_returned(case, rules, now)
        or dispute_unknown(case, rules, now)
        or escalate_major(case, rules, now)
    )
