"""Fold facts into a case. Total: a fact that says nothing new leaves it as it is."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from router.domain.answers import fold_answer
from router.domain.case import Case, SendBack, find_answer, find_task
from router.domain.clocks import Clock, Clocks
from router.domain.codes import (
    ClockKind,
    EscalationReason,
    ReassignReason,
    RemarkCode,
    RequestKind,
    TaskRole,
)
from router.domain.decided import (
    CaseEscalated,
    CaseHandled,
    ClockResumed,
    ClockSuspended,
    DeadlineExtended,
    DisputeOpened,
    DisputeSettled,
    OwnFact,
    Remarked,
    ReminderIssued,
    RequestRefused,
    TaskCancelled,
    TaskDispatched,
    TaskReassigned,
)
from router.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseReopened,
    Fact,
    ReportAttached,
    ReportWithdrawn,
    ReworkRequested,
    RoundFact,
    TaskAnswer,
)
from router.domain.task import Dispute, Suspension, Task

SEND_BACKS: Final = frozenset({ReassignReason.REWORK, ReassignReason.REOPENED})


def evolve(case: Case, fact: Fact) -> Case:
    """Return *case* after *fact*."""
    match fact:
        case CaseFiled() | ReportAttached() | ReportWithdrawn():
            return _fold_report(case, fact)
        case TaskAnswer():
            return _fold_answer(case, fact)
        case RoundFact():
            return _fold_round(case, fact)
        case OwnFact():
            return _fold_own(case, fact)
        case _:
            return case


def evolve_all(case: Case, facts: Iterable[Fact]) -> Case:
    """Return *case* after *facts*, in their order."""
    for fact in facts:
        case = evolve(case, fact)
    return case


def _fold_report(case: Case, fact: CaseFiled | ReportAttached | ReportWithdrawn) -> Case:
    if isinstance(fact, ReportWithdrawn):
        return replace(case, reporters=case.reporters - 1)
    if isinstance(fact, CaseFiled):
        if case.filed:
            return case
        case = replace(case, filed=fact)
    return replace(case, reporters=case.reporters + 1)


def _fold_answer(case: Case, fact: TaskAnswer) -> Case:
    answer = fold_answer(find_answer(case, fact.task.task_id), fact)
    others = tuple(a for a in case.answers if a.task_id != answer.task_id)
    return replace(case, answers=(*others, answer))


def _fold_round(case: Case, fact: RoundFact) -> Case:
    """Fold what feedback tells; a rework of a round that is over asks for nothing."""
    match fact:
        case ReworkRequested() if fact.round > case.closed_round:
            send_backs = (*case.send_backs, SendBack(tasks=fact.tasks))
            return replace(case, send_backs=send_backs)
        case CaseReopened() if fact.round > case.round:
            return replace(case, round=fact.round, send_backs=(*case.send_backs, SendBack()))
        case CaseClosed():
            return replace(case, closed_round=max(case.closed_round, fact.round))
        case _:
            return case


def _fold_own(case: Case, fact: OwnFact) -> Case:
    match fact:
        case TaskReassigned():
            return _fold_reassignment(case, fact)
        case TaskDispatched():
            return _fold_dispatch(case, fact)
        case CaseEscalated():
            return _fold_escalation(case, fact)
        case CaseHandled():
            handlings = case.handlings + 1
            return replace(case, handlings=handlings, outcome=fact.outcome, waiting=())
        case DisputeOpened():
            return _fold_dispute(case, fact)
        case ClockSuspended() if fact.kind is RequestKind.LEDGER:
            case = replace(case, ledger_used=True)
    return _fold_into_task(case, fact)


def _fold_dispatch(case: Case, fact: TaskDispatched) -> Case:
    """A task that was born disputed keeps its dispute: somebody was named to lead it."""
    born = find_task(case, fact.task.task_id)
    task = born or Task(ref=fact.task, role=fact.role, required=fact.required)
    task = replace(
        task,
        round=fact.round,
        department=fact.department,
        dispatched_at=fact.occurred_at,
        clocks=fact.clocks,
        return_until=fact.return_until,
        came_by=ReassignReason.SETTLED if born else None,
    )
    waiting = tuple(w for w in case.waiting if w.ref.task_id != fact.task.task_id)
    return replace(_put(case, task), tier=fact.tier, waiting=waiting)


def _fold_reassignment(case: Case, fact: TaskReassigned) -> Case:
    """A rework or reopening takes back that the case was handled."""
    case = _fold_dispatch(case, fact)
    case = _change(
        case,
        fact.task.task_id,
        lambda task: replace(task, came_by=fact.reason, extensions=fact.extensions),
    )
    case = _change(case, fact.replaces, lambda task: replace(task, replaced=fact.reason))
    if fact.reason in SEND_BACKS:
        return replace(case, taken_back=case.handlings, outcome=None)
    return case


def _fold_escalation(case: Case, fact: CaseEscalated) -> Case:
    major = case.major or fact.reason is EscalationReason.MAJOR
    case = replace(case, tier=fact.tier, major=major)
    if fact.task is None or fact.due_at is None:
        return case
    ref, due_at = fact.task, fact.due_at
    waiting = tuple(replace(w, escalated_for=due_at) if w.ref == ref else w for w in case.waiting)
    case = replace(case, waiting=waiting)
    return _change(
        case, ref.task_id, lambda task: replace(task, clocks=_passed(task.clocks, due_at))
    )


def _fold_dispute(case: Case, fact: DisputeOpened) -> Case:
    """A task that we have not given out is born disputed: a case needs somebody to lead it."""
    born = Task(ref=fact.task, role=TaskRole.LEAD, required=True, round=case.round)
    task = find_task(case, fact.task.task_id) or born
    dispute = Dispute(
        dispute_id=fact.dispute_id,
        ground=fact.ground,
        opened_at=fact.occurred_at,
        settle_by=fact.settle_by,
    )
    return _put(case, replace(task, dispute=dispute, disputes=task.disputes + 1))


def _fold_into_task(case: Case, fact: OwnFact) -> Case:
    match fact:
        case DeadlineExtended() | ClockSuspended() | RequestRefused():
            return _change(case, fact.task.task_id, lambda task: _decide(task, fact))
        case TaskCancelled() | DisputeSettled() | ReminderIssued() | ClockResumed():
            return _change(case, fact.task.task_id, lambda task: _move(task, fact))
        case Remarked() if fact.code is RemarkCode.HELP_DECLINED:
            return _change(case, fact.task_id, lambda task: replace(task, given_up=True))
        case _:
            return case


def _decide(task: Task, fact: DeadlineExtended | ClockSuspended | RequestRefused) -> Task:
    """Fold what was decided about a request of the task's department."""
    task = replace(task, decided=(*task.decided, fact.request_id))
    match fact:
        case DeadlineExtended():
            clocks = replace(task.clocks, resolution=fact.clock)
            return replace(task, clocks=clocks, extensions=fact.extensions)
        case ClockSuspended():
            suspension = Suspension(suspended_at=fact.occurred_at, review_at=fact.review_at)
            return replace(task, suspension=suspension)
        case RequestRefused():
            return task


def _move(task: Task, fact: TaskCancelled | DisputeSettled | ReminderIssued | ClockResumed) -> Task:
    match fact:
        case TaskCancelled():
            return replace(task, cancelled_at=fact.occurred_at)
        case DisputeSettled():
            settled = task.dispute and replace(task.dispute, settled=fact.decided_by)
            return replace(task, dispute=settled)
        case ReminderIssued():
            return replace(task, clocks=_reminded(task.clocks, fact.clock))
        case ClockResumed():
            clocks = replace(task.clocks, resolution=fact.clock)
            return replace(task, clocks=clocks, suspension=None)


def _reminded(clocks: Clocks, kind: ClockKind) -> Clocks:
    if kind is ClockKind.RESPONSE and clocks.response:
        return replace(clocks, response=replace(clocks.response, reminded=True))
    if kind is ClockKind.RESOLUTION and clocks.resolution:
        return replace(clocks, resolution=replace(clocks.resolution, reminded=True))
    return clocks


def _passed(clocks: Clocks, due_at: object) -> Clocks:
    """Return *clocks* with every one that ended at *due_at* marked as passed."""

    def mark(clock: Clock | None) -> Clock | None:
        return replace(clock, passed=True) if clock and clock.due_at == due_at else clock

    return replace(clocks, response=mark(clocks.response), resolution=mark(clocks.resolution))


def _change(case: Case, task_id: object, change: Callable[[Task], Task]) -> Case:
    tasks = tuple(change(t) if t.ref.task_id == task_id else t for t in case.tasks)
    return replace(case, tasks=tasks)


def _put(case: Case, task: Task) -> Case:
    """Return *case* with *task* in place of the one with its id, or added."""
    others = tuple(t for t in case.tasks if t.ref.task_id != task.ref.task_id)
    return replace(case, tasks=tuple(sorted((*others, task), key=_order)))


def _order(task: Task) -> tuple[int, int]:
    return task.ref.task_no, task.ref.attempt
