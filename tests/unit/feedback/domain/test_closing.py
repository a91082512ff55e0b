"""Handled to closed: every row of feedback's column, and who may do what when."""

from typing import Any

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import HANDLER, VERIFIER, at

from civicloop_contracts import codes
from civicloop_contracts.facts import feedback, remark
from feedback.domain.case import CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import (
    HandlerMayNotVerifyError,
    HandlingUnreadError,
    NotToCallBackError,
    NotToVerifyError,
    UnknownCaseError,
)

PASSED = VerifyCase(verifier=VERIFIER, passed=True)
FAILED = VerifyCase(verifier=VERIFIER, passed=False)
SOLVED = RecordSatisfaction(solved=True, satisfied=True)
UNSOLVED = RecordSatisfaction(solved=False, satisfied=None)
DAY = 24.0


def kinds(bench: Bench) -> list[type[Any]]:
    """Return what the room has written, as types."""
    return [type(fact) for fact in bench.facts]


def close(bench: Bench, hours: float) -> None:
    """Verify, and let the reporter say that it is solved."""
    bench.order(PASSED, hours)
    bench.order(SOLVED, hours)


def handle_again(bench: Bench, story: Story, hours: float) -> None:
    """Let the router say once more that it is handled."""
    bench.tell(story.handled(hours, round_no=bench.state.round))


@pytest.mark.choreography("feedback", "CaseHandled", "VerificationRequested")
def test_handled_asks_for_a_verification(bench: Bench, story: Story) -> None:
    """A solved handling alone asks for a verification within the period that was set."""
    [fact] = bench.tell(story.handled(4))
    assert isinstance(fact, feedback.VerificationRequested)
    assert fact.verify_by == at(4 + 2 * DAY)
    assert bench.state.state is CaseState.TO_VERIFY


@pytest.mark.parametrize("outcome", [codes.Outcome.WITHDRAWN, codes.Outcome.MERGED])
def test_what_was_not_worked_on_is_closed_at_once(
    bench: Bench, story: Story, outcome: codes.Outcome
) -> None:
    """Withdrawn and merged cases end with that outcome, unverified."""
    [fact] = bench.tell(story.filed(), story.handled(4, outcome))
    assert isinstance(fact, feedback.CaseClosed)
    assert (fact.outcome, fact.round, fact.occurred_at) == (outcome, 1, at(4))


def test_a_second_end_of_handling_is_remarked(handled_bench: Bench, story: Story) -> None:
    """While a verification is under way another CaseHandled changes nothing."""
    [fact] = handled_bench.tell(story.handled(5))
    assert isinstance(fact, remark.Remarked)
    assert fact.code is codes.RemarkCode.NOT_APPLICABLE
    assert handled_bench.state.handled is not None
    assert handled_bench.state.handled.at == at(4)


def test_an_end_of_handling_after_the_end_is_remarked(handled_bench: Bench, story: Story) -> None:
    """A closed case takes no CaseHandled."""
    close(handled_bench, 5)
    [fact] = handled_bench.tell(story.handled(6))
    assert isinstance(fact, remark.Remarked)
    assert fact.code is codes.RemarkCode.CASE_ENDED


@pytest.mark.choreography("feedback", "CaseVerified")
def test_a_passed_verification_calls_the_reporter_back(handled_bench: Bench) -> None:
    """Passed: CaseVerified, and the reporter has the window that was set."""
    reply = handled_bench.order(PASSED, 5)
    fact = handled_bench.facts[-1]
    assert isinstance(fact, feedback.CaseVerified)
    assert fact.verifier == VERIFIER
    assert reply["state"] == "to_call_back"
    assert handled_bench.state.call_back_until == at(5 + 3 * DAY)


@pytest.mark.choreography("feedback", "ReworkRequested")
def test_a_failed_verification_sends_required_tasks_back(bench: Bench, story: Story) -> None:
    """Not passed: the required tasks, and only they, are done again."""
    bench.tell(story.filed(), story.dispatched(), story.assisting(), story.completed())
    bench.tell(story.handled())
    bench.order(FAILED, 5)
    fact = bench.facts[-1]
    assert isinstance(fact, feedback.ReworkRequested)
    assert fact.tasks == (1,)
    assert fact.reason is codes.ReworkReason.VERIFICATION_FAILED
    assert bench.state.state is CaseState.OPEN
    assert bench.state.handled is None


@pytest.mark.parametrize("role", ["acknowledged", "progressed", "completed"])
def test_a_handler_may_not_verify(bench: Bench, story: Story, role: str) -> None:
    """Who acknowledged, worked on or completed any task of the case does not verify it."""
    bench.tell(story.filed(), story.dispatched(), story.assisting(), story.completed())
    bench.tell(getattr(story, role)(task_no=2, handler=VERIFIER), story.handled())
    with pytest.raises(HandlerMayNotVerifyError):
        bench.order(PASSED, 5)


def test_nobody_verifies_before_the_handlers_are_known(bench: Bench, story: Story) -> None:
    """The router's word may overtake the adapter's: then the verifier could be the handler."""
    bench.tell(story.filed(), story.dispatched(), story.handled())
    with pytest.raises(HandlingUnreadError):
        bench.order(PASSED, 5)
    bench.tell(story.completed())
    with pytest.raises(HandlerMayNotVerifyError):
        bench.order(VerifyCase(verifier=HANDLER, passed=True), 5)
    assert bench.order(PASSED, 5)["passed"] is True


def test_only_a_handled_case_is_verified(bench: Bench, story: Story) -> None:
    """In every other state a verification is refused, and the refusal tells the state."""
    with pytest.raises(UnknownCaseError):
        bench.order(PASSED, 0)
    bench.tell(story.filed(), story.dispatched())
    with pytest.raises(NotToVerifyError, match="Its state is open"):
        bench.order(PASSED, 1)
    bench.tell(story.completed(), story.handled())
    bench.order(PASSED, 5)
    with pytest.raises(NotToVerifyError, match="Its state is to_call_back"):
        bench.order(PASSED, 6)


@pytest.mark.choreography("feedback", "SatisfactionRecorded", "CaseClosed")
def test_a_solved_answer_closes(handled_bench: Bench) -> None:
    """The reporter says solved: recorded, then closed as solved."""
    handled_bench.order(PASSED, 5)
    reply = handled_bench.order(SOLVED, 6)
    recorded, closed = handled_bench.facts[-2:]
    assert isinstance(recorded, feedback.SatisfactionRecorded)
    assert isinstance(closed, feedback.CaseClosed)
    assert closed.outcome is codes.Outcome.SOLVED
    assert reply["state"] == "closed"
    assert reply["outcome"] == "solved"


def test_an_unsolved_answer_sends_back(handled_bench: Bench) -> None:
    """The reporter says not solved: recorded, then done again in the same round."""
    handled_bench.order(PASSED, 5)
    handled_bench.order(UNSOLVED, 6)
    rework = handled_bench.facts[-1]
    assert isinstance(rework, feedback.ReworkRequested)
    assert rework.reason is codes.ReworkReason.NOT_SOLVED
    assert rework.round == 1
    assert handled_bench.state.reworks == 1


def test_reworked_cases_are_verified_again(handled_bench: Bench, story: Story) -> None:
    """After a rework the next CaseHandled of the same round asks for a verification again."""
    handled_bench.order(FAILED, 5)
    handle_again(handled_bench, story, 9)
    assert kinds(handled_bench)[-1] is feedback.VerificationRequested


@pytest.mark.choreography("feedback", "CaseReopened")
def test_a_late_complaint_reopens_at_most_twice(handled_bench: Bench, story: Story) -> None:
    """Not solved within 15 days of closing opens a new round; the third time it is refused."""
    for round_no in (2, 3):
        close(handled_bench, 5)
        reply = handled_bench.order(UNSOLVED, 5 + 15 * DAY)
        assert kinds(handled_bench)[-2:] == [
            feedback.SatisfactionRecorded,
            feedback.CaseReopened,
        ]
        assert reply["round"] == round_no
        assert reply["outcome"] is None
        handle_again(handled_bench, story, 6)
    close(handled_bench, 7)
    with pytest.raises(NotToCallBackError, match="as often as allowed"):
        handled_bench.order(UNSOLVED, 8)


def test_a_late_praise_is_only_recorded(handled_bench: Bench) -> None:
    """Solved, said of a closed case, is written down and moves nothing."""
    close(handled_bench, 5)
    handled_bench.order(RecordSatisfaction(solved=True, satisfied=False), 6)
    assert kinds(handled_bench)[-1] is feedback.SatisfactionRecorded
    assert handled_bench.state.state is CaseState.CLOSED
    assert handled_bench.case_row().satisfied is False


def test_an_answer_comes_too_late(handled_bench: Bench) -> None:
    """After 15 days, or of a withdrawn case, no answer is taken and no fact is written."""
    close(handled_bench, 5)
    before = list(handled_bench.facts)
    with pytest.raises(NotToCallBackError, match="Its state is closed"):
        handled_bench.order(SOLVED, 5.1 + 15 * DAY)
    assert handled_bench.facts == before


def test_a_withdrawn_case_takes_no_answer(bench: Bench, story: Story) -> None:
    """Only what was closed as solved can be reopened by its reporter."""
    bench.tell(story.filed(), story.handled(4, codes.Outcome.WITHDRAWN))
    with pytest.raises(NotToCallBackError):
        bench.order(UNSOLVED, 5)


def test_an_open_or_unknown_case_takes_no_answer(bench: Bench, story: Story) -> None:
    """Nobody is asked before the verification."""
    with pytest.raises(UnknownCaseError):
        bench.order(SOLVED, 0)
    bench.tell(story.filed())
    with pytest.raises(NotToCallBackError, match="Its state is open"):
        bench.order(SOLVED, 1)
