"""Time limits on the clock and on the service calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.domain.calendar import (
    Limit,
    LimitUnit,
    ServiceCalendar,
    add_limit,
    add_share,
    require_current,
)
from router.domain.errors import CalendarOutdatedError, CalendarYearMissingError, NaiveTimeError

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The fixture `calendar` is frozen, so sharing it between examples is safe.
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

starts = st.datetimes(
    min_value=datetime.fromisoformat("2025-01-01"),
    max_value=datetime.fromisoformat("2026-11-01"),
    timezones=st.just(UTC),
)
working_limits = st.one_of(
    st.builds(Limit, value=st.integers(1, 60), unit=st.just(LimitUnit.WORKING_HOUR)),
    st.builds(Limit, value=st.integers(1, 20), unit=st.just(LimitUnit.WORKING_DAY)),
)


def local(text: str) -> datetime:
    """Return an instant by its wall-clock time in Zhengzhou."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def service_time(start: datetime, end: datetime, calendar: ServiceCalendar) -> timedelta:
    """Return the service time between two instants, summed day by day: the oracle."""
    begin, stop = (t.astimezone(SHANGHAI).replace(tzinfo=None) for t in (start, end))
    total = timedelta()
    for n in range((stop.date() - begin.date()).days + 1):
        day = begin.date() + timedelta(days=n)
        spans = calendar.hours if calendar.is_working(day) else ()
        for opens, closes in spans:
            span_begin = max(begin, datetime.combine(day, opens))
            span_end = min(stop, datetime.combine(day, closes))
            total += max(span_end - span_begin, timedelta())
    return total


def budget(limit: Limit) -> timedelta:
    """Return the service time that a working limit grants in eight-hour days."""
    return timedelta(hours=limit.value * (8 if limit.unit is LimitUnit.WORKING_DAY else 1))


@pytest.mark.parametrize(
    ("start", "value", "unit", "due"),
    [
        ("2026-03-06 23:30", 90, LimitUnit.URGENT_SECOND, "2026-03-06 23:31:30"),
        ("2026-03-06 23:30", 2, LimitUnit.URGENT_HOUR, "2026-03-07 01:30"),
        ("2026-03-06 10:00", 2, LimitUnit.URGENT_DAY, "2026-03-08 10:00"),
        ("2026-03-02 09:00", 2, LimitUnit.WORKING_HOUR, "2026-03-02 11:00"),
        ("2026-03-02 11:00", 2, LimitUnit.WORKING_HOUR, "2026-03-02 15:00"),
        ("2026-03-02 14:00", 4, LimitUnit.WORKING_HOUR, "2026-03-02 18:00"),
        ("2026-03-02 17:00", 4, LimitUnit.WORKING_HOUR, "2026-03-03 11:00"),
        ("2026-03-02 13:00", 1, LimitUnit.WORKING_HOUR, "2026-03-02 15:00"),
        ("2026-03-02 10:15", 2, LimitUnit.WORKING_DAY, "2026-03-04 10:15"),
        ("2026-03-06 10:15", 1, LimitUnit.WORKING_DAY, "2026-03-09 10:15"),
        ("2026-03-02 07:00", 1, LimitUnit.WORKING_DAY, "2026-03-02 18:00"),
        ("2026-03-06 20:00", 1, LimitUnit.WORKING_DAY, "2026-03-09 18:00"),
        ("2026-04-30 10:00", 1, LimitUnit.WORKING_DAY, "2026-05-04 10:00"),
        ("2026-05-08 10:00", 1, LimitUnit.WORKING_DAY, "2026-05-09 10:00"),
    ],
)
def test_limits_end_when_people_expect(
    start: str, value: int, unit: LimitUnit, due: str, calendar: ServiceCalendar
) -> None:
    """Nights, lunch breaks, week-ends, days off and make-up Saturdays are counted as they are."""
    result = add_limit(local(start), Limit(value=value, unit=unit), calendar)
    assert result.due_at == local(due)
    assert result.due_at.tzinfo is UTC
    assert not result.provisional


@SHARED
@given(start=starts, limit=working_limits)
def test_a_working_limit_grants_exactly_its_service_time(
    start: datetime, limit: Limit, calendar: ServiceCalendar
) -> None:
    """Between start and due lies the granted service time, and no earlier instant has it."""
    due_at = add_limit(start, limit, calendar).due_at
    assert service_time(start, due_at, calendar) == budget(limit)
    just_before = due_at - timedelta(microseconds=1)
    assert service_time(start, just_before, calendar) < budget(limit)


@SHARED
@given(start=starts, days=st.integers(1, 20))
def test_days_are_hours_of_the_service_calendar(
    start: datetime, days: int, calendar: ServiceCalendar
) -> None:
    """N working days equal N times the hours of one working day."""
    by_days = add_limit(start, Limit(value=days, unit=LimitUnit.WORKING_DAY), calendar)
    by_hours = add_limit(start, Limit(value=8 * days, unit=LimitUnit.WORKING_HOUR), calendar)
    assert by_days == by_hours


@SHARED
@given(day=st.dates(date(2025, 1, 2), date(2026, 10, 1)), minute=st.integers(1, 240))
def test_working_days_keep_the_time_of_day(
    day: date, minute: int, calendar: ServiceCalendar
) -> None:
    """From within the hours of a working day, a limit of days ends at the same time of day."""
    begin = datetime.combine(day, time(8), tzinfo=SHANGHAI) + timedelta(minutes=minute)
    if calendar.is_working(day):
        due_at = add_limit(begin, Limit(value=3, unit=LimitUnit.WORKING_DAY), calendar).due_at
        assert due_at.astimezone(SHANGHAI).time() == begin.time()


@SHARED
@given(start=starts, first=st.integers(1, 40), second=st.integers(1, 40))
def test_limits_add_up(start: datetime, first: int, second: int, calendar: ServiceCalendar) -> None:
    """One limit after the other ends where both together end."""

    def hours(value: int) -> Limit:
        return Limit(value=value, unit=LimitUnit.WORKING_HOUR)

    middle = add_limit(start, hours(first), calendar).due_at
    stepped = add_limit(middle, hours(second), calendar)
    assert stepped == add_limit(start, hours(first + second), calendar)


@SHARED
@given(start=starts, later=st.timedeltas(timedelta(), timedelta(days=9)), limit=working_limits)
def test_a_later_start_is_never_due_earlier(
    start: datetime, later: timedelta, limit: Limit, calendar: ServiceCalendar
) -> None:
    """Due times keep the order of their starts."""
    due_at = add_limit(start, limit, calendar).due_at
    assert add_limit(start + later, limit, calendar).due_at >= due_at


@SHARED
@given(start=starts, value=st.integers(1, 50))
def test_urgent_units_run_day_and_night(
    start: datetime, value: int, calendar: ServiceCalendar
) -> None:
    """Urgent hours and days are plain durations and never provisional."""
    for unit, length in (
        (LimitUnit.URGENT_HOUR, timedelta(hours=1)),
        (LimitUnit.URGENT_DAY, timedelta(days=1)),
    ):
        due = add_limit(start, Limit(value=value, unit=unit), calendar)
        assert due.due_at == start + value * length
        assert not due.provisional


def test_a_limit_into_an_unpublished_year_is_provisional(calendar: ServiceCalendar) -> None:
    """It counts plain weekdays there, and says so."""
    due = add_limit(local("2026-12-31 10:00"), Limit(value=1, unit=LimitUnit.WORKING_DAY), calendar)
    assert due.due_at == local("2027-01-01 10:00")
    assert due.provisional


def test_a_limit_that_ends_with_the_published_year_is_not_provisional(
    calendar: ServiceCalendar,
) -> None:
    """Used up at closing time on the last day, it does not look into the next year."""
    due = add_limit(local("2026-12-31 08:00"), Limit(value=1, unit=LimitUnit.WORKING_DAY), calendar)
    assert due.due_at == local("2026-12-31 18:00")
    assert not due.provisional


def test_publishing_the_year_makes_the_limit_final(calendar: ServiceCalendar) -> None:
    """With the days off of the next year the same limit is recomputed."""
    published = replace(
        calendar,
        published=calendar.published | {2027},
        days_off=calendar.days_off | {date(2027, 1, 1)},
    )
    due = add_limit(
        local("2026-12-31 10:00"), Limit(value=1, unit=LimitUnit.WORKING_DAY), published
    )
    assert due.due_at == local("2027-01-04 10:00")
    assert not due.provisional


@pytest.mark.parametrize("unit", [LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY])
def test_a_past_year_without_a_calendar_is_an_error(
    unit: LimitUnit, calendar: ServiceCalendar
) -> None:
    """The error names the file to add."""
    with pytest.raises(CalendarYearMissingError, match=r"calendar-2024\.csv"):
        add_limit(local("2024-03-01 10:00"), Limit(value=1, unit=unit), calendar)


def test_an_urgent_limit_needs_no_calendar(calendar: ServiceCalendar) -> None:
    """A year without a calendar does not matter to a clock that runs on."""
    due = add_limit(local("2019-03-01 10:00"), Limit(value=1, unit=LimitUnit.URGENT_HOUR), calendar)
    assert due.due_at == local("2019-03-01 11:00")


def test_a_time_without_a_zone_is_refused(calendar: ServiceCalendar) -> None:
    """Nobody knows when that is."""
    with pytest.raises(NaiveTimeError):
        add_limit(
            datetime.fromisoformat("2026-03-02T10:00"),
            Limit(value=1, unit=LimitUnit.URGENT_HOUR),
            calendar,
        )


def test_service_hours_are_wall_clock_times(calendar: ServiceCalendar) -> None:
    """Across a change of clocks, a working day still ends at the same time of day."""
    zone = ZoneInfo("America/New_York")
    abroad = replace(calendar, zone=zone)
    start = datetime(2026, 3, 6, 10, tzinfo=zone)
    due = add_limit(start, Limit(value=1, unit=LimitUnit.WORKING_DAY), abroad)
    assert due.due_at == datetime(2026, 3, 9, 10, tzinfo=zone)
    assert due.due_at - start == timedelta(days=3, hours=-1)


def test_a_calendar_that_ends_in_a_past_year_is_refused_at_start(
    calendar: ServiceCalendar,
) -> None:
    """The present year has to be published; a year to come need not be."""
    require_current(calendar, 2026)
    with pytest.raises(CalendarOutdatedError, match=r"calendar-2027\.csv"):
        require_current(calendar, 2027)


@pytest.mark.parametrize(
    ("start", "value", "unit", "share", "reached"),
    [
        ("2026-03-06 23:30", 2, LimitUnit.URGENT_HOUR, 0.75, "2026-03-07 01:00"),
        ("2026-03-06 23:30", 8, LimitUnit.URGENT_SECOND, 0.5, "2026-03-06 23:30:04"),
        ("2026-03-02 10:00", 4, LimitUnit.WORKING_HOUR, 0.75, "2026-03-02 15:00"),
        ("2026-03-02 10:00", 2, LimitUnit.WORKING_DAY, 0.5, "2026-03-03 10:00"),
        ("2026-03-06 10:00", 2, LimitUnit.WORKING_DAY, 0.75, "2026-03-09 16:00"),
    ],
)
def test_a_share_of_a_limit_is_reached_on_the_same_calendar(
    start: str, value: int, unit: LimitUnit, share: float, reached: str, calendar: ServiceCalendar
) -> None:
    """A part of the working time, not of the wall clock."""
    limit = Limit(value=value, unit=unit)
    assert add_share(local(start), limit, share, calendar) == local(reached)


@SHARED
@given(start=starts, limit=working_limits, share=st.floats(0.01, 0.99))
def test_a_share_is_reached_before_the_end(
    start: datetime, limit: Limit, share: float, calendar: ServiceCalendar
) -> None:
    """And all of it at the end."""
    end = add_limit(start, limit, calendar).due_at
    assert add_share(start, limit, share, calendar) <= end
    assert add_share(start, limit, 1, calendar) == end
