"""The two clocks of a task: response and resolution, and when each speaks (催办).

A clock is made of a limit of the catalog, or of the deadline that a source system set. It reminds
once, when a share of its limit is left, and is passed once; another deadline is another clock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from router.domain.calendar import (
    Limit,
    add_limit,
    add_share,
    add_working_time,
    count_working_time,
)
from router.domain.rulebook import Rulebook
from router.domain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One deadline, and what was said of it: ``reminded`` before, ``passed`` after."""

    due_at: datetime
    remind_at: datetime
    reminded: bool = False
    passed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks of a task, None where there is none.

    ``provisional``: one of them crosses a year whose calendar is not published.
    """

    response: Clock | None = None
    resolution: Clock | None = None
    provisional: bool = False

    @property
    def response_due_at(self) -> datetime | None:
        """Until when the department has to answer."""
        return self.response.due_at if self.response else None

    @property
    def resolution_due_at(self) -> datetime | None:
        """Until when the work has to be done."""
        return self.resolution.due_at if self.resolution else None


NO_CLOCKS: Final = Clocks()


def start_clocks(terms: Terms, rules: Rulebook, now: datetime) -> Clocks:
    """Return clocks that start *now*: the limits of *terms*, or the source system's deadline."""
    if terms.limits is not None:
        response, early = _start(terms.limits.response, now, rules)
        resolution, late = _start(terms.limits.resolution, now, rules)
        return Clocks(response=response, resolution=resolution, provisional=early or late)
    if terms.external_due_at is None:
        return Clocks()
    span = max(terms.external_due_at - now, timedelta())
    return Clocks(resolution=_remind_before(terms.external_due_at, span, rules))


def restart_clocks(terms: Terms, before: Clocks, rules: Rulebook, now: datetime) -> Clocks:
    """Return the clocks of a next attempt: the limits frozen at the filing, counted from *now*.

    A deadline of the source system stays as it is, and what was said of it is not said again.
    """
    return before if terms.limits is None else start_clocks(terms, rules, now)


def pass_on_clocks(terms: Terms, before: Clocks, rules: Rulebook, now: datetime) -> Clocks:
    """Return the clocks of whom a returned task goes to: a new response limit, the old deadline."""
    if terms.limits is None:
        return before
    response, provisional = _start(terms.limits.response, now, rules)
    return replace(before, response=response, provisional=before.provisional or provisional)


def extend_clock(terms: Terms, clock: Clock, rules: Rulebook) -> Clock | None:
    """Return *clock* with one original limit added; None where there is no limit to add."""
    if terms.limits is not None:
        return _start(terms.limits.resolution, clock.due_at, rules)[0]
    if terms.external_due_at is None or terms.external_due_at <= terms.planned_at:
        return None
    span = terms.external_due_at - terms.planned_at
    return _remind_before(clock.due_at + span, span, rules)


def time_left(terms: Terms, due_at: datetime, rules: Rulebook, since: datetime) -> timedelta:
    """Return what is left until *due_at*: service time if the limit is one of working units."""
    if _is_working_time(terms):
        return count_working_time(since, due_at, rules.calendar)
    return due_at - since


def resume_clock(
    terms: Terms, clock: Clock, rules: Rulebook, suspended_at: datetime, now: datetime
) -> Clock:
    """Return *clock* running again, with what was left of it when it was stopped.

    What an extension has added meanwhile is in its deadline, and so in what is left.
    """

    def later(moment: datetime) -> datetime:
        left = time_left(terms, moment, rules, suspended_at)
        return add_working_time(now, left, rules.calendar) if working else now + left

    working = _is_working_time(terms)
    return replace(clock, due_at=later(clock.due_at), remind_at=later(clock.remind_at))


def _is_working_time(terms: Terms) -> bool:
    return terms.limits is not None and not terms.limits.resolution.is_continuous


def _start(limit: Limit, start: datetime, rules: Rulebook) -> tuple[Clock, bool]:
    due = add_limit(start, limit, rules.calendar)
    remind_at = add_share(start, limit, 1 - rules.catalog.reminder_share, rules.calendar)
    return Clock(due_at=due.due_at, remind_at=remind_at), due.provisional


def _remind_before(due_at: datetime, span: timedelta, rules: Rulebook) -> Clock:
    return Clock(due_at=due_at, remind_at=due_at - rules.catalog.reminder_share * span)
