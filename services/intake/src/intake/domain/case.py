"""A case as intake sees it: how it was filed, how far it is, who is told its end.

Facts come from four sources in any order. The state is a fold that does not depend on it: the
public status is the furthest step of the newest round that any fact has told of. Types are read at
run time here: the state is kept as JSON.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from intake.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    CaseRejected,
    CaseVerified,
    DisputeOpened,
    IncomingFact,
    OwnFact,
    TaskAcknowledged,
    TaskDispatched,
    TaskProgressed,
    VerificationRequested,
)
from intake.domain.model import Matter, Outcome, Precision, RejectReason, Status

FIRST_ROUND: Final = 1
_RANK: Final = {
    Status.FILED: 1,
    Status.HANDLING: 2,
    Status.VERIFYING: 3,
    Status.CALLING_BACK: 4,
    Status.CLOSED: 5,
    Status.REJECTED: 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """How the case began; ``rejected`` says why it is none."""

    filed_at: datetime
    matter: Matter
    division: str
    precision: Precision
    rejected: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a round is, and since when; ``outcome`` is how it ended."""

    round: int
    status: Status
    since: datetime
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who leads (主办), by the newest attempt of the newest round."""

    department: str
    round: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of the case; ``reachable``: its reporter left a contact."""

    report_id: UUID
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A round that is over: closed with an outcome, or rejected with a reason."""

    round: int
    outcome: Outcome | None = None
    rejected: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """What intake remembers of a case; nothing of a person is in it.

    ``ends`` are the rounds that are over, ``told`` those whose reporters' notices are under way.
    """

    case_id: UUID
    filing: Filing | None = None
    progress: Progress | None = None
    lead: Lead | None = None
    reports: tuple[Report, ...] = ()
    ends: tuple[End, ...] = ()
    told: tuple[int, ...] = ()
    replayed: bool = False


def new_case(case_id: UUID) -> CaseState:
    """Return a case of which nothing is known yet."""
    return CaseState(case_id=case_id)


def evolve(state: CaseState, fact: OwnFact | IncomingFact) -> CaseState:
    """Return *state* with one more fact in it."""
    match fact:
        case CaseFiled() | CaseRejected():
            return _begun(state, fact)
        case TaskDispatched():
            moved = _advanced(state, _step(fact.round, Status.HANDLING, fact.occurred_at))
            return _led(moved, fact)
        case DisputeOpened() | TaskAcknowledged() | TaskProgressed():
            return _at_work(state, fact.occurred_at)
        case CaseHandled() | VerificationRequested() | CaseVerified():
            return _advanced(state, _step(fact.round, _reached(fact), fact.occurred_at))
        case CaseClosed():
            return _closed(state, fact)


def _begun(state: CaseState, fact: CaseFiled | CaseRejected) -> CaseState:
    report = Report(report_id=fact.report_id, reachable=fact.reachable)
    begun = replace(
        state,
        filing=_filing(fact),
        reports=(*state.reports, report),
        replayed=state.replayed or fact.replayed,
    )
    if isinstance(fact, CaseRejected):
        ended = _ended(begun, End(round=FIRST_ROUND, rejected=fact.reason))
        return _advanced(ended, _step(FIRST_ROUND, Status.REJECTED, fact.occurred_at))
    return _advanced(begun, _step(FIRST_ROUND, Status.FILED, fact.occurred_at))


def _filing(fact: CaseFiled | CaseRejected) -> Filing:
    if isinstance(fact, CaseRejected):
        return Filing(
            filed_at=fact.occurred_at,
            matter=fact.matter,
            division=fact.division,
            # The class of a matter that is not filed is nobody's business: the coarser one.
            precision=Precision.COARSE,
            rejected=fact.reason,
        )
    return Filing(
        filed_at=fact.occurred_at,
        matter=fact.matter,
        division=fact.place.division,
        precision=fact.place.precision,
    )


def _reached(fact: CaseHandled | VerificationRequested | CaseVerified) -> Status:
    if isinstance(fact, CaseVerified):
        return Status.CALLING_BACK
    # A withdrawn or merged case is not verified: its CaseClosed says the rest.
    if isinstance(fact, CaseHandled) and fact.outcome is not Outcome.SOLVED:
        return Status.HANDLING
    return Status.VERIFYING


def _closed(state: CaseState, fact: CaseClosed) -> CaseState:
    ended = _ended(state, End(round=fact.round, outcome=fact.outcome))
    return _advanced(
        ended,
        Progress(
            round=fact.round,
            status=Status.CLOSED,
            since=fact.occurred_at,
            outcome=fact.outcome,
        ),
    )


def _led(state: CaseState, fact: TaskDispatched) -> CaseState:
    if fact.lead is None:
        return state
    lead = Lead(department=fact.lead, round=fact.round, attempt=fact.attempt)
    if state.lead and (state.lead.round, state.lead.attempt) >= (lead.round, lead.attempt):
        return state
    return replace(state, lead=lead)


def _at_work(state: CaseState, occurred_at: datetime) -> CaseState:
    """Move to handling; these facts tell no round, so they never touch a step already reached."""
    progress = state.progress
    here = progress.round if progress else FIRST_ROUND
    if progress and _RANK[progress.status] >= _RANK[Status.HANDLING]:
        return state
    return _advanced(state, _step(here, Status.HANDLING, occurred_at))


def _ended(state: CaseState, end: End) -> CaseState:
    if any(known.round == end.round for known in state.ends):
        return state
    return replace(state, ends=(*state.ends, end))


def _step(round_: int, status: Status, since: datetime) -> Progress:
    return Progress(round=round_, status=status, since=since)


def _advanced(state: CaseState, step: Progress) -> CaseState:
    """Keep the further of two steps; of two equal ones the earlier, so that order is no matter."""
    progress = state.progress
    if progress is None or _further(step, progress):
        return replace(state, progress=step)
    return state


def _further(step: Progress, than: Progress) -> bool:
    reached, before = (step.round, _RANK[step.status]), (than.round, _RANK[than.status])
    return reached > before or (reached == before and step.since < than.since)
