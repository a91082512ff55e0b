"""What a person gets to know of what he decided. Pure: JSON types only."""

from typing import Any

from router.domain.case import Case
from router.domain.commands import DecideRequest, DoorCommand, ReassignTask, SettleDispute
from router.domain.decided import (
    ClockSuspended,
    DeadlineExtended,
    OwnFact,
    SupervisionIssued,
    TaskDispatched,
)

Reply = dict[str, Any]


def reply_of(command: DoorCommand, facts: tuple[OwnFact, ...], case: Case) -> Reply:
    """Return the answer to *command*, which led to *facts*."""
    reply: Reply = {"case_id": str(case.case_id)}
    match command:
        case SettleDispute():
            given = _given(facts)
            return reply | _attempt(given) | {"dispute_id": str(command.dispute_id)}
        case ReassignTask():
            given = _given(facts)
            return reply | _attempt(given) | {"replaces": str(command.task_id)}
        case DecideRequest():
            return reply | _request(command, facts)
        case _:
            told = [fact for fact in facts if isinstance(fact, SupervisionIssued)]
            tasks = [str(fact.task.task_id) for fact in told]
            return reply | {"tier": case.tier.value, "tasks": tasks}


def _given(facts: tuple[OwnFact, ...]) -> TaskDispatched:
    """Return the first attempt that was given out: that of the decision itself."""
    return next(fact for fact in facts if isinstance(fact, TaskDispatched))


def _attempt(given: TaskDispatched) -> Reply:
    due_at = given.clocks.resolution_due_at
    return {
        "task_id": str(given.task.task_id),
        "task_no": given.task.task_no,
        "attempt": given.task.attempt,
        "department": given.department,
        "resolution_due_at": due_at.isoformat() if due_at else None,
    }


def _request(command: DecideRequest, facts: tuple[OwnFact, ...]) -> Reply:
    extended = next((fact for fact in facts if isinstance(fact, DeadlineExtended)), None)
    suspended = next((fact for fact in facts if isinstance(fact, ClockSuspended)), None)
    return {
        "task_id": str(command.task_id),
        "request_id": str(command.request_id),
        "approved": bool(extended or suspended),
        "due_at": extended.clock.due_at.isoformat() if extended else None,
        "review_at": suspended.review_at.isoformat() if suspended else None,
    }
