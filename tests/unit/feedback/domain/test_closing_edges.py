"""Closing at the edges: counts beyond one, and the limits themselves."""

from datetime import timedelta

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import POLICY, VERIFIER

from civicloop_contracts import codes
from civicloop_contracts.facts.feedback import VerificationRequested
from feedback.domain.closing import MAX_REOPENINGS, REOPEN_WITHIN, next_timer, pass_time
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import NotToCallBackError

FAILED = VerifyCase(verifier=VERIFIER, passed=False)


def test_every_rework_counts(handled_bench: Bench, story: Story) -> None:
    """Three failed verifications are three reworks."""
    for count in (1, 2, 3):
        handled_bench.order(FAILED, 4 + count)
        assert handled_bench.state.reworks == count
        assert handled_bench.case_row().reworks == count
        handled_bench.tell(story.handled(4 + count))


def test_a_closed_case_may_come_back_within_these_limits() -> None:
    """Within fifteen days, at most twice."""
    assert (timedelta(days=15), 2) == (REOPEN_WITHIN, MAX_REOPENINGS)


def test_each_reminder_to_verify_is_a_remark(handled_bench: Bench) -> None:
    """The read model counts them."""
    for count in (1, 2):
        handled_bench.wait(4 + 48 * count)
        assert handled_bench.case_row().remarks == count


@pytest.mark.parametrize("outcome", [codes.Outcome.WITHDRAWN, codes.Outcome.MERGED])
def test_only_what_was_solved_takes_a_late_answer(
    bench: Bench, story: Story, outcome: codes.Outcome
) -> None:
    """Whose case was withdrawn or merged is not asked."""
    bench.tell(story.filed(), story.handled(4, outcome))
    with pytest.raises(NotToCallBackError):
        bench.order(RecordSatisfaction(solved=True, satisfied=None), 5)


def test_a_round_that_the_router_counts_further_is_taken(bench: Bench, story: Story) -> None:
    """A handling is news from our round on."""
    [fact] = bench.tell(story.filed(), story.handled(4, round_no=2))
    assert isinstance(fact, VerificationRequested)


def test_nothing_follows_from_the_time_before_it_has_come(
    handled_bench: Bench,
) -> None:
    """Asked too early, the case says nothing; at its time it does."""
    due_at = next_timer(handled_bench.state)
    assert due_at is not None
    assert pass_time(handled_bench.state, due_at - timedelta(seconds=1), POLICY) == ()
    assert len(pass_time(handled_bench.state, due_at, POLICY)) == 1
