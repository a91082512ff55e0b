"""What happened to a task. Facts leave the room; notes only change its own state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from department_adapter.domain.model import TaskRef


class ParkReason(StrEnum):
    """Why a delivery waits for a person."""

    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    NO_SUCH_DEPARTMENT = "no_such_department"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    LATE_CLOCK = "late_clock"
    CANCEL_UNDELIVERABLE = "cancel_undeliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelivered:
    """The department has the task."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked:
    """The department could not be reached; it is tried again at ``review_at`` at the latest."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str
    reason: ParkReason
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAcknowledged:
    """The department accepted the task (签收)."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed:
    """The department works on it; ``progress`` is a code of the contracts."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str
    progress: str
    remark_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted:
    """The department is done (处置); ``result`` is a code, ``words`` a keyed hash of its remark."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str
    result: str
    remark_id: UUID | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    """Something was read, or given up, that changed nothing."""

    task: TaskRef
    department: str
    occurred_at: datetime
    code: RemarkCode


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueued:
    """Note: a task came from the router and is due for delivery."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded:
    """Note: the router cancelled the task."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """Note: one more attempt to deliver failed."""

    task: TaskRef
    department: str
    occurred_at: datetime


Fact = TaskDelivered | DeliveryParked | TaskAcknowledged | TaskProgressed | TaskCompleted | Remarked
Note = TaskQueued | TaskEnded | AttemptFailed
