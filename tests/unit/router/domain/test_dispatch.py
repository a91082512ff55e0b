"""Planning the tasks of a case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from router.domain.codes import DisputeGround, TaskRole
from router.domain.dispatch import Plan, PlannedTask, plan_tasks
from router.domain.errors import CalendarYearMissingError
from router.domain.facts import CaseFiled
from router.domain.parts import ExternalClock, Precision
from router.domain.rulebook import Rulebook
from router.domain.territory import Tier

FileCase = Callable[..., CaseFiled]


def departments(plan: Plan) -> list[str]:
    """Return who got a task."""
    return [task.department for task in plan.tasks]


def test_the_lead_has_task_1_and_the_others_assist(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Roles, numbers and what is required come from the duty."""
    plan = plan_tasks(file_case(), rules, now)
    assert plan.tasks == (
        PlannedTask(task_no=1, department="water", role=TaskRole.LEAD, required=True),
        PlannedTask(task_no=2, department="traffic-police", role=TaskRole.ASSIST, required=True),
        PlannedTask(
            task_no=3, department="subdistrict-410105001", role=TaskRole.ASSIST, required=False
        ),
    )
    assert plan.dispute is None
    assert plan.tier is Tier.CITY


def test_limits_follow_the_filing_condition(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """A missing cover has two urgent hours, a loose one two working days."""
    missing = plan_tasks(file_case(condition="missing"), rules, now).clocks
    assert missing.response_due_at == now + timedelta(hours=1)
    assert missing.resolution_due_at == now + timedelta(hours=2)
    loose = plan_tasks(file_case(condition="loose"), rules, now).clocks
    assert loose.response_due_at == now + timedelta(hours=6)
    assert loose.resolution_due_at == now + timedelta(days=2)
    assert not loose.provisional


def test_the_condition_that_counts_is_told(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Without a condition, the default's code stands in the plan."""
    assert plan_tasks(file_case(condition=None), rules, now).terms.matter.condition == "loose"


def test_the_return_window_starts_with_the_dispatch(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Four working hours from Monday 10:00 end at 16:00."""
    assert plan_tasks(file_case(), rules, now).return_until == now + timedelta(hours=6)


def test_versions_are_frozen_in_the_plan(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """A case keeps the policy under which it was filed."""
    plan = plan_tasks(file_case(), rules, now)
    assert (plan.terms.catalog_version, plan.terms.calendar_version) == ("c1", "test")


def test_a_limit_into_the_next_year_is_provisional(file_case: FileCase, rules: Rulebook) -> None:
    """The plan passes on that the calendar is not published."""
    new_year_eve = datetime(2026, 12, 31, 2, tzinfo=UTC)
    assert plan_tasks(file_case(condition="loose"), rules, new_year_eve).clocks.provisional


def test_an_external_deadline_bypasses_catalog_and_calendar(
    file_case: FileCase, rules: Rulebook
) -> None:
    """Neither an unknown matter nor a year without a calendar matters to it."""
    long_ago = datetime(2015, 7, 1, tzinfo=UTC)
    due_at = long_ago + timedelta(days=3)
    filed = file_case(
        code="99999", lead="boston-parks", clock=ExternalClock(due_at=due_at), replayed=True
    )
    plan = plan_tasks(filed, rules, long_ago)
    assert plan.clocks.resolution_due_at == due_at
    assert plan.clocks.response_due_at is None
    assert plan.terms.matter == filed.matter


def test_an_empty_external_deadline_is_no_clock(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """The catalog's limit does not step in."""
    clocks = plan_tasks(file_case(clock=ExternalClock(due_at=None)), rules, now).clocks
    assert clocks.resolution_due_at is None
    assert clocks.response_due_at is None


def test_the_lead_that_a_source_system_named_leads(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Whoever our duties name instead; those who assist still do."""
    plan = plan_tasks(file_case(lead="traffic-police"), rules, now)
    assert departments(plan) == ["traffic-police", "subdistrict-410105001"]


def test_a_lead_from_elsewhere_needs_no_place_of_ours(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """An imported case keeps its department although its place is not in the territory."""
    plan = plan_tasks(file_case(lead="boston-parks", division="250250"), rules, now)
    assert departments(plan) == ["boston-parks"]
    assert plan.tier is Tier.DISTRICT


def test_a_matter_without_an_entry_has_the_unlisted_limit(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """It is never without a clock in silence."""
    plan = plan_tasks(file_case(code="99999", lead="water"), rules, now)
    assert plan.terms.matter.condition == "unlisted"
    assert plan.clocks.resolution_due_at == now + timedelta(days=2)


@pytest.mark.parametrize(
    "what",
    [{"code": "09001"}, {"code": "99999"}, {"division": "250250"}],
    ids=["no duty", "no entry", "outside the territory"],
)
def test_without_anybody_responsible_task_1_is_born_disputed(
    what: dict[str, str], file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """A joint conference has to name the lead, within its limit."""
    plan = plan_tasks(file_case(**what), rules, now)
    assert plan.tasks == ()
    assert plan.dispute is not None
    assert plan.dispute.ground is DisputeGround.NO_DUTY
    assert plan.dispute.settle_by == now + timedelta(days=2)
    assert plan.tier is Tier.SUBDISTRICT


def test_a_replayed_case_is_not_returnable(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Nobody is there to return it."""
    assert plan_tasks(file_case(replayed=True), rules, now).return_until is None


def test_a_dispute_over_an_old_case_needs_no_calendar(file_case: FileCase, rules: Rulebook) -> None:
    """An imported case without a department does not stop on a missing year."""
    long_ago = datetime(2015, 7, 1, tzinfo=UTC)
    filed = file_case(division="250250", clock=ExternalClock(due_at=None), replayed=True)
    plan = plan_tasks(filed, rules, long_ago)
    assert plan.dispute is not None
    assert plan.dispute.settle_by == long_ago + timedelta(days=2)


def test_an_own_limit_in_a_past_year_without_calendar_is_an_error(
    file_case: FileCase, rules: Rulebook
) -> None:
    """It is not guessed."""
    with pytest.raises(CalendarYearMissingError):
        plan_tasks(file_case(condition="loose"), rules, datetime(2020, 7, 1, tzinfo=UTC))


def test_the_point_of_premises_is_not_passed_on(
    file_case: FileCase, rules: Rulebook, now: datetime
) -> None:
    """Facts tell no more than the matter's class allows; the H3 cell stays."""
    filed = file_case(code="06001")
    filed = replace(filed, place=replace(filed.place, h3_cell="8831aa5a51fffff"))
    place = plan_tasks(filed, rules, now).terms.place
    assert (place.precision, place.latitude, place.longitude) == (Precision.COARSE, None, None)
    assert place.h3_cell == "8831aa5a51fffff"
    assert plan_tasks(file_case(), rules, now).terms.place.latitude == 34.75
