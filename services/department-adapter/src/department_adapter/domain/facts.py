"""What happened to a task. Facts leave the room; notes only change its own state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from department_adapter.domain.model import ParkReason, TaskRef


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
class TaskReturned:
    """The department says that it is not responsible (退单); ``ground`` is a code."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRequested:
    """The department asks for a later deadline (延期)."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str
    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionRequested:
    """The department asks to stop the clock until ``review_at`` (挂起, 挂账)."""

    task: TaskRef
    department: str
    occurred_at: datetime
    handler: str
    request_id: UUID
    kind: str
    review_at: datetime


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
    """Note: a task came from the router and is due for delivery, first in its lane."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str
    ordinal: int
    return_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeQueued:
    """Note: the department is to be told something about its task, at this place in its lane."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTaken:
    """Note: the department has a notice."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeParked:
    """Note: a notice waits for a person; its task goes on."""

    task: TaskRef
    department: str
    occurred_at: datetime
    delivery_id: str
    reason: ParkReason
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesReleased:
    """Note: a person wants what is parked to be tried now, as if it had never failed."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded:
    """Note: the router cancelled the task, or gave its next attempt out."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDecided:
    """Note: what the department asked for was granted or refused; it may ask again."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionDecided:
    """Note: what the department asked for was granted or refused; it may ask again."""

    task: TaskRef
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """Note: one more attempt to deliver failed."""

    task: TaskRef
    department: str
    occurred_at: datetime


Answered = (
    TaskAcknowledged
    | TaskReturned
    | TaskProgressed
    | TaskCompleted
    | ExtensionRequested
    | SuspensionRequested
)
Decided = ExtensionDecided | SuspensionDecided
Fact = TaskDelivered | DeliveryParked | Answered | Remarked
Note = (
    TaskQueued
    | NoticeQueued
    | NoticeTaken
    | NoticeParked
    | DeliveriesReleased
    | TaskEnded
    | AttemptFailed
    | Decided
)
