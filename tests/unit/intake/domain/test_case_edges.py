"""A case at the edges: facts that come twice, and reporters who come back."""

from dataclasses import replace
from uuid import UUID

import pytest
from tests.unit.intake.domain.test_case import (
    at,
    closed,
    dispatched,
    filed,
    folded,
    rejected,
    status_of,
)

from intake.domain.case import changed, evolve
from intake.domain.facts import CaseReopened, ReportAttached, ReportWithdrawn
from intake.domain.model import Channel, Outcome, Status, WithdrawReason


def test_of_one_attempt_the_first_lead_read_stands() -> None:
    """A repeat under another name changes nothing that the public was told."""
    lead = folded(filed(), dispatched(1, lead="water"), dispatched(2, lead="power")).lead
    assert lead is not None
    assert lead.department == "water"


def test_of_one_round_the_first_end_read_stands() -> None:
    """Two ends at one time do not replace each other."""
    twice = (closed(9), closed(9, outcome=Outcome.WITHDRAWN))
    progress = folded(filed(), *twice).progress
    assert progress is not None
    assert progress.outcome is Outcome.SOLVED


def test_each_round_has_one_end() -> None:
    """In whatever order the ends of rounds are read, and however often."""
    first, second = closed(9), closed(19, round_=2)
    for order in ((first, second), (second, first)):
        ends = folded(filed(), *order, *order).ends
        assert sorted(end.round for end in ends) == [1, 2]


def test_what_was_rejected_stays_rejected() -> None:
    """An end of the same case that is read later says nothing, however early it was."""
    assert status_of(folded(rejected(), closed(-5))) is Status.REJECTED
    assert status_of(folded(closed(-5), rejected())) is Status.REJECTED


def attached(report_id: UUID) -> ReportAttached:
    """Return that a report joins the case."""
    return ReportAttached(
        report_id=report_id, channel=Channel.SNAP, reachable=True, occurred_at=at(4)
    )


def test_who_left_last_is_known_until_they_come_back() -> None:
    """Another report that joins meanwhile changes nothing of it."""
    who, other = UUID(int=1), UUID(int=2)
    left = folded(
        filed(),
        ReportWithdrawn(report_id=who, reason=WithdrawReason.BY_REPORTER, occurred_at=at(3)),
    )
    assert left.last_left == who
    assert evolve(left, attached(other)).last_left == who
    assert evolve(left, attached(who)).last_left is None


@pytest.mark.parametrize(
    ("reason", "since"), [(WithdrawReason.BY_REPORTER, 1), (WithdrawReason.UNMERGED, 2)]
)
def test_who_was_elsewhere_hears_only_of_what_follows(reason: WithdrawReason, since: int) -> None:
    """Who only withdrew has been here all the time."""
    who = UUID(int=1)
    left = ReportWithdrawn(report_id=who, reason=reason, occurred_at=at(3))
    reopened = CaseReopened(round=2, occurred_at=at(12))
    [report] = folded(filed(), left, closed(9), reopened, attached(who)).reports
    assert report.since_round == since


def test_a_report_is_changed_whoever_wrote_its_id() -> None:
    """The others stay as they are."""
    state = folded(filed(), attached(UUID(int=2)), attached(UUID(int=3)))
    change = replace(state.reports[1], report_id=UUID(int=2), supplements=4)
    assert [report.supplements for report in changed(state, change).reports] == [0, 4, 0]
