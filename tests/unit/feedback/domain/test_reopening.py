"""A closed case is begun again by order: the same limits as for its reporter's word."""

from typing import Any

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER

from civicloop_contracts import codes
from civicloop_contracts.facts import feedback
from feedback.domain.commands import RecordSatisfaction, ReopenCase, VerifyCase
from feedback.domain.errors import NotToReopenError, UnknownCaseError

DAY = 24.0


def close(bench: Bench, hours: float) -> None:
    """Verify, and let the reporter say that it is solved."""
    bench.order(VerifyCase(verifier=VERIFIER, passed=True), hours)
    bench.order(RecordSatisfaction(solved=True, satisfied=True), hours)


def test_a_closed_case_starts_its_next_round(handled_bench: Bench) -> None:
    """One fact, and no answer of a reporter who was not asked; the last moment counts."""
    close(handled_bench, 5)
    before = len(handled_bench.facts)
    reply = handled_bench.order(ReopenCase(), 5 + 15 * DAY)
    [fact] = handled_bench.facts[before:]
    assert isinstance(fact, feedback.CaseReopened)
    assert fact.round == 2
    expected: dict[str, Any] = {"state": "open", "round": 2, "outcome": None}
    assert expected.items() <= reply.items()
    row = handled_bench.case_row()
    assert (row.reopenings, row.solved, row.closed_at) == (1, True, None)


def test_nobody_reopens_a_third_time(handled_bench: Bench, story: Story) -> None:
    """Whoever asked for the two before."""
    close(handled_bench, 5)
    handled_bench.order(RecordSatisfaction(solved=False, satisfied=None), 6)
    handled_bench.tell(story.handled(7, round_no=2))
    close(handled_bench, 8)
    handled_bench.order(ReopenCase(), 9)
    handled_bench.tell(story.handled(10, round_no=3))
    close(handled_bench, 11)
    with pytest.raises(NotToReopenError, match="at most twice"):
        handled_bench.order(ReopenCase(), 12)


def test_a_case_that_closed_long_ago_stays_closed(handled_bench: Bench) -> None:
    """After fifteen days it is a new report, and no fact is written."""
    close(handled_bench, 5)
    before = list(handled_bench.facts)
    with pytest.raises(NotToReopenError):
        handled_bench.order(ReopenCase(), 5.1 + 15 * DAY)
    assert handled_bench.facts == before


def test_a_withdrawn_case_is_not_reopened(bench: Bench, story: Story) -> None:
    """Nobody reports it any more."""
    bench.tell(story.filed(), story.handled(4, codes.Outcome.WITHDRAWN))
    with pytest.raises(NotToReopenError):
        bench.order(ReopenCase(), 5)


def test_what_is_not_closed_is_not_reopened(handled_bench: Bench) -> None:
    """While somebody has to verify or to answer, they can send it back themselves."""
    with pytest.raises(NotToReopenError, match="Its state is to_verify"):
        handled_bench.order(ReopenCase(), 5)
    handled_bench.order(VerifyCase(verifier=VERIFIER, passed=True), 5)
    with pytest.raises(NotToReopenError, match="Its state is to_call_back"):
        handled_bench.order(ReopenCase(), 6)


def test_an_unknown_case_is_not_reopened(bench: Bench) -> None:
    """Nothing was ever read about it."""
    with pytest.raises(UnknownCaseError):
        bench.order(ReopenCase(), 0)
