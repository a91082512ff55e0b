"""Parked deliveries: the department could not be told, so the clock is told to whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.case import answer_of, task_status
from router.domain.codes import ClockKind, DisputeGround, RemarkCode
from router.domain.disputes import give_up, is_last_resort
from router.domain.remarks import remark
from router.domain.reminders import remind
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.decided import OwnFact
    from router.domain.facts import DeliveryParked
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task


def weigh_parking(
    case: Case, task: Task, parked: DeliveryParked, rules: Rulebook, now: datetime
) -> tuple[OwnFact, ...]:
    """Remind once of the response limit, whose end opens a dispute over what has not arrived.

    Where that end has passed, it is given up at once: no timer would look at it again. A task
    without a response limit has its resolution limit only.
    A department that does not exist is disputed at once (`disputes.dispute_unknown`), unless the
    dispute would end with it again: then the delivery stays parked, for its operator.
    """
    status = task_status(case, task)
    if status is TaskStatus.DISPUTED:
        return ()
    if not status.is_in_hand:
        return (remark(RemarkCode.TASK_CLOSED, now, task.ref.task_id),)
    if parked.unknown:
        last = task.required and is_last_resort(case, task, rules)
        return (remark(RemarkCode.NOT_APPLICABLE, now, task.ref.task_id),) if last else ()
    if not answer_of(case, task).has_not_arrived:
        return ()
    clock = task.clocks.response
    limit = clock or task.clocks.resolution
    if limit is None or limit.passed:
        return give_up(case, task, DisputeGround.UNDELIVERABLE, rules, now)
    return () if clock is None or clock.reminded else remind(task, ClockKind.RESPONSE, clock, now)
