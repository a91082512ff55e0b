"""When the router has to look at a case again by itself, and what it says then."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from router.domain.case import CaseStatus, answer_of, find_task, task_status
from router.domain.codes import ClockKind, DisputeGround, EscalationReason
from router.domain.decided import CaseEscalated
from router.domain.disputes import give_up, settle_by_rule
from router.domain.gates import plan_limits
from router.domain.reminders import remind
from router.domain.requests import resume
from router.domain.task import TaskStatus
from router.domain.territory import climb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from router.domain.case import Case
    from router.domain.clocks import Clock
    from router.domain.decided import OwnFact
    from router.domain.parts import TaskRef
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task


class TimerName(StrEnum):
    """What is due."""

    RESPONSE_REMINDER = "response_reminder"
    RESPONSE_LIMIT = "response_limit"
    RESOLUTION_REMINDER = "resolution_reminder"
    RESOLUTION_LIMIT = "resolution_limit"
    PLAN_LIMIT = "plan_limit"
    REVIEW_AT = "review_at"
    SETTLE_BY = "settle_by"


_REMINDS_OF = {
    TimerName.RESPONSE_REMINDER: TimerName.RESPONSE_LIMIT,
    TimerName.RESOLUTION_REMINDER: TimerName.RESOLUTION_LIMIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A time at which the state has to be looked at again."""

    name: TimerName
    task_id: UUID
    due_at: datetime


def timers(case: Case) -> tuple[Timer, ...]:
    """Return what the tasks of an open case wait for, earliest first."""
    if case.status is not CaseStatus.OPEN:
        return ()
    waits = [timer for task in case.tasks for timer in _timers_of(case, task)]
    waits += [
        Timer(name=TimerName.PLAN_LIMIT, task_id=task.ref.task_id, due_at=due_at)
        for task, due_at in plan_limits(case)
    ]
    return tuple(sorted(waits, key=lambda timer: timer.due_at))


def next_timer(case: Case) -> datetime | None:
    """Return when the case has to be looked at, None if nothing of it waits for a time."""
    return min((timer.due_at for timer in timers(case)), default=None)


def pass_time(case: Case, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    """Decide the earliest timer that is due; nobody is reminded of what has passed already."""
    due = [timer for timer in timers(case) if timer.due_at <= now]
    passed = {(timer.name, timer.task_id) for timer in due}
    for timer in due:
        if (_REMINDS_OF.get(timer.name), timer.task_id) not in passed:
            return _fire(case, timer, rules, now)
    return ()


def _timers_of(case: Case, task: Task) -> Iterator[Timer]:
    for name, due_at in _waits(case, task):
        yield Timer(name=name, task_id=task.ref.task_id, due_at=due_at)


def _waits(case: Case, task: Task) -> Iterator[tuple[TimerName, datetime]]:
    match task_status(case, task):
        case TaskStatus.DISPATCHED | TaskStatus.ACKNOWLEDGED:
            if not answer_of(case, task).has_responded:
                yield from _speaks(
                    task.clocks.response, TimerName.RESPONSE_REMINDER, TimerName.RESPONSE_LIMIT
                )
            yield from _speaks(
                task.clocks.resolution, TimerName.RESOLUTION_REMINDER, TimerName.RESOLUTION_LIMIT
            )
        case TaskStatus.SUSPENDED if task.suspension:
            yield TimerName.REVIEW_AT, task.suspension.review_at
        case TaskStatus.DISPUTED if task.dispute:
            yield TimerName.SETTLE_BY, task.dispute.settle_by


def _speaks(
    clock: Clock | None, reminder: TimerName, limit: TimerName
) -> Iterator[tuple[TimerName, datetime]]:
    if clock is None or clock.passed:
        return
    if not clock.reminded:
        yield reminder, clock.remind_at
    yield limit, clock.due_at


def _fire(case: Case, timer: Timer, rules: Rulebook, now: datetime) -> tuple[OwnFact, ...]:
    task = find_task(case, timer.task_id)
    if task is None:
        return _pass_plan_limit(case, timer, now)
    match timer.name:
        case TimerName.RESPONSE_REMINDER | TimerName.RESOLUTION_REMINDER:
            return _remind(task, timer, now)
        case TimerName.RESPONSE_LIMIT:
            return _pass_response(case, task, timer, rules, now)
        case TimerName.REVIEW_AT:
            return resume(case, task, rules, now)
        case TimerName.SETTLE_BY:
            return settle_by_rule(case, task, rules, now)
        case _:
            return _pass_resolution(case, task, timer, rules, now)


def _remind(task: Task, timer: Timer, now: datetime) -> tuple[OwnFact, ...]:
    if timer.name is TimerName.RESPONSE_REMINDER:
        return remind(task, ClockKind.RESPONSE, task.clocks.response, now)
    return remind(task, ClockKind.RESOLUTION, task.clocks.resolution, now)


def _pass_plan_limit(case: Case, timer: Timer, now: datetime) -> tuple[OwnFact, ...]:
    """Climb a tier because the lead keeps a task waiting."""
    waiting = (task.ref for task in case.waiting if task.ref.task_id == timer.task_id)
    return tuple(_escalate(case, ref, timer, now) for ref in waiting)


def _pass_response(
    case: Case, task: Task, timer: Timer, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Whom the task could not be told cannot answer: people decide who leads instead.

    They also do where nothing has arrived and no deadline lies ahead that would be looked at.
    """
    unheard = _never_arrived(case, task, timer) and not _lies_ahead(task.clocks.resolution, timer)
    given_up: tuple[OwnFact, ...] = ()
    if unheard or answer_of(case, task).has_not_arrived:
        given_up = give_up(case, task, DisputeGround.UNDELIVERABLE, rules, now)
    return given_up or (_escalate(case, task.ref, timer, now),)


def _pass_resolution(
    case: Case, task: Task, timer: Timer, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Climb a tier; what has never arrived is given up as well, for nothing else would hold it.

    A case does not climb for help that it does not require and that nobody has heard of.
    """
    escalated = _escalate(case, task.ref, timer, now)
    if not _never_arrived(case, task, timer):
        return (escalated,)
    given_up = give_up(case, task, DisputeGround.UNDELIVERABLE, rules, now)
    return (*given_up, escalated) if task.required else given_up


def _never_arrived(case: Case, task: Task, timer: Timer) -> bool:
    """Tell whether a department had time to fetch its task, and did not.

    Departments of an imported history never fetch; a deadline that had passed when the task was
    given out left nobody any time.
    """
    if answer_of(case, task).has_arrived or (case.filed and case.filed.replayed):
        return False
    return task.dispatched_at is not None and task.dispatched_at < timer.due_at


def _lies_ahead(clock: Clock | None, timer: Timer) -> bool:
    return clock is not None and not clock.passed and clock.due_at > timer.due_at


def _escalate(case: Case, ref: TaskRef, timer: Timer, now: datetime) -> CaseEscalated:
    return CaseEscalated(
        occurred_at=now,
        tier=climb(case.tier),
        reason=EscalationReason.OVERDUE,
        task=ref,
        due_at=timer.due_at,
    )
