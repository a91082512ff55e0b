"""What departments told of one task, folded from their facts."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from router.domain.codes import RequestKind
from router.domain.facts import (
    ClockRequested,
    DeliveryParked,
    TaskAcknowledged,
    TaskAnswer,
    TaskCompleted,
    TaskDelivered,
    TaskProgressed,
    TaskReturned,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A department asks for more time; see `ClockRequested`."""

    request_id: UUID
    kind: RequestKind
    asked_at: datetime
    review_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What its department told of a task: the first time of each.

    ``unknown``: there is no such department to tell anything.
    """

    task_id: UUID
    delivered_at: datetime | None = None
    parked_at: datetime | None = None
    unknown: bool = False
    acknowledged_at: datetime | None = None
    progressed_at: datetime | None = None
    returned_at: datetime | None = None
    completed_at: datetime | None = None
    requests: tuple[Request, ...] = ()

    @property
    def has_responded(self) -> bool:
        """Whether the department has said a word; that stops the response clock."""
        words = (self.acknowledged_at, self.progressed_at, self.returned_at, self.completed_at)
        return any(words) or bool(self.requests)

    @property
    def has_arrived(self) -> bool:
        """Whether the department has the task, by its delivery or by a word about it."""
        return self.delivered_at is not None or self.has_responded

    @property
    def has_not_arrived(self) -> bool:
        """Whether the task waits for a person because its department could not be told."""
        return self.parked_at is not None and not self.has_arrived


def fold_answer(answer: Answer, fact: TaskAnswer) -> Answer:
    """Return *answer* after *fact*. What came first happened, however late we hear of it."""
    at = fact.occurred_at
    match fact:
        case TaskDelivered():
            answer = replace(answer, delivered_at=_first(answer.delivered_at, at))
        case DeliveryParked():
            unknown = answer.unknown or fact.unknown
            answer = replace(answer, parked_at=_first(answer.parked_at, at), unknown=unknown)
        case TaskAcknowledged():
            answer = replace(answer, acknowledged_at=_first(answer.acknowledged_at, at))
        case TaskProgressed():
            answer = replace(answer, progressed_at=_first(answer.progressed_at, at))
        case TaskReturned():
            answer = replace(answer, returned_at=_first(answer.returned_at, at))
        case TaskCompleted():
            answer = replace(answer, completed_at=_first(answer.completed_at, at))
        case ClockRequested():
            answer = replace(answer, requests=(*answer.requests, _request(fact)))
    return answer


def _request(fact: ClockRequested) -> Request:
    return Request(
        request_id=fact.request_id,
        kind=fact.kind,
        asked_at=fact.occurred_at,
        review_at=fact.review_at,
    )


def _first(known: datetime | None, told: datetime) -> datetime:
    return told if known is None else min(known, told)
