"""What departments told of one task, folded from their facts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
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

_TIMES: Final[Mapping[type[TaskAnswer], str]] = {
    TaskDelivered: "delivered_at",
    DeliveryParked: "parked_at",
    TaskAcknowledged: "acknowledged_at",
    TaskProgressed: "progressed_at",
    TaskReturned: "returned_at",
    TaskCompleted: "completed_at",
}


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
    name = _TIMES[type(fact)]
    known: datetime | None = getattr(answer, name)
    first = fact.occurred_at if known is None else min(known, fact.occurred_at)
    return replace(answer, **{name: first})
