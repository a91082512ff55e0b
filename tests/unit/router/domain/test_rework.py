"""Rework (返工) and reopening: a handled case comes back."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    MERGE,
    POLICE,
    STREET,
    STREET_GOVERNMENT,
    WITHDRAW,
    FileCase,
    Router,
    T,
    attempt,
    closed,
    done,
    names,
    only,
    remark,
    rework,
)

from router.domain.case import CaseStatus
from router.domain.codes import EscalationReason, Outcome, ReassignReason, RemarkCode
from router.domain.decided import CaseEscalated, CaseHandled, TaskReassigned
from router.domain.facts import CaseReopened, Fact
from router.domain.parts import ExternalClock
from router.domain.task import TaskStatus
from router.domain.territory import Tier

HOUR = timedelta(hours=1)
REOPENED = CaseReopened(occurred_at=T, round=2)


@pytest.fixture
def solved(busy: Router) -> Router:
    """A case whose required work was done, an hour ago."""
    busy.solve()
    busy.now = T + HOUR
    return busy


def test_a_rework_gives_the_failed_task_out_again(solved: Router) -> None:
    """To the same department, with limits from now, not returnable, in the same round."""
    [fact] = solved.read(rework(2))
    assert isinstance(fact, TaskReassigned)
    assert (fact.task, fact.department) == (attempt(2, POLICE), "traffic-police")
    assert (fact.replaces, fact.reason) == (POLICE.task_id, ReassignReason.REWORK)
    assert fact.clocks.resolution_due_at == T + 3 * HOUR
    assert (fact.return_until, fact.round) == (None, 1)
    assert solved.case.status is CaseStatus.OPEN
    assert solved.case.outcome is None
    assert solved.status(POLICE) is TaskStatus.COMPLETED


def test_the_rework_done_is_handled_again(solved: Router) -> None:
    """The tasks that were right need not be done twice."""
    solved.read(rework(1))
    assert names(solved.read(done(attempt(2)))) == ["CaseHandled"]
    assert solved.case.status is CaseStatus.HANDLED


def test_several_tasks_may_fail(solved: Router) -> None:
    """One next attempt each, in one decision."""
    facts = solved.read(rework(1, 2))
    assert names(facts) == ["TaskReassigned"] * 2
    assert solved.case.taken_back == 1


def test_help_that_failed_is_required_from_then_on(solved: Router) -> None:
    """What somebody found wrong has to be put right."""
    fact = only(TaskReassigned, solved.read(rework(3)))
    assert (fact.department, fact.required) == (STREET_GOVERNMENT, True)
    assert solved.status(STREET) is TaskStatus.CANCELLED
    assert names(solved.read(done(attempt(2, STREET)))) == ["CaseHandled"]


def test_a_rework_of_unknown_tasks_is_one_of_all(solved: Router) -> None:
    """Nobody is left with a case that waits for nothing."""
    facts = [fact for fact in solved.read(rework(9)) if isinstance(fact, TaskReassigned)]
    assert [fact.task.task_no for fact in facts] == [1, 2]


def test_a_second_rework_makes_a_third_attempt(solved: Router) -> None:
    """Attempts count on."""
    solved.read_all(rework(1), done(attempt(2)))
    assert only(TaskReassigned, solved.read(rework(1))).task == attempt(3)


def test_the_deadline_of_a_source_system_is_not_moved(router: Router, file_case: FileCase) -> None:
    """And what was said of it is not said again."""
    due_at = T + 8 * HOUR
    router.read(file_case(code="06001", clock=ExternalClock(due_at=due_at)))
    router.wait_until(due_at)
    router.read(done())
    fact = only(TaskReassigned, router.read(rework(1)))
    assert fact.clocks.resolution_due_at == due_at
    assert router.timers == ()


def test_a_reopening_climbs_and_gives_everything_required_out_again(solved: Router) -> None:
    """First the climb, then the next attempts, in a new round."""
    solved.read(closed())
    escalated, *given = solved.read(REOPENED)
    assert isinstance(escalated, CaseEscalated)
    assert (escalated.reason, escalated.task) == (EscalationReason.REOPENED, None)
    assert [fact.task for fact in given if isinstance(fact, TaskReassigned)] == [
        attempt(2),
        attempt(2, POLICE),
    ]
    assert {(fact.reason, fact.round) for fact in given if isinstance(fact, TaskReassigned)} == {
        (ReassignReason.REOPENED, 2)
    }
    assert solved.case.status is CaseStatus.OPEN


def test_a_reopened_case_climbs_one_tier(alone: Router) -> None:
    """Its next attempts say so."""
    alone.read_all(done(), closed())
    facts = alone.read(REOPENED)
    assert only(CaseEscalated, facts).tier is Tier.DISTRICT
    given = only(TaskReassigned, facts)
    assert (given.tier, given.department) == (Tier.DISTRICT, STREET_GOVERNMENT)


def test_the_new_round_ends_like_the_first(solved: Router) -> None:
    """Handled in round 2, closed in round 2."""
    solved.read_all(closed(), REOPENED)
    facts = solved.read_all(done(attempt(2)), done(attempt(2, POLICE)))
    assert only(CaseHandled, facts).round == 2
    solved.read(closed(2))
    assert solved.case.status is CaseStatus.ENDED


@pytest.mark.race("rework after the case was withdrawn")
def test_a_rework_after_a_withdrawal_is_refused(busy: Router) -> None:
    """The case has ended: a remark, and nobody works."""
    busy.read(WITHDRAW)
    assert busy.read(rework(1)) == [remark(RemarkCode.CASE_ENDED)]
    assert busy.case.status is CaseStatus.HANDLED


@pytest.mark.race("rework after the case was withdrawn")
def test_a_withdrawal_after_a_rework_ends_it(solved: Router) -> None:
    """The other order: the rework is cancelled."""
    solved.read(rework(1))
    facts = solved.read(WITHDRAW)
    assert names(facts) == ["TaskCancelled", "CaseHandled"]
    assert only(CaseHandled, facts).outcome is Outcome.WITHDRAWN
    assert solved.timers == ()


@pytest.mark.parametrize(
    "late", [rework(1), rework(1, round_no=2), rework(1, round_no=1), REOPENED], ids=str
)
def test_what_comes_after_a_merge_is_refused(late: Fact, busy: Router) -> None:
    """Whichever round it speaks of."""
    busy.read_all(MERGE, closed(outcome=Outcome.MERGED))
    assert names(busy.read(late)) == ["Remarked"]
    assert busy.timers == ()


def test_a_rework_of_another_round_is_refused(solved: Router) -> None:
    """It was asked for before the case was closed."""
    solved.read_all(closed(), REOPENED)
    assert solved.read(rework(1)) == [remark(RemarkCode.CASE_ENDED, now=solved.now)]
    assert len(solved.case.send_backs) == 1
