"""A case: its public status is the same in whatever order the facts come."""

from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain.case import evolve
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
from intake.domain.model import (
    Channel,
    Matter,
    MatterKind,
    Outcome,
    Place,
    Precision,
    RejectReason,
    Status,
)
from intake.domain.state import CaseState, new_case
from intake.testing import NOW

CASE_ID = UUID(int=7)
MATTER = Matter(standard_ref="demo", kind=MatterKind.MATTER, code="00001")
Fact = OwnFact | IncomingFact


def at(minutes: int) -> datetime:
    """Return a time after NOW."""
    return NOW + timedelta(minutes=minutes)


def filed() -> CaseFiled:
    """Return a filing at NOW."""
    return CaseFiled(
        report_id=UUID(int=1),
        channel=Channel.SNAP,
        matter=MATTER,
        place=Place(division="410105", precision=Precision.EXACT),
        clock=None,
        lead=None,
        reachable=True,
        replayed=False,
        occurred_at=NOW,
    )


def rejected() -> CaseRejected:
    """Return a rejection at NOW."""
    return CaseRejected(
        report_id=UUID(int=1),
        channel=Channel.SNAP,
        matter=MATTER,
        division="110105",
        reason=RejectReason.OUTSIDE_JURISDICTION,
        reachable=True,
        replayed=False,
        occurred_at=NOW,
    )


def dispatched(
    minutes: int = 1, *, round_: int = 1, attempt: int = 1, lead: str | None = "water"
) -> TaskDispatched:
    """Return a dispatch."""
    return TaskDispatched(round=round_, attempt=attempt, lead=lead, occurred_at=at(minutes))


def closed(minutes: int = 9, *, round_: int = 1, outcome: Outcome = Outcome.SOLVED) -> CaseClosed:
    """Return the end of a round."""
    return CaseClosed(round=round_, outcome=outcome, occurred_at=at(minutes))


LIFE: tuple[Fact, ...] = (
    filed(),
    dispatched(1),
    TaskAcknowledged(occurred_at=at(2)),
    TaskProgressed(occurred_at=at(3)),
    CaseHandled(round=1, outcome=Outcome.SOLVED, occurred_at=at(4)),
    VerificationRequested(round=1, occurred_at=at(5)),
    CaseVerified(round=1, occurred_at=at(6)),
    closed(7),
)
STEPS = (
    Status.FILED,
    Status.HANDLING,
    Status.HANDLING,
    Status.HANDLING,
    Status.VERIFYING,
    Status.VERIFYING,
    Status.CALLING_BACK,
    Status.CLOSED,
)


def folded(*facts: Fact) -> CaseState:
    """Return a case after these facts."""
    state = new_case(CASE_ID)
    for fact in facts:
        state = evolve(state, fact)
    return state


def status_of(state: CaseState) -> Status | None:
    """Return how far it is."""
    return state.progress.status if state.progress else None


@pytest.mark.parametrize("count", range(1, len(LIFE) + 1))
@pytest.mark.choreography(
    "intake", "TaskDispatched", "TaskAcknowledged", "TaskProgressed", "CaseHandled"
)
@pytest.mark.choreography("intake", "CaseHandled", "VerificationRequested", "CaseVerified")
@pytest.mark.choreography("intake", "CaseClosed")
def test_each_fact_moves_the_status_on(count: int) -> None:
    """Filed, handling, verifying, calling back, closed."""
    assert status_of(folded(*LIFE[:count])) is STEPS[count - 1]


@given(order=st.permutations(LIFE))
def test_the_order_of_facts_does_not_matter(order: list[Fact]) -> None:
    """Any order of one case's facts gives the same status, time, lead and ends."""
    assert folded(*order) == folded(*LIFE)


@pytest.mark.parametrize("late", [dispatched(20), TaskProgressed(occurred_at=at(20))])
def test_a_late_fact_never_moves_it_backwards(late: Fact) -> None:
    """A fact of an earlier step leaves a closed case closed, and its time as it was."""
    assert folded(filed(), closed(9), late).progress == folded(filed(), closed(9)).progress


@pytest.mark.choreography("intake", "DisputeOpened")
def test_a_dispute_alone_means_handling() -> None:
    """Nobody is responsible on paper: a joint conference is at it."""
    assert status_of(folded(filed(), DisputeOpened(occurred_at=at(1)))) is Status.HANDLING


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.MERGED])
def test_work_that_ended_unsolved_is_not_verified(outcome: Outcome) -> None:
    """A withdrawn or merged case waits for its end without a verification."""
    handled = CaseHandled(round=1, outcome=outcome, occurred_at=at(4))
    assert status_of(folded(filed(), dispatched(), handled)) is Status.HANDLING


def test_the_lead_is_that_of_the_newest_attempt() -> None:
    """An assisting department is no lead; a newer attempt or round replaces it, in any order."""
    facts: tuple[Fact, ...] = (
        dispatched(1, lead="water"),
        dispatched(2, lead=None),
        dispatched(3, attempt=2, lead="power"),
        dispatched(4, round_=2, attempt=1, lead="housing"),
    )
    for order in permutations(facts):
        lead = folded(filed(), *order).lead
        assert lead is not None
        assert lead.department == "housing"


def test_a_new_round_starts_over() -> None:
    """After reopening the case is at work again, and its former outcome is gone."""
    facts: tuple[Fact, ...] = (closed(9), dispatched(30, round_=2))
    for order in permutations(facts):
        progress = folded(filed(), *order).progress
        assert progress is not None
        assert (progress.round, progress.status, progress.outcome) == (2, Status.HANDLING, None)


def test_a_rejected_case_is_at_its_end() -> None:
    """Nothing moves a rejected case in its round."""
    state = folded(rejected(), dispatched(3))
    assert status_of(state) is Status.REJECTED
    assert state.filing is not None
    assert state.filing.precision is Precision.COARSE


def test_the_state_survives_as_json() -> None:
    """The kit keeps the state as JSON: nothing is lost on the way."""
    for state in (folded(*LIFE), folded(rejected())):
        assert msgspec.json.decode(msgspec.json.encode(state), type=CaseState) == state
