"""Fold facts into a case: what was read, and what was decided here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from feedback.domain import facts
from feedback.domain.case import (
    Answer,
    Case,
    CaseState,
    Dispatch,
    Handled,
    Rejection,
    ReplayClock,
    Task,
)


def evolve(case: Case, fact: facts.Fact) -> Case:
    """Return *case* with *fact* in it. Any order across sources ends in the same case."""
    return _FOLDS[type(fact)](case, fact)


def accepts_handling(case: Case, fact: facts.CaseHandled) -> bool:
    """Tell whether the end of a handling is news: the case is open in that round."""
    return case.state is CaseState.OPEN and fact.round >= case.round


def _replay_started(case: Case, fact: facts.ReplayStarted) -> Case:
    return replace(case, replay=ReplayClock(run=fact.run, as_of=fact.as_of))


def _case_filed(case: Case, fact: facts.CaseFiled) -> Case:
    return replace(case, filed_at=fact.occurred_at, filing=fact.filing)


def _case_rejected(case: Case, fact: facts.CaseRejected) -> Case:
    rejection = Rejection(at=fact.occurred_at, channel=fact.channel)
    return replace(case, state=CaseState.REJECTED, rejection=rejection)


def _task_dispatched(case: Case, fact: facts.TaskDispatched) -> Case:
    dispatch = Dispatch(
        at=fact.occurred_at,
        role=fact.role,
        required=fact.required,
        round=fact.round,
        response_due_at=fact.response_due_at,
        due_at=fact.due_at,
        provisional=fact.provisional,
    )
    return _with_task(case, replace(_task(case, fact), dispatch=dispatch))


def _dispute_opened(case: Case, _fact: facts.DisputeOpened) -> Case:
    return replace(case, disputes=case.disputes + 1)


def _case_handled(case: Case, fact: facts.CaseHandled) -> Case:
    if not accepts_handling(case, fact):
        return case
    return replace(case, handled=Handled(at=fact.occurred_at, outcome=fact.outcome))


def _task_delivered(case: Case, fact: facts.TaskDelivered) -> Case:
    task = _task(case, fact)
    return _with_task(case, replace(task, delivered_at=_first(task.delivered_at, fact)))


def _delivery_parked(case: Case, fact: facts.DeliveryParked) -> Case:
    task = _task(case, fact)
    return _with_task(case, replace(task, parked=task.parked + 1))


def _task_acknowledged(case: Case, fact: facts.TaskAcknowledged) -> Case:
    task = _answered(case, fact)
    task = replace(task, acknowledged_at=_first(task.acknowledged_at, fact))
    return _with_task(_with_handler(case, fact.handler), task)


def _task_progressed(case: Case, fact: facts.TaskProgressed) -> Case:
    return _with_task(_with_handler(case, fact.handler), _answered(case, fact))


def _task_completed(case: Case, fact: facts.TaskCompleted) -> Case:
    task = _answered(case, fact)
    task = replace(task, completed_at=_first(task.completed_at, fact))
    return _with_task(_with_handler(case, fact.handler), task)


def _remarked(case: Case, _fact: facts.Fact) -> Case:
    return replace(case, remarks=case.remarks + 1)


def _verification_requested(case: Case, fact: facts.VerificationRequested) -> Case:
    return replace(case, state=CaseState.TO_VERIFY, verify_by=fact.verify_by)


def _verification_overdue(case: Case, fact: facts.VerificationOverdue) -> Case:
    return replace(case, verify_by=fact.verify_by, remarks=case.remarks + 1)


def _case_verified(case: Case, fact: facts.CaseVerified) -> Case:
    return replace(
        case,
        state=CaseState.TO_CALL_BACK,
        verify_by=None,
        call_back_until=fact.call_back_until,
    )


def _rework_requested(case: Case, _fact: facts.ReworkRequested) -> Case:
    return replace(_open_again(case), reworks=case.reworks + 1)


def _satisfaction_recorded(case: Case, fact: facts.SatisfactionRecorded) -> Case:
    return replace(case, answer=Answer(solved=fact.solved, satisfied=fact.satisfied))


def _case_closed(case: Case, fact: facts.CaseClosed) -> Case:
    return replace(
        case,
        state=CaseState.CLOSED,
        verify_by=None,
        call_back_until=None,
        closed_at=fact.occurred_at,
        outcome=fact.outcome,
    )


def _case_reopened(case: Case, fact: facts.CaseReopened) -> Case:
    return replace(_open_again(case), round=fact.round, reopenings=case.reopenings + 1)


_FOLDS: Final[Mapping[type[facts.Fact], Callable[[Case, Any], Case]]] = {
    facts.ReplayStarted: _replay_started,
    facts.CaseFiled: _case_filed,
    facts.CaseRejected: _case_rejected,
    facts.TaskDispatched: _task_dispatched,
    facts.DisputeOpened: _dispute_opened,
    facts.CaseHandled: _case_handled,
    facts.TaskDelivered: _task_delivered,
    facts.DeliveryParked: _delivery_parked,
    facts.TaskAcknowledged: _task_acknowledged,
    facts.TaskProgressed: _task_progressed,
    facts.TaskCompleted: _task_completed,
    facts.RemarkRead: _remarked,
    facts.VerificationRequested: _verification_requested,
    facts.VerificationOverdue: _verification_overdue,
    facts.CaseVerified: _case_verified,
    facts.ReworkRequested: _rework_requested,
    facts.SatisfactionRecorded: _satisfaction_recorded,
    facts.CaseClosed: _case_closed,
    facts.CaseReopened: _case_reopened,
    facts.Remarked: _remarked,
}


def _open_again(case: Case) -> Case:
    return replace(
        case,
        state=CaseState.OPEN,
        handled=None,
        verify_by=None,
        call_back_until=None,
        closed_at=None,
        outcome=None,
    )


def _task(case: Case, fact: facts.TaskDispatched | facts.DepartmentFact) -> Task:
    for task in case.tasks:
        if task.ref.task_id == fact.task.task_id:
            return task
    return Task(ref=fact.task, department=fact.department)


def _answered(case: Case, fact: facts.DepartmentFact) -> Task:
    task = _task(case, fact)
    return replace(task, responded_at=_first(task.responded_at, fact))


def _with_task(case: Case, task: Task) -> Case:
    others = [t for t in case.tasks if t.ref.task_id != task.ref.task_id]
    ordered = sorted([*others, task], key=lambda t: (t.ref.task_no, t.ref.attempt))
    return replace(case, tasks=tuple(ordered))


def _with_handler(case: Case, handler: str) -> Case:
    if handler in case.handlers:
        return case
    return replace(case, handlers=tuple(sorted((*case.handlers, handler))))


def _first(known: datetime | None, fact: facts.Fact) -> datetime:
    return fact.occurred_at if known is None else min(known, fact.occurred_at)
