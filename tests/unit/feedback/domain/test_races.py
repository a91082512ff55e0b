"""Two things at once, in both orders: feedback's half of the table of races."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER, at

from civicloop_contracts import codes
from civicloop_contracts.facts import feedback
from feedback.domain.case import CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import NotToCallBackError, NotToVerifyError

FAILED = VerifyCase(verifier=VERIFIER, passed=False)
PASSED = VerifyCase(verifier=VERIFIER, passed=True)
UNSOLVED = RecordSatisfaction(solved=False, satisfied=None)


@pytest.mark.race("rework after the case was withdrawn")
def test_rework_after_the_withdrawal_is_refused(bench: Bench, story: Story) -> None:
    """Withdrawn first: neither verifier nor reporter sends it back, and no fact is written."""
    bench.tell(story.filed(), story.dispatched())
    [closed] = bench.tell(story.handled(4, codes.Outcome.WITHDRAWN))
    assert isinstance(closed, feedback.CaseClosed)
    with pytest.raises(NotToVerifyError):
        bench.order(FAILED, 5)
    with pytest.raises(NotToCallBackError):
        bench.order(UNSOLVED, 5)
    assert bench.facts == [closed]
    assert (bench.state.state, bench.state.reworks) == (CaseState.CLOSED, 0)


@pytest.mark.race("rework after the case was withdrawn")
def test_a_withdrawal_after_the_rework_ends_the_case(handled_bench: Bench, story: Story) -> None:
    """Rework first: it is asked for once; the withdrawal ends the case and with it the rework."""
    handled_bench.order(FAILED, 5)
    [closed] = handled_bench.tell(
        story.reassigned(6, department="urban-management", reason=codes.ReassignReason.REWORK),
        story.handled(7, codes.Outcome.WITHDRAWN),
    )
    assert isinstance(closed, feedback.CaseClosed)
    assert closed.outcome is codes.Outcome.WITHDRAWN
    with pytest.raises(NotToVerifyError):
        handled_bench.order(FAILED, 8)
    reworks = [f for f in handled_bench.facts if isinstance(f, feedback.ReworkRequested)]
    assert len(reworks) == handled_bench.state.reworks == 1


@pytest.mark.race("rework after the case was withdrawn")
def test_a_withdrawal_that_was_refused_leaves_rework_possible(
    handled_bench: Bench, story: Story
) -> None:
    """Solved before the withdrawal: the case goes on, and a verifier may send it back."""
    handled_bench.tell(story.withdrawal_refused(5))
    handled_bench.order(FAILED, 6)
    assert isinstance(handled_bench.facts[-1], feedback.ReworkRequested)
    assert handled_bench.case_row().withdrawals_refused == 1


@pytest.mark.race("deadline passes while suspended")
@pytest.mark.parametrize("hours", [50.0, 105.9, 106.0])
def test_a_deadline_does_not_pass_while_suspended(bench: Bench, story: Story, hours: float) -> None:
    """Suspended first: handled in the suspension or before the new deadline, it is on time."""
    bench.tell(story.filed(), story.dispatched(), story.suspended(7.9, remaining_s=360))
    if hours > 100:
        bench.tell(story.resumed(100, due=106))
    bench.tell(story.completed(hours), story.handled(hours))
    assert bench.case_row().overdue is False


@pytest.mark.race("deadline passes while suspended")
def test_what_was_left_can_be_used_up(bench: Bench, story: Story) -> None:
    """After the suspension the clock goes on, and its new end can be missed."""
    bench.tell(story.filed(), story.dispatched(), story.suspended(), story.resumed(100, due=106))
    assert bench.case_row().overdue is None
    bench.tell(story.completed(106.1), story.handled(106.1))
    assert bench.case_row().overdue is True


@pytest.mark.race("deadline passes while suspended")
def test_a_deadline_that_has_passed_is_not_taken_back(bench: Bench, story: Story) -> None:
    """The deadline first: the suspension is refused and counted, and the case is overdue."""
    bench.tell(story.filed(), story.dispatched(), story.suspension_requested(9))
    bench.tell(story.suspension_refused(9), story.completed(10), story.handled(10))
    row = bench.case_row()
    assert (row.due_at, row.overdue, bench.task_row().suspensions_refused) == (at(8), True, 1)


@pytest.mark.race("an update older than what is recorded (by occurred_at)")
@pytest.mark.parametrize("older_first", [False, True])
def test_an_older_update_is_kept_with_its_time_and_moves_nothing_back(
    bench: Bench, story: Story, older_first: bool
) -> None:
    """Whichever is read first: first sign at 1, acknowledged at 2, completed at 3."""
    bench.tell(story.filed(), story.dispatched())
    newer, older = (story.acknowledged(2), story.completed(3)), (story.progressed(1),)
    bench.tell(*older, *newer) if older_first else bench.tell(*newer, *older)
    bench.tell(story.handled(3))
    row = bench.task_row()
    assert (row.acknowledged_at, row.completed_at) == (at(2), at(3))
    assert bench.case_row().first_response_at == at(1)
    bench.tell(story.progressed(0.5), story.acknowledged(2.5), story.completed(3.5))
    assert bench.state.state is CaseState.TO_VERIFY
    row = bench.task_row()
    assert (row.acknowledged_at, row.completed_at, row.cancelled) == (at(2), at(3), False)
    assert (bench.case_row().handled_at, bench.case_row().first_response_at) == (at(3), at(0.5))


@pytest.mark.race("an update older than what is recorded (by occurred_at)")
def test_an_older_update_after_the_end_moves_no_case_back(
    handled_bench: Bench, story: Story
) -> None:
    """A closed case stays closed; what the department says of before is measured."""
    handled_bench.order(PASSED, 5)
    handled_bench.order(RecordSatisfaction(solved=True, satisfied=True), 6)
    assert handled_bench.tell(story.acknowledged(0.2)) == []
    assert handled_bench.state.state is CaseState.CLOSED
    assert handled_bench.case_row().first_response_at == at(0.2)
