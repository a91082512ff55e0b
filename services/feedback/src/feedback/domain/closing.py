"""Decide how a case goes from handled to closed: verification, call-back, rework, reopening.

Pure. Each function returns the facts that follow, or raises why nothing may follow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from feedback.domain.case import Case, CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import (
    HandlerMayNotVerifyError,
    HandlingUnreadError,
    NotToCallBackError,
    NotToReopenError,
    NotToVerifyError,
    UnknownCaseError,
    UnknownTaskError,
)
from feedback.domain.evolve import accepts_handling
from feedback.domain.facts import CaseHandled
from feedback.domain.own_facts import (
    CaseClosed,
    CaseReopened,
    CaseVerified,
    OwnFact,
    Remarked,
    ReworkRequested,
    SatisfactionRecorded,
    VerificationOverdue,
    VerificationRequested,
)
from feedback.domain.parts import Outcome, RemarkCode, ReworkReason

# Long enough to see whether a repair holds, short enough that a late answer is a new report.
REOPEN_WITHIN: Final = timedelta(days=15)
MAX_REOPENINGS: Final = 2
_ENDED: Final = frozenset({CaseState.CLOSED, CaseState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long each step may take, and who verifies an imported history."""

    verify_within: timedelta
    call_back_window: timedelta
    replay_verifier: str


def settle_handled(
    case: Case, fact: CaseHandled, now: datetime, policy: Policy
) -> tuple[OwnFact, ...]:
    """Return what follows from the end of a handling, before it is folded into *case*."""
    if not accepts_handling(case, fact):
        code = RemarkCode.CASE_ENDED if case.state in _ENDED else RemarkCode.NOT_APPLICABLE
        return (Remarked(occurred_at=now, round=case.round, code=code),)
    if fact.outcome is not Outcome.SOLVED:
        return (_closed(case, fact.outcome, now),)
    if case.replay:
        return _settled_at_once(case, now, policy)
    verify_by = now + policy.verify_within
    return (VerificationRequested(occurred_at=now, round=case.round, verify_by=verify_by),)


def verify_case(
    case: Case, command: VerifyCase, now: datetime, policy: Policy
) -> tuple[OwnFact, ...]:
    """Return what follows from a verification (核实).

    Raises:
        UnknownCaseError: Nothing was ever read about it.
        NotToVerifyError: It is in another state.
        HandlingUnreadError: The completion of a required task has not been read, so the verifier
            could be a handler that we do not know yet.
        HandlerMayNotVerifyError: The verifier is recorded on one of its tasks.
        UnknownTaskError: A task that is to be done again is none that the case needs.
    """
    _require_known(case)
    if case.state is not CaseState.TO_VERIFY:
        raise NotToVerifyError(f"{NotToVerifyError.__doc__} Its state is {case.state.value}.")
    if command.verifier in case.handlers:
        raise HandlerMayNotVerifyError
    if not case.required_tasks or any(t.completed_at is None for t in case.required_tasks):
        raise HandlingUnreadError
    if not command.passed:
        failed = _failed_tasks(case, command.tasks)
        return (_rework(case, failed, ReworkReason.VERIFICATION_FAILED, now),)
    return (_verified(case, command.verifier, now, now + policy.call_back_window),)


def record_satisfaction(
    case: Case, command: RecordSatisfaction, now: datetime
) -> tuple[OwnFact, ...]:
    """Return what follows from the reporter's answer (回访).

    Raises:
        UnknownCaseError: Nothing was ever read about it.
        NotToCallBackError: It is not waiting for an answer and not newly closed as solved, or it
            was reopened as often as allowed.
    """
    _require_known(case)
    recorded = SatisfactionRecorded(
        occurred_at=now, round=case.round, solved=command.solved, satisfied=command.satisfied
    )
    if case.state is CaseState.TO_CALL_BACK:
        follows = (
            _closed(case, Outcome.SOLVED, now)
            if command.solved
            else _rework(case, _required_numbers(case), ReworkReason.NOT_SOLVED, now)
        )
        return (recorded, follows)
    if not _is_newly_closed(case, now):
        raise NotToCallBackError(f"{NotToCallBackError.__doc__} Its state is {case.state.value}.")
    if command.solved:
        return (recorded,)
    if case.reopenings >= MAX_REOPENINGS:
        raise NotToCallBackError("The case was reopened as often as allowed.")
    return (recorded, CaseReopened(occurred_at=now, round=case.round + 1))


def reopen_case(case: Case, now: datetime) -> tuple[OwnFact, ...]:
    """Return what follows when somebody in charge wants a closed case done again.

    Raises:
        UnknownCaseError: Nothing was ever read about it.
        NotToReopenError: It is not newly closed as solved, or it was reopened as often as allowed.
    """
    _require_known(case)
    if not _is_newly_closed(case, now) or case.reopenings >= MAX_REOPENINGS:
        state = case.state.value
        raise NotToReopenError(f"{NotToReopenError.__doc__} Its state is {state}.")
    return (CaseReopened(occurred_at=now, round=case.round + 1),)


def next_timer(case: Case) -> datetime | None:
    """Return when time alone moves the case."""
    if case.state is CaseState.TO_VERIFY:
        return case.verify_by
    if case.state is CaseState.TO_CALL_BACK:
        return case.call_back_until
    return None


def pass_time(case: Case, now: datetime, policy: Policy) -> tuple[OwnFact, ...]:
    """Return what follows from the time alone: the next tier is asked to verify, or an end comes.

    A case is never closed unverified; silence of the reporter closes it.
    """
    due_at = next_timer(case)
    if due_at is None or due_at > now:
        return ()
    if case.state is CaseState.TO_CALL_BACK:
        return (_closed(case, Outcome.SOLVED, now),)
    # A stop of any length is one remark and one tier, which had no chance to look before; the
    # dates keep their rhythm.
    missed = (now - due_at) // policy.verify_within + 1
    verify_by = due_at + missed * policy.verify_within
    return (VerificationOverdue(occurred_at=now, round=case.round, verify_by=verify_by),)


def _settled_at_once(case: Case, now: datetime, policy: Policy) -> tuple[OwnFact, ...]:
    return (
        VerificationRequested(occurred_at=now, round=case.round, verify_by=now),
        _verified(case, policy.replay_verifier, now, now),
        _closed(case, Outcome.SOLVED, now),
    )


def _verified(case: Case, verifier: str, now: datetime, until: datetime) -> CaseVerified:
    return CaseVerified(occurred_at=now, round=case.round, verifier=verifier, call_back_until=until)


def _closed(case: Case, outcome: Outcome, now: datetime) -> CaseClosed:
    return CaseClosed(occurred_at=now, round=case.round, outcome=outcome)


def _rework(
    case: Case, tasks: tuple[int, ...], reason: ReworkReason, now: datetime
) -> ReworkRequested:
    return ReworkRequested(occurred_at=now, round=case.round, tasks=tasks, reason=reason)


def _required_numbers(case: Case) -> tuple[int, ...]:
    return tuple(task.ref.task_no for task in case.required_tasks)


def _failed_tasks(case: Case, named: Iterable[int]) -> tuple[int, ...]:
    """Return the numbers that were named, or all that the case needs when none was."""
    failed, required = set(named), _required_numbers(case)
    if not failed:
        return required
    # A task that the case does not need can end without being done: nobody would wait for it.
    if failed - set(required):
        raise UnknownTaskError
    return tuple(sorted(failed))


def _is_newly_closed(case: Case, now: datetime) -> bool:
    return (
        case.state is CaseState.CLOSED
        and case.outcome is Outcome.SOLVED
        and case.closed_at is not None
        and now - case.closed_at <= REOPEN_WITHIN
    )


def _require_known(case: Case) -> None:
    if not case.known:
        raise UnknownCaseError
