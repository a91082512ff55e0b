"""Urgency: a case that many people report is a major one."""

from dataclasses import replace

from tests.unit.router.domain.story import FileCase, Router, T, attempt, done, names, only, rework

from router.domain.codes import EscalationReason
from router.domain.decided import CaseEscalated
from router.domain.facts import ReportAttached, ReportWithdrawn
from router.domain.territory import Tier

JOINS, LEAVES = ReportAttached(occurred_at=T), ReportWithdrawn(occurred_at=T)


def test_enough_reporters_make_a_case_a_major_one(alone: Router) -> None:
    """It climbs a tier, as a whole; here three are enough, the first one included."""
    assert alone.read(JOINS) == []
    assert alone.read(JOINS) == [
        CaseEscalated(occurred_at=T, tier=Tier.DISTRICT, reason=EscalationReason.MAJOR)
    ]


def test_a_case_becomes_a_major_one_once(alone: Router) -> None:
    """However many come, and whoever leaves and comes back."""
    alone.read_all(JOINS, JOINS)
    assert alone.read_all(JOINS, LEAVES, LEAVES, JOINS, JOINS) == []


def test_who_left_is_not_counted(alone: Router) -> None:
    """Only those who still report it make it a major one."""
    assert alone.read_all(JOINS, LEAVES, JOINS) == []
    assert names(alone.read(JOINS)) == ["CaseEscalated"]


def test_a_handled_case_does_not_climb_for_its_reporters(alone: Router) -> None:
    """Until it is taken back."""
    alone.read(done())
    assert alone.read_all(JOINS, JOINS) == []
    assert names(alone.read(rework(1))) == ["TaskReassigned", "CaseEscalated"]
    assert names(alone.read(done(attempt(2)))) == ["CaseHandled"]


def test_reporters_of_a_case_that_is_not_filed_make_nothing_major(
    router: Router, file_case: FileCase
) -> None:
    """They are counted when it is."""
    assert router.read_all(JOINS, JOINS, JOINS) == []
    facts = router.read(file_case(code="06001"))
    assert only(CaseEscalated, facts).reason is EscalationReason.MAJOR


def test_an_own_escalation_for_another_reason_does_not_count(alone: Router) -> None:
    """Overdue and major are two things."""
    alone.case = replace(alone.case, tier=Tier.GRID)
    alone.wait_until(T.replace(month=12))
    assert not alone.case.major
    assert names(alone.read_all(JOINS, JOINS)) == ["CaseEscalated"]
