"""Handlers: what time alone does, and what a replay does at once."""

from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER, at

from civicloop_contracts import codes
from civicloop_contracts.facts import feedback, remark
from feedback.domain.case import CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase

PASSED = VerifyCase(verifier=VERIFIER, passed=True)
SOLVED = RecordSatisfaction(solved=True, satisfied=True)
DAY = 24.0


def test_an_overdue_verification_is_remarked_again_and_again(handled_bench: Bench) -> None:
    """Nobody looks: a remark per period, in its rhythm; the case is never closed unverified."""
    next_timer = handled_bench.room.next_timer
    for period in (1, 2, 3):
        due_at = next_timer(handled_bench.state)
        assert due_at == at(4 + 2 * DAY * period)
        [fact] = handled_bench.wait(4 + 2 * DAY * period)
        assert isinstance(fact, remark.Remarked)
        assert fact.code is codes.RemarkCode.VERIFICATION_OVERDUE
        assert fact.writer is codes.Service.FEEDBACK
    assert handled_bench.state.state is CaseState.TO_VERIFY


def test_a_long_stop_is_one_remark(handled_bench: Bench) -> None:
    """However long the process stood still, it says so once and keeps the rhythm."""
    assert len(handled_bench.wait(4 + 7 * DAY)) == 1
    assert handled_bench.room.next_timer(handled_bench.state) == at(4 + 8 * DAY)


def test_silence_closes(handled_bench: Bench) -> None:
    """A verified case whose reporter says nothing is closed as solved at the end of the window."""
    handled_bench.order(PASSED, 5)
    assert handled_bench.room.next_timer(handled_bench.state) == at(5 + 3 * DAY)
    [fact] = handled_bench.wait(5 + 3 * DAY)
    assert isinstance(fact, feedback.CaseClosed)
    assert handled_bench.room.next_timer(handled_bench.state) is None


def test_a_timer_that_is_no_longer_due_does_nothing(handled_bench: Bench) -> None:
    """A timer re-reads the state: not yet due or answered, nothing follows."""
    assert handled_bench.room.on_timer is not None
    assert handled_bench.room.on_timer(handled_bench.state, at(5)).facts == ()
    handled_bench.order(PASSED, 6)
    handled_bench.order(SOLVED, 6)
    assert handled_bench.room.on_timer(handled_bench.state, at(100 * DAY)).facts == ()


def test_a_replay_is_settled_at_once(bench: Bench, replayed: Story) -> None:
    """A solved handling of an imported history is verified and closed when it happened."""
    facts = bench.tell(replayed.filed(), replayed.handled(4))
    steps: list[type] = [
        feedback.VerificationRequested,
        feedback.CaseVerified,
        feedback.CaseClosed,
    ]
    assert [type(fact) for fact in facts] == steps
    assert {fact.occurred_at for fact in facts} == {at(4)}
    assert isinstance(facts[1], feedback.CaseVerified)
    assert facts[1].verifier == "feedfeedfeedfeed"
    assert all(fact.replay == replayed.replay for fact in facts)
    assert bench.case_row().closed_at == at(4)
