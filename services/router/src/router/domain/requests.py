"""What departments ask for: a later deadline (延期), a clock that stands still (挂起, 挂账).

A superior decides. What cannot be granted is refused at once; what has become impossible
while it waited is refused when it is decided.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from router.domain.answers import Request
from router.domain.attempts import terms_of
from router.domain.case import CaseStatus, find_task, pending_requests, task_status
from router.domain.clocks import extend_clock, resume_clock, time_left
from router.domain.codes import RequestKind
from router.domain.decided import ClockResumed, ClockSuspended, DeadlineExtended
from router.domain.errors import NoPendingRequestError, UnknownTaskError
from router.domain.refusals import refuse
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.clocks import Clock
    from router.domain.commands import DecideRequest
    from router.domain.decided import OwnFact
    from router.domain.facts import ClockRequested
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task

# Source: `domain.md`, rules of dispatch.
MAX_EXTENSIONS: Final = 2
MAX_SUSPENSION: Final = timedelta(days=366)


def weigh_request(
    case: Case, task: Task, told: ClockRequested, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Refuse at once what nobody may grant; the rest waits for a superior."""
    asked = Request(
        request_id=told.request_id,
        kind=told.kind,
        asked_at=told.occurred_at,
        review_at=told.review_at,
    )
    if task.department is None or _grant(case, task, asked, rules, now):
        return ()
    return (refuse(task, task.department, asked, now),)


def decide_request(
    case: Case, command: DecideRequest, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Grant or refuse what a department asked for.

    Raises:
        UnknownTaskError: This case has no such task.
        NoPendingRequestError: The task has no such request that waits.
    """
    if find_task(case, command.task_id) is None:
        raise UnknownTaskError
    for task, request in pending_requests(case):
        asked = (task.ref.task_id, request.request_id) == (command.task_id, command.request_id)
        if asked and request.kind in command.kinds and task.department:
            granted = _grant(case, task, request, rules, now) if command.approved else None
            return (granted or refuse(task, task.department, request, now),)
    raise NoPendingRequestError


def resume(case: Case, task: Task, rules: Rulebook, now: datetime) -> tuple[ClockResumed, ...]:
    """Let a clock run again whose time of review has come."""
    clock = task.clocks.resolution
    if task.suspension is None or clock is None or task.department is None:
        return ()
    return (
        ClockResumed(
            occurred_at=now,
            task=task.ref,
            department=task.department,
            clock=resume_clock(terms_of(case), clock, rules, task.suspension.suspended_at, now),
        ),
    )


def _grant(
    case: Case, task: Task, request: Request, rules: Rulebook, now: datetime
) -> OwnFact | None:
    """Return what grants a request, None where the rules forbid it."""
    clock = task.clocks.resolution
    if case.status is not CaseStatus.OPEN or clock is None or task.department is None:
        return None
    if not task_status(case, task).is_in_hand:
        return None
    if request.kind is RequestKind.EXTENSION:
        return _extend(case, task, clock, request, rules, now)
    return _suspend(case, task, clock, request, rules, now)


def _extend(
    case: Case, task: Task, clock: Clock, request: Request, rules: Rulebook, now: datetime
) -> DeadlineExtended | None:
    """Grant a deadline that lies ahead; one that has passed stays, unless it stands still."""
    overdue = task.suspension is None and clock.due_at < now
    if overdue or task.department is None or task.extensions >= MAX_EXTENSIONS:
        return None
    extended = extend_clock(terms_of(case), clock, rules)
    if extended is None or extended.due_at <= now:
        return None
    return DeadlineExtended(
        occurred_at=now,
        task=task.ref,
        department=task.department,
        request_id=request.request_id,
        clock=extended,
        extensions=task.extensions + 1,
    )


def _suspend(
    case: Case, task: Task, clock: Clock, request: Request, rules: Rulebook, now: datetime
) -> ClockSuspended | None:
    review_at = request.review_at
    if review_at is None or not now < review_at <= now + MAX_SUSPENSION:
        return None
    if task_status(case, task) is TaskStatus.SUSPENDED or clock.due_at < now:
        return None
    if task.department is None or (request.kind is RequestKind.LEDGER and case.ledger_used):
        return None
    left = time_left(terms_of(case), clock.due_at, rules, now)
    return ClockSuspended(
        occurred_at=now,
        task=task.ref,
        department=task.department,
        request_id=request.request_id,
        kind=request.kind,
        remaining_s=int(left.total_seconds()),
        review_at=review_at,
    )
