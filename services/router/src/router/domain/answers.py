"""What departments told of one task, folded from their facts."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from router.domain.facts import (
    DeliveryParked,
    TaskAcknowledged,
    TaskAnswer,
    TaskCompleted,
    TaskDelivered,
    TaskProgressed,
    TaskReturned,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What its department told of a task: the first time of each."""

    task_id: UUID
    delivered_at: datetime | None = None
    parked_at: datetime | None = None
    acknowledged_at: datetime | None = None
    progressed_at: datetime | None = None
    returned_at: datetime | None = None
    completed_at: datetime | None = None


def fold_answer(answer: Answer, fact: TaskAnswer) -> Answer:
    """Return *answer* after *fact*. What came first happened, however late we hear of it."""
    at = fact.occurred_at
    match fact:
        case TaskDelivered():
            answer = replace(answer, delivered_at=_first(answer.delivered_at, at))
        case DeliveryParked():
            answer = replace(answer, parked_at=_first(answer.parked_at, at))
        case TaskAcknowledged():
            answer = replace(answer, acknowledged_at=_first(answer.acknowledged_at, at))
        case TaskProgressed():
            answer = replace(answer, progressed_at=_first(answer.progressed_at, at))
        case TaskReturned():
            answer = replace(answer, returned_at=_first(answer.returned_at, at))
        case TaskCompleted():
            answer = replace(answer, completed_at=_first(answer.completed_at, at))
    return answer


def _first(known: datetime | None, told: datetime) -> datetime:
    return told if known is None else min(known, told)
