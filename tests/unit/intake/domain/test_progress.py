"""How far a case is: reworks lead back, new rounds begin anew, whatever is read first."""

from collections.abc import Callable
from itertools import permutations

import pytest
from tests.unit.intake.domain.test_case import CASE_ID, Fact, at, closed, dispatched, filed

from intake.domain.case import evolve
from intake.domain.facts import (
    CaseHandled,
    CaseReopened,
    CaseVerified,
    DisputeOpened,
    DisputeSettled,
    ReworkRequested,
    TaskReassigned,
    VerificationRequested,
)
from intake.domain.model import Outcome, Status
from intake.domain.state import CaseState, Progress, new_case


def handled(minutes: int, round_: int = 1, outcome: Outcome = Outcome.SOLVED) -> CaseHandled:
    """Return the end of the work."""
    return CaseHandled(round=round_, outcome=outcome, occurred_at=at(minutes))


def reassigned(
    minutes: int, *, round_: int = 1, attempt: int = 2, lead: str | None = "power"
) -> TaskReassigned:
    """Return a next attempt."""
    return TaskReassigned(round=round_, attempt=attempt, lead=lead, occurred_at=at(minutes))


def checked(minutes: int, round_: int = 1) -> VerificationRequested:
    """Return a verification under way."""
    return VerificationRequested(round=round_, occurred_at=at(minutes))


def verified(minutes: int, round_: int = 1) -> CaseVerified:
    """Return a verified case."""
    return CaseVerified(round=round_, occurred_at=at(minutes))


def reworked(minutes: int, round_: int = 1) -> ReworkRequested:
    """Return a rework."""
    return ReworkRequested(round=round_, occurred_at=at(minutes))


def reopened(minutes: int, round_: int = 2) -> CaseReopened:
    """Return a new round."""
    return CaseReopened(round=round_, occurred_at=at(minutes))


def folded(*facts: Fact) -> CaseState:
    """Return a filed case after these facts."""
    state = evolve(new_case(CASE_ID), filed())
    for fact in facts:
        state = evolve(state, fact)
    return state


def progress_of(*facts: Fact) -> Progress:
    """Return how far that is."""
    progress = folded(*facts).progress
    assert progress is not None
    return progress


@pytest.mark.choreography("intake", "ReworkRequested")
@pytest.mark.parametrize("last", [checked(2), verified(3)])
def test_a_rework_leads_back_to_handling(last: Fact) -> None:
    """From a failed verification, and from "not solved" in a call-back."""
    facts = (handled(1), checked(2), *((last,) if isinstance(last, CaseVerified) else ()))
    assert progress_of(*facts).status is not Status.HANDLING
    back = progress_of(*facts, reworked(5))
    assert (back.status, back.lap, back.since) == (Status.HANDLING, 2, at(5))


def test_each_lap_goes_the_whole_way() -> None:
    """Handled, checked, back; handled, checked, verified."""
    facts: list[Fact] = []
    seen = []
    for fact in (
        *(handled(1), checked(2), reworked(3)),
        *(reassigned(4), handled(5), checked(6), reworked(7)),
        *(reassigned(8, attempt=3), handled(9), checked(10), verified(11), closed(12)),
    ):
        facts.append(fact)
        seen.append(progress_of(*facts).status)
    handling, verifying = Status.HANDLING, Status.VERIFYING
    assert seen == [
        *(verifying, verifying, handling),
        *(handling, verifying, verifying, handling),
        *(handling, verifying, verifying, Status.CALLING_BACK, Status.CLOSED),
    ]


ROUTER = (dispatched(1), handled(2), reassigned(4), handled(5))
FEEDBACK = (checked(2), reworked(3), checked(6), verified(7))


@pytest.mark.parametrize("count", range(len(FEEDBACK) + 1))
def test_a_rework_is_told_alike_in_every_order_of_the_sources(count: int) -> None:
    """Of every beginning of what feedback tells, before and after what the router tells."""
    known = FEEDBACK[:count]
    assert folded(*ROUTER, *known) == folded(*known, *ROUTER)


def test_a_late_end_of_work_does_not_undo_a_rework() -> None:
    """The router's first word is read after feedback's second one."""
    assert progress_of(checked(2), reworked(3), handled(1)).status is Status.HANDLING


def test_a_second_end_of_work_says_that_there_was_a_rework() -> None:
    """Feedback's word of it is read later, and changes nothing any more."""
    facts = (handled(1), reassigned(4), handled(5))
    assert progress_of(*facts).status is Status.VERIFYING
    assert progress_of(*facts, checked(2), reworked(3)) == progress_of(*facts)


@pytest.mark.choreography("intake", "TaskReassigned")
def test_a_next_attempt_is_handling_with_its_lead() -> None:
    """Before the work is done it stays in the lap; after it the next one has begun."""
    state = folded(dispatched(1), reassigned(3))
    assert state.progress is not None
    assert (state.progress.status, state.progress.lap) == (Status.HANDLING, 1)
    assert state.lead is not None
    assert (state.lead.department, state.lead.attempt) == ("power", 2)
    assert progress_of(handled(2), reassigned(3)).lap == 2
    assert folded(dispatched(1), reassigned(3, lead=None)).lead == folded(dispatched(1)).lead


@pytest.mark.choreography("intake", "CaseReopened")
def test_a_reopened_case_is_handled_in_its_new_round() -> None:
    """Whatever it was, and in whatever order that is read."""
    facts: tuple[Fact, ...] = (closed(9), reopened(20), reassigned(21, round_=2))
    for order in permutations(facts):
        progress = progress_of(handled(2), *order)
        assert (progress.round, progress.status, progress.outcome) == (2, Status.HANDLING, None)
        assert (progress.lap, progress.since) == (1, at(20))


def test_laps_are_counted_anew_in_each_round() -> None:
    """A rework of the first round does not hold the second one back."""
    first: tuple[Fact, ...] = (
        handled(1),
        checked(2),
        reworked(3),
        handled(4),
        checked(5),
        closed(6),
    )
    second: tuple[Fact, ...] = (reopened(7), reassigned(8, round_=2), handled(9, 2), checked(10, 2))
    assert progress_of(*first, *second).status is Status.VERIFYING
    assert progress_of(*first, *second, verified(11, 2)).status is Status.CALLING_BACK
    again = progress_of(*first, *second, reworked(11, 2))
    assert (again.status, again.lap) == (Status.HANDLING, 2)


def test_a_word_of_an_older_round_counts_nothing() -> None:
    """It comes late, by a fault; the newer round goes on."""
    facts: tuple[Fact, ...] = (reopened(7), handled(9, 2), handled(8, 1))
    assert folded(*facts).handled == folded(*facts[:2]).handled
    assert progress_of(*facts).round == 2


@pytest.mark.choreography("intake", "DisputeSettled")
@pytest.mark.parametrize("word", [DisputeOpened, DisputeSettled])
def test_a_dispute_and_its_end_mean_handling(
    word: Callable[..., DisputeOpened | DisputeSettled],
) -> None:
    """They touch nothing that is further, and not its time."""
    dispute = word(occurred_at=at(1))
    assert progress_of(dispute).status is Status.HANDLING
    for further in (handled(2), closed(9), reopened(20)):
        assert progress_of(further, dispute) == progress_of(further)


def test_of_two_equal_steps_the_earlier_one_stands() -> None:
    """So that it is told alike in every order."""
    late, early = closed(9), closed(8)
    for order in ((late, early), (early, late)):
        assert progress_of(*order).since == at(8)


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.MERGED])
def test_work_that_was_called_off_is_handling_until_it_is_closed(outcome: Outcome) -> None:
    """There is nothing to verify."""
    assert progress_of(handled(4, outcome=outcome)).status is Status.HANDLING


def test_a_case_that_is_not_filed_yet_moves_too() -> None:
    """Its own filing may be known last: a word of work is one of its first round."""
    state = evolve(new_case(CASE_ID), DisputeOpened(occurred_at=at(3)))
    assert state.progress == Progress(round=1, status=Status.HANDLING, since=at(3))
    assert state.round == 1
