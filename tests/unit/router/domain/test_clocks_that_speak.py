"""The table of timers in the protocol, row by row: fired once, moved by nothing but its rule."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    STREET,
    STREET_GOVERNMENT,
    FileCase,
    Router,
    T,
    asked,
    done,
    names,
    only,
    told,
)

from router.domain.codes import (
    ClockKind,
    DecidedBy,
    EscalationReason,
    ReassignReason,
    RequestKind,
)
from router.domain.commands import PassTime
from router.domain.decided import (
    CaseEscalated,
    ClockResumed,
    DisputeSettled,
    ReminderIssued,
    TaskDispatched,
)
from router.domain.facts import ReportAttached, TaskAcknowledged, TaskDelivered, TaskProgressed
from router.domain.parts import ExternalClock
from router.domain.territory import Tier
from router.domain.timers import timers

SECOND = timedelta(seconds=1)
# Monday 10:00: four and sixteen working hours, a quarter of them left.
REMIND_RESPONSE, RESPONSE = T + timedelta(hours=5), T + timedelta(hours=6)
REMIND_RESOLUTION, RESOLUTION = T + timedelta(days=1, hours=6), T + timedelta(days=2)
MUCH_LATER = T + timedelta(days=40)


def test_before_the_response_limit_the_department_is_reminded_once(alone: Router) -> None:
    """Router task dispatched: response limit → ReminderIssued before."""
    assert alone.wait_until(REMIND_RESPONSE - SECOND) == []
    assert alone.wait_until(REMIND_RESPONSE) == [
        ReminderIssued(
            occurred_at=REMIND_RESPONSE,
            task=LEAD,
            department=STREET_GOVERNMENT,
            clock=ClockKind.RESPONSE,
            due_at=RESPONSE,
        )
    ]
    assert alone.wait_until(RESPONSE - SECOND) == []


def test_after_the_response_limit_the_case_climbs_once(alone: Router) -> None:
    """Router task dispatched: response limit → CaseEscalated after."""
    alone.wait_until(RESPONSE - SECOND)
    assert alone.wait_until(RESPONSE) == [
        CaseEscalated(
            occurred_at=RESPONSE,
            tier=Tier.DISTRICT,
            reason=EscalationReason.OVERDUE,
            task=LEAD,
            due_at=RESPONSE,
        )
    ]
    assert alone.case.tier is Tier.DISTRICT
    assert alone.wait_until(REMIND_RESOLUTION - SECOND) == []


def test_before_the_resolution_limit_the_department_is_reminded_once(alone: Router) -> None:
    """Router task acknowledged: resolution limit → ReminderIssued before."""
    alone.read(told(TaskAcknowledged))
    assert alone.wait_until(REMIND_RESOLUTION - SECOND) == []
    reminder = only(ReminderIssued, alone.wait_until(REMIND_RESOLUTION))
    assert (reminder.clock, reminder.due_at) == (ClockKind.RESOLUTION, RESOLUTION)
    assert alone.wait_until(RESOLUTION - SECOND) == []


def test_after_the_resolution_limit_the_case_climbs_once(alone: Router) -> None:
    """Router task acknowledged: resolution limit → CaseEscalated after, and never again."""
    alone.read(told(TaskAcknowledged))
    alone.wait_until(RESOLUTION - SECOND)
    escalated = only(CaseEscalated, alone.wait_until(RESOLUTION))
    assert (escalated.tier, escalated.task, escalated.due_at) == (Tier.DISTRICT, LEAD, RESOLUTION)
    clocks = alone.task().clocks
    assert [clock.passed for clock in (clocks.response, clocks.resolution) if clock] == [
        False,
        True,
    ]
    assert alone.wait_until(MUCH_LATER) == []


def test_at_the_end_of_a_suspension_the_clock_runs_again(alone: Router) -> None:
    """Router task suspended: review_at → ClockResumed, with what was left; nothing else speaks."""
    alone.now = T + timedelta(hours=1)
    request = asked(RequestKind.SUSPENSION, review_in=timedelta(days=30))
    alone.read(request)
    alone.answer(request, approved=True)
    assert alone.wait_until(T + timedelta(days=30) - SECOND) == []
    resumed = only(ClockResumed, alone.wait_until(T + timedelta(days=30)))
    assert resumed.clock.due_at == T + timedelta(days=30) + (RESOLUTION - T - timedelta(hours=1))
    assert names(alone.wait_until(MUCH_LATER)) == ["ReminderIssued", "CaseEscalated"]


def test_at_settle_by_the_dispute_ends_by_rule(unowned: Router) -> None:
    """Router task disputed: settle_by → the default lead of the next tier, whose limits begin."""
    assert unowned.wait_until(T + timedelta(days=2) - SECOND) == []
    escalated, settled, given = unowned.wait_until(T + timedelta(days=2))
    assert isinstance(escalated, CaseEscalated)
    assert (escalated.tier, escalated.reason) == (Tier.DISTRICT, EscalationReason.OVERDUE)
    assert isinstance(settled, DisputeSettled)
    assert (settled.decided_by, settled.lead) == (DecidedBy.RULE, "district-410105")
    assert isinstance(given, TaskDispatched)
    assert (given.task, given.department, given.return_until) == (LEAD, "district-410105", None)
    assert given.tier is Tier.DISTRICT
    assert unowned.task().came_by is ReassignReason.SETTLED


@pytest.mark.race("escalation and handling")
def test_a_handled_case_does_not_climb(busy: Router) -> None:
    """Handled first: nothing is due any more. Due first: it climbed, and is handled after."""
    busy.solve()
    busy.now = MUCH_LATER
    assert busy.obey(PassTime()) == []


@pytest.mark.race("escalation and handling")
def test_a_case_that_climbed_is_handled_all_the_same(alone: Router) -> None:
    """The other order: the escalation stands as a fact, the handling follows."""
    alone.read(told(TaskDelivered))
    assert "CaseEscalated" in names(alone.wait_until(MUCH_LATER))
    assert names(alone.read(done())) == ["CaseHandled"]
    assert alone.timers == ()


def test_a_service_that_was_down_reminds_of_nothing_that_has_passed(alone: Router) -> None:
    """It says what passed, once for each deadline."""
    alone.read(told(TaskDelivered))
    assert names(alone.wake_up(RESPONSE)) == ["CaseEscalated"]
    assert names(alone.wake_up(MUCH_LATER)) == ["CaseEscalated"]
    assert alone.case.tier is Tier.CITY


def test_the_city_stays_the_city(busy: Router) -> None:
    """An escalation at the top is still told."""
    busy.read_all(*(told(TaskDelivered, task) for task in (LEAD, POLICE, STREET)))
    facts = busy.wait_until(MUCH_LATER)
    escalated = [fact for fact in facts if isinstance(fact, CaseEscalated)]
    assert {fact.tier for fact in escalated} == {Tier.CITY}
    assert len(escalated) == 6


def test_comments_and_progress_move_no_clock(alone: Router) -> None:
    """Deadlines are derived from what was decided, never from the last change."""
    before = [timer for timer in alone.timers if "resolution" in timer.name]
    for minute in range(10):
        alone.read(told(TaskProgressed, minute=minute))
        alone.read(ReportAttached(occurred_at=T + timedelta(minutes=minute)))
        alone.read(told(TaskDelivered, minute=minute))
    assert [timer for timer in alone.timers if "resolution" in timer.name] == before


def test_a_restart_moves_no_clock(alone: Router) -> None:
    """The state is all there is: looking at it again, or long after, finds the same times."""
    assert timers(alone.case) == timers(alone.case)
    late = alone.wake_up(RESOLUTION)
    assert {fact.due_at for fact in late if isinstance(fact, CaseEscalated)} == {
        RESPONSE,
        RESOLUTION,
    }


def test_an_extension_rearms_both(alone: Router) -> None:
    """Reminded for the old deadline, and reminded and passed once for the new one."""
    alone.read(told(TaskAcknowledged))
    alone.read(request := asked())
    assert names(alone.wait_until(REMIND_RESOLUTION)) == ["ReminderIssued"]
    alone.answer(request, approved=True)
    new = alone.task().clocks.resolution
    assert new is not None
    # Two working days after the old deadline, Wednesday 10:00.
    assert new.due_at == T + timedelta(days=4)
    assert names(alone.wait_until(new.remind_at)) == ["ReminderIssued"]
    assert names(alone.wait_until(MUCH_LATER)) == ["CaseEscalated"]


def test_a_resumed_clock_does_not_remind_again(alone: Router) -> None:
    """The time that was left is counted on; who was reminded of it was reminded."""
    alone.read(told(TaskAcknowledged))
    assert names(alone.wait_until(REMIND_RESOLUTION)) == ["ReminderIssued"]
    request = asked(RequestKind.SUSPENSION, review_in=timedelta(days=20))
    alone.read(request)
    alone.answer(request, approved=True)
    assert names(alone.wait_until(MUCH_LATER)) == ["ClockResumed", "CaseEscalated"]


def test_a_replayed_deadline_speaks_on_the_times_of_the_file(
    router: Router, file_case: FileCase
) -> None:
    """Reminder and escalation stand at the times that the source had set."""
    due_at = T + timedelta(hours=8)
    router.read(file_case(code="06001", clock=ExternalClock(due_at=due_at), replayed=True))
    reminder, escalated = router.wait_until(MUCH_LATER)
    assert reminder.occurred_at == T + timedelta(hours=6)
    assert escalated.occurred_at == due_at


def test_nothing_is_due_before_its_time(alone: Router) -> None:
    """Asked too early, nothing is said."""
    assert alone.obey(PassTime()) == []
    assert len(alone.timers) == 4
