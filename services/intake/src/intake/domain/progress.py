"""How far a case is, in public: the same in whatever order the sources are read.

The public status is the furthest step of the newest round that any fact has told of. A rework leads
back, so steps are compared by round, then lap, then status. Each source counts the laps for itself:
the second `CaseHandled` of a round can only follow a rework, known or not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from intake.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    CaseRejected,
    CaseReopened,
    CaseVerified,
    DisputeOpened,
    DisputeSettled,
    ReworkRequested,
    TaskAcknowledged,
    TaskDispatched,
    TaskProgressed,
    TaskReassigned,
    VerificationRequested,
)
from intake.domain.model import Outcome, Status
from intake.domain.state import FIRST_ROUND, OVER, Lead, Progress, Tally

if TYPE_CHECKING:
    from datetime import datetime

    from intake.domain.state import CaseState

_FIRST_LAP: Final = 1
_RANK: Final = {
    Status.FILED: 1,
    Status.HANDLING: 2,
    Status.VERIFYING: 3,
    Status.CALLING_BACK: 4,
    Status.CLOSED: 5,
    Status.REJECTED: 6,
}
Step = (
    CaseFiled
    | CaseRejected
    | TaskDispatched
    | TaskReassigned
    | DisputeOpened
    | DisputeSettled
    | CaseHandled
    | TaskAcknowledged
    | TaskProgressed
    | VerificationRequested
    | CaseVerified
    | ReworkRequested
    | CaseClosed
    | CaseReopened
)


def advance(state: CaseState, fact: Step) -> CaseState:
    """Return *state* as far as *fact* says that the case is."""
    match fact:
        case CaseFiled() | CaseRejected() | CaseReopened():
            return _begun(state, fact)
        case TaskDispatched() | TaskReassigned():
            return _at_lead(state, fact)
        case CaseHandled():
            return _handled(state, fact)
        case VerificationRequested() | CaseVerified() | ReworkRequested():
            return _checked(state, fact)
        case CaseClosed():
            return _closed(state, fact)
        case DisputeOpened() | DisputeSettled() | TaskAcknowledged() | TaskProgressed():
            return _at_work(state, fact.occurred_at)


def _begun(state: CaseState, fact: CaseFiled | CaseRejected | CaseReopened) -> CaseState:
    if isinstance(fact, CaseReopened):
        return _reach(state, fact.round, _FIRST_LAP, Status.HANDLING, fact.occurred_at)
    status = Status.REJECTED if isinstance(fact, CaseRejected) else Status.FILED
    return _reach(state, FIRST_ROUND, _FIRST_LAP, status, fact.occurred_at)


def _at_lead(state: CaseState, fact: TaskDispatched | TaskReassigned) -> CaseState:
    # Whoever gets a task again after all was handled does it over.
    again = _times(state.handled, fact.round) if isinstance(fact, TaskReassigned) else 0
    moved = _reach(state, fact.round, _FIRST_LAP + again, Status.HANDLING, fact.occurred_at)
    if fact.lead is None:
        return moved
    lead = Lead(department=fact.lead, round=fact.round, attempt=fact.attempt)
    if state.lead and (state.lead.round, state.lead.attempt) >= (lead.round, lead.attempt):
        return moved
    return replace(moved, lead=lead)


def _at_work(state: CaseState, occurred_at: datetime) -> CaseState:
    """Move to handling; these facts tell no round, so they never touch a step already reached."""
    progress = state.progress
    if progress and _RANK[progress.status] >= _RANK[Status.HANDLING]:
        return state
    return _reach(state, state.round, _FIRST_LAP, Status.HANDLING, occurred_at)


def _handled(state: CaseState, fact: CaseHandled) -> CaseState:
    handled = _counted(state.handled, fact.round)
    lap = _times(handled, fact.round)
    # A withdrawn or merged case is not verified: its CaseClosed says the rest.
    status = Status.VERIFYING if fact.outcome is Outcome.SOLVED else Status.HANDLING
    return _reach(replace(state, handled=handled), fact.round, lap, status, fact.occurred_at)


def _checked(
    state: CaseState, fact: VerificationRequested | CaseVerified | ReworkRequested
) -> CaseState:
    if isinstance(fact, VerificationRequested):
        state = replace(state, verifications=_counted(state.verifications, fact.round))
        lap, status = _times(state.verifications, fact.round), Status.VERIFYING
    elif isinstance(fact, CaseVerified):
        lap, status = _times(state.verifications, fact.round), Status.CALLING_BACK
    else:
        state = replace(state, reworks=_counted(state.reworks, fact.round))
        lap, status = _times(state.reworks, fact.round) + 1, Status.HANDLING
    return _reach(state, fact.round, max(lap, _FIRST_LAP), status, fact.occurred_at)


def _closed(state: CaseState, fact: CaseClosed) -> CaseState:
    step = Progress(
        round=fact.round, status=Status.CLOSED, since=fact.occurred_at, outcome=fact.outcome
    )
    return _advanced(state, step)


def _counted(tally: Tally, round_: int) -> Tally:
    if round_ > tally.round:
        return Tally(round=round_, times=1)
    return replace(tally, times=tally.times + 1) if round_ == tally.round else tally


def _times(tally: Tally, round_: int) -> int:
    return tally.times if tally.round == round_ else 0


def _reach(state: CaseState, round_: int, lap: int, status: Status, since: datetime) -> CaseState:
    return _advanced(state, Progress(round=round_, lap=lap, status=status, since=since))


def _advanced(state: CaseState, step: Progress) -> CaseState:
    """Keep the further of two steps; of two equal ones the earlier, so that order is no matter."""
    progress = state.progress
    if progress is None or _further(step, progress):
        return replace(state, progress=step)
    return state


def _further(step: Progress, than: Progress) -> bool:
    reached, before = _place(step), _place(than)
    return reached > before or (reached == before and step.since < than.since)


def _place(step: Progress) -> tuple[int, bool, int, int]:
    # An end is further than any lap of its round.
    return step.round, step.status in OVER, step.lap, _RANK[step.status]
