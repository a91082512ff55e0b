"""Count time limits (时限) on the clock or on the service calendar (服务日历).

Urgent units run continuously. Working units count service time only: a limit ends at the earliest
instant by which that much service time has passed since the start. One working day is the service
time of one day, so N working days end at the same point of the working clock N working days later:
10:15 to 10:15, and whatever starts outside the hours starts with the next opening. A limit used up
at closing time ends then, not at the next opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from router.domain.errors import CalendarOutdatedError, CalendarYearMissingError, NaiveTimeError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_ONE_DAY: Final = timedelta(days=1)
_DAYS_IN_WORKING_WEEK: Final = 5


class LimitUnit(StrEnum):
    """What a limit is counted in: 紧急工作时, 紧急工作日, 工作时, 工作日; seconds are for demos."""

    URGENT_SECOND = "urgent_second"
    URGENT_HOUR = "urgent_hour"
    URGENT_DAY = "urgent_day"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"


_CONTINUOUS: Final = {
    LimitUnit.URGENT_SECOND: timedelta(seconds=1),
    LimitUnit.URGENT_HOUR: timedelta(hours=1),
    LimitUnit.URGENT_DAY: timedelta(days=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A time limit, such as two urgent hours. ``value`` is at least 1."""

    value: int
    unit: LimitUnit

    @property
    def is_continuous(self) -> bool:
        """Whether it runs day and night, and so needs no calendar."""
        return self.unit in _CONTINUOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a limit ends (UTC). Provisional: it crosses a year whose calendar is not published."""

    due_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCalendar:
    """Which days and hours departments work.

    ``hours`` are wall-clock times in ``zone``, in order and without overlap, the same on each
    working day. ``published`` are the years whose days off and make-up working days are known.
    """

    version: str
    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...]
    published: frozenset[int]
    days_off: frozenset[date]
    make_up_days: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Tell whether departments work on *day*; a plain weekday unless the calendar says else."""
        if day in self.make_up_days:
            return True
        return day.isoweekday() <= _DAYS_IN_WORKING_WEEK and day not in self.days_off

    def is_provisional(self, year: int) -> bool:
        """Tell whether *year* is still to be published.

        Raises:
            CalendarYearMissingError: It is no year to come, and yet there is no calendar for it.
        """
        if year in self.published:
            return False
        if year > max(self.published):
            return True
        message = f"the service calendar {self.version} lacks {year}; add calendar-{year}.csv"
        raise CalendarYearMissingError(message)


def add_limit(start: datetime, limit: Limit, calendar: ServiceCalendar) -> Due:
    """Return when *limit* ends if its clock starts at *start*.

    Raises:
        NaiveTimeError: *start* has no zone.
        CalendarYearMissingError: Working time is counted in a past year without a calendar.
    """
    if start.tzinfo is None:
        raise NaiveTimeError
    unit = _CONTINUOUS.get(limit.unit)
    if unit is not None:
        return Due(due_at=start.astimezone(UTC) + limit.value * unit, provisional=False)
    return _spend(start, limit.value * _working_unit(limit.unit, calendar), calendar)


def add_share(start: datetime, limit: Limit, share: float, calendar: ServiceCalendar) -> datetime:
    """Return when *share* (0 to 1) of *limit* is used up: sooner than `add_limit`, the same way.

    Raises:
        CalendarYearMissingError: Working time is counted in a past year without a calendar.
    """
    unit = _CONTINUOUS.get(limit.unit)
    if unit is not None:
        return start.astimezone(UTC) + share * limit.value * unit
    left = share * limit.value * _working_unit(limit.unit, calendar)
    return _spend(start, left, calendar).due_at


def count_working_time(start: datetime, end: datetime, calendar: ServiceCalendar) -> timedelta:
    """Return the service time between *start* and *end*; none where *end* is not later.

    Raises:
        CalendarYearMissingError: It lies in a past year without a calendar.
    """
    begin, stop = (t.astimezone(calendar.zone).replace(tzinfo=None) for t in (start, end))
    counted, day = timedelta(), begin.date()
    while day <= stop.date():
        calendar.is_provisional(day.year)
        for opens, closes in calendar.hours if calendar.is_working(day) else ():
            opened = max(begin, datetime.combine(day, opens))
            closed = min(stop, datetime.combine(day, closes))
            counted += max(closed - opened, timedelta())
        day += _ONE_DAY
    return counted


def add_working_time(start: datetime, left: timedelta, calendar: ServiceCalendar) -> datetime:
    """Return when *left* of service time is used up if it is spent from *start* on.

    Raises:
        CalendarYearMissingError: Working time is counted in a past year without a calendar.
    """
    return _spend(start, left, calendar).due_at


def require_current(calendar: ServiceCalendar, year: int) -> None:
    """Check at start that the calendar reaches the present *year*.

    Raises:
        CalendarOutdatedError: Its newest year is a past one.
    """
    newest = max(calendar.published)
    if newest < year:
        message = f"the service calendar ends with {newest}; add calendar-{year}.csv"
        raise CalendarOutdatedError(message)


def _working_unit(unit: LimitUnit, calendar: ServiceCalendar) -> timedelta:
    """Return how much service time one working hour or working day is."""
    return timedelta(hours=1) if unit is LimitUnit.WORKING_HOUR else _service_day(calendar)


def _service_day(calendar: ServiceCalendar) -> timedelta:
    """Return the service time of one working day."""
    any_day = date.min
    spans = (
        datetime.combine(any_day, closes) - datetime.combine(any_day, opens)
        for opens, closes in calendar.hours
    )
    return sum(spans, timedelta())


def _spend(start: datetime, left: timedelta, calendar: ServiceCalendar) -> Due:
    """Walk over the service hours after *start* until *left* is used up."""
    clock = start.astimezone(calendar.zone).replace(tzinfo=None)
    day = clock.date()
    provisional = False
    while True:
        provisional = calendar.is_provisional(day.year) or provisional
        for opens, closes in calendar.hours if calendar.is_working(day) else ():
            begin = max(clock, datetime.combine(day, opens))
            room = datetime.combine(day, closes) - begin
            if room <= timedelta():
                continue
            if left <= room:
                due_at = (begin + left).replace(tzinfo=calendar.zone).astimezone(UTC)
                return Due(due_at=due_at, provisional=provisional)
            left -= room
        day += _ONE_DAY
