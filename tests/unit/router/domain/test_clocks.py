"""Clocks: how they start, go on, are extended and resumed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.router.domain.story import FileCase, T

from router.domain.clocks import (
    NO_CLOCKS,
    Clock,
    Clocks,
    extend_clock,
    pass_on_clocks,
    restart_clocks,
    resume_clock,
    start_clocks,
)
from router.domain.dispatch import plan_tasks
from router.domain.parts import ExternalClock
from router.domain.rulebook import Rulebook
from router.domain.terms import Terms

HOUR = timedelta(hours=1)
# Thursday 10:00 in Zhengzhou; the next year's calendar is not published.
NEW_YEARS_EVE = datetime(2026, 12, 31, 2, tzinfo=UTC)


@pytest.fixture
def loose(file_case: FileCase, rules: Rulebook) -> Terms:
    """Four working hours to answer, two working days to do it."""
    return plan_tasks(file_case(condition="loose"), rules, T).terms


@pytest.fixture
def external(file_case: FileCase, rules: Rulebook) -> Terms:
    """Eight hours, set by a source system."""
    return plan_tasks(file_case(clock=ExternalClock(due_at=T + 8 * HOUR)), rules, T).terms


def test_a_clock_speaks_before_it_ends(loose: Terms, rules: Rulebook) -> None:
    """A quarter of the working time is left then."""
    clocks = start_clocks(loose, rules, T)
    assert clocks.response == Clock(due_at=T + 6 * HOUR, remind_at=T + 5 * HOUR)
    assert clocks.resolution == Clock(due_at=T + 48 * HOUR, remind_at=T + 30 * HOUR)
    assert not clocks.provisional


@pytest.mark.parametrize(
    ("start", "provisional"),
    [
        (NEW_YEARS_EVE - timedelta(days=2), False),
        (NEW_YEARS_EVE, True),
        (NEW_YEARS_EVE + 9 * HOUR, True),
    ],
)
def test_clocks_are_provisional_if_either_is(
    start: datetime, provisional: bool, loose: Terms, rules: Rulebook
) -> None:
    """One that ends next year is enough."""
    assert start_clocks(loose, rules, start).provisional is provisional


@pytest.mark.parametrize(
    ("passed_on", "before", "provisional"),
    [
        (T, False, False),
        (T, True, True),
        (NEW_YEARS_EVE + 9 * HOUR, False, True),
    ],
)
def test_who_takes_over_takes_over_what_is_provisional(
    passed_on: datetime, before: bool, provisional: bool, loose: Terms, rules: Rulebook
) -> None:
    """The old deadline, or the new response limit."""
    clocks = replace(start_clocks(loose, rules, T), provisional=before)
    new = pass_on_clocks(loose, clocks, rules, passed_on)
    assert new.provisional is provisional
    assert new.resolution == clocks.resolution
    assert new.response != clocks.response or passed_on == T


def test_a_clock_of_a_source_system_has_no_response(external: Terms, rules: Rulebook) -> None:
    """Started late it reminds later: a quarter of what was left to it."""
    clocks = start_clocks(external, rules, T + 4 * HOUR)
    assert clocks == Clocks(resolution=Clock(due_at=T + 8 * HOUR, remind_at=T + 7 * HOUR))


def test_a_clock_that_starts_after_its_end_reminds_of_nothing(
    external: Terms, rules: Rulebook
) -> None:
    """Reminder and end are one moment, in the past."""
    clock = start_clocks(external, rules, T + 9 * HOUR).resolution
    assert clock == Clock(due_at=T + 8 * HOUR, remind_at=T + 8 * HOUR)


def test_no_deadline_is_no_clock(external: Terms, rules: Rulebook) -> None:
    """Neither at the start nor for the next attempt, and nothing can be added to it."""
    none = replace(external, external_due_at=None)
    assert start_clocks(none, rules, T) == NO_CLOCKS
    assert restart_clocks(none, NO_CLOCKS, rules, T) == NO_CLOCKS
    assert extend_clock(none, Clock(due_at=T, remind_at=T), rules) is None


def test_the_next_attempt_starts_anew_or_goes_on(
    loose: Terms, external: Terms, rules: Rulebook
) -> None:
    """Limits of the catalog start; the source's deadline goes on, with what was said of it."""
    spoken = Clocks(resolution=Clock(due_at=T, remind_at=T, reminded=True, passed=True))
    assert restart_clocks(external, spoken, rules, T) == spoken
    assert restart_clocks(loose, spoken, rules, T) == start_clocks(loose, rules, T)
    assert pass_on_clocks(external, spoken, rules, T) == spoken


def test_an_extended_clock_has_said_nothing_yet(
    loose: Terms, external: Terms, rules: Rulebook
) -> None:
    """One original limit from the old end, and a reminder of its own."""
    old = Clock(due_at=T + 8 * HOUR, remind_at=T, reminded=True, passed=True)
    assert extend_clock(external, old, rules) == Clock(
        due_at=T + 16 * HOUR, remind_at=T + 14 * HOUR
    )
    assert extend_clock(loose, replace(old, due_at=T), rules) == Clock(
        due_at=T + 48 * HOUR, remind_at=T + 30 * HOUR
    )


def test_a_resumed_clock_goes_on_where_it_stood(external: Terms, rules: Rulebook) -> None:
    """End and reminder are later by as long as it stood still; what was said stays said."""
    clock = Clock(due_at=T + 8 * HOUR, remind_at=T + 6 * HOUR, reminded=True)
    assert resume_clock(external, clock, rules, T + HOUR, T + 24 * HOUR) == Clock(
        due_at=T + 31 * HOUR, remind_at=T + 29 * HOUR, reminded=True
    )


def test_a_resumed_working_clock_spends_service_time(loose: Terms, rules: Rulebook) -> None:
    """Fifteen hours of service were left on Monday, from Friday 17:00 on: Tuesday 16:00."""
    clock = Clock(due_at=T + 48 * HOUR, remind_at=T + 30 * HOUR)
    resumed = resume_clock(loose, clock, rules, T + HOUR, T + 103 * HOUR)
    assert resumed.due_at == T + 198 * HOUR
