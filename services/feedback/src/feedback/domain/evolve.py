"""Fold facts into a case: what was read, and what was decided here.

Any order across sources ends in the same case: each source moves its own part of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from feedback.domain import facts
from feedback.domain import own_facts as own
from feedback.domain.case import Answer, Case, CaseState, Handled, Rejection, ReplayClock
from feedback.domain.counting import CASE_COUNTS
from feedback.domain.deadlines import handled_late
from feedback.domain.evolve_task import fold_task
from feedback.domain.parts import Tier, tier_above
from feedback.domain.task import Task

# Where nobody has named a tier, the lowest is asked.
_LOWEST: Final = Tier.GRID


def evolve(case: Case, fact: facts.Fact) -> Case:
    """Return *case* with *fact* in it."""
    if type(fact) in CASE_COUNTS:
        case = _counted(case, fact)
    if isinstance(fact, facts.TaskFact):
        case = fold_task(case, fact)
    if isinstance(fact, facts.HandlerFact):
        case = _with_handler(case, fact.handler)
    fold = _FOLDS.get(type(fact))
    return fold(case, fact) if fold else case


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


def _tier_named(case: Case, fact: facts.TaskDispatched | facts.CaseEscalated) -> Case:
    return replace(case, tier=fact.tier)


def _dispute_opened(case: Case, _fact: facts.DisputeOpened) -> Case:
    return replace(case, disputes=case.disputes + 1)


def _dispute_settled(case: Case, fact: facts.DisputeSettled) -> Case:
    if fact.lead is None:
        return case
    return replace(
        case,
        settled=_with_number(case.settled, fact.task_no),
        settled_by_rule=_with_number(case.settled_by_rule, fact.task_no, keep=fact.by_rule),
    )


def _case_handled(case: Case, fact: facts.CaseHandled) -> Case:
    if not accepts_handling(case, fact):
        return case
    return replace(
        case,
        handled=Handled(at=fact.occurred_at, outcome=fact.outcome),
        tasks=tuple(replace(t, over=t.over or _is_given(t)) for t in case.tasks),
    )


def _remarked(case: Case, _fact: facts.Fact) -> Case:
    return replace(case, remarks=case.remarks + 1)


def _verification_requested(case: Case, fact: own.VerificationRequested) -> Case:
    return replace(
        case,
        state=CaseState.TO_VERIFY,
        verify_by=fact.verify_by,
        verify_tier=case.tier or _LOWEST,
    )


def _verification_overdue(case: Case, fact: own.VerificationOverdue) -> Case:
    return replace(
        case,
        verify_by=fact.verify_by,
        verify_tier=tier_above(case.verify_tier or _LOWEST),
        remarks=case.remarks + 1,
    )


def _case_verified(case: Case, fact: own.CaseVerified) -> Case:
    return replace(
        _no_longer_due(case), state=CaseState.TO_CALL_BACK, call_back_until=fact.call_back_until
    )


def _rework_requested(case: Case, _fact: own.ReworkRequested) -> Case:
    return replace(_open_again(case), reworks=case.reworks + 1)


def _satisfaction_recorded(case: Case, fact: own.SatisfactionRecorded) -> Case:
    return replace(case, answer=Answer(solved=fact.solved, satisfied=fact.satisfied))


def _case_closed(case: Case, fact: own.CaseClosed) -> Case:
    return replace(
        _no_longer_due(case),
        state=CaseState.CLOSED,
        closed_at=fact.occurred_at,
        outcome=fact.outcome,
    )


def _case_reopened(case: Case, fact: own.CaseReopened) -> Case:
    return replace(_open_again(case), round=fact.round, reopenings=case.reopenings + 1)


_FOLDS: Final[Mapping[type[facts.Fact], Callable[[Case, Any], Case]]] = {
    facts.ReplayStarted: _replay_started,
    facts.CaseFiled: _case_filed,
    facts.CaseRejected: _case_rejected,
    facts.TaskDispatched: _tier_named,
    facts.TaskReassigned: _tier_named,
    facts.CaseEscalated: _tier_named,
    facts.DisputeOpened: _dispute_opened,
    facts.DisputeSettled: _dispute_settled,
    facts.CaseHandled: _case_handled,
    facts.RemarkRead: _remarked,
    own.VerificationRequested: _verification_requested,
    own.VerificationOverdue: _verification_overdue,
    own.CaseVerified: _case_verified,
    own.ReworkRequested: _rework_requested,
    own.SatisfactionRecorded: _satisfaction_recorded,
    own.CaseClosed: _case_closed,
    own.CaseReopened: _case_reopened,
    own.Remarked: _remarked,
}


def _with_number(numbers: tuple[int, ...], number: int, *, keep: bool = True) -> tuple[int, ...]:
    others = tuple(known for known in numbers if known != number)
    return (*others, number) if keep else others


def _no_longer_due(case: Case) -> Case:
    """Return the case without anything that it waited for."""
    return replace(case, verify_by=None, verify_tier=None, call_back_until=None)


def _open_again(case: Case) -> Case:
    return replace(
        _no_longer_due(case),
        state=CaseState.OPEN,
        late=case.late or handled_late(case),
        handled=None,
        closed_at=None,
        outcome=None,
    )


def _is_given(task: Task) -> bool:
    return task.dispatch is not None and not task.replaced


def _counted(case: Case, fact: facts.Fact) -> Case:
    count = CASE_COUNTS[type(fact)]
    return replace(case, counts={**case.counts, count: case.counts.get(count, 0) + 1})


def _with_handler(case: Case, handler: str) -> Case:
    if handler in case.handlers:
        return case
    return replace(case, handlers=tuple(sorted((*case.handlers, handler))))
