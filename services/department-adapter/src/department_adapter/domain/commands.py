"""What the adapter is told to do with a task."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from department_adapter.domain.model import TaskRef


class UpdateKind(StrEnum):
    """What a department says about its task."""

    ACKNOWLEDGE = "acknowledge"
    PROGRESS = "progress"
    COMPLETE = "complete"
    RETURN = "return"
    REQUEST_EXTENSION = "request_extension"
    REQUEST_SUSPENSION = "request_suspension"


class DeliveryKind(StrEnum):
    """What a delivery tells a department: its task, the end of it, or a notice about it."""

    DISPATCH = "dispatch"
    CANCELLATION = "cancellation"
    REMINDER = "reminder"
    SUPERVISION = "supervision"
    ESCALATION = "escalation"
    CLOCK = "clock"
    REFUSAL = "refusal"
    SUPPLEMENT = "supplement"


class AttemptResult(StrEnum):
    """How an attempt to deliver ended.

    ``expired``: the department took it with a lease and sent no receipt. ``waited``: it did not
    start for a reason that is not the department's.
    """

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"
    NO_DEPARTMENT = "no_department"
    WAITED = "waited"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTask:
    """A task came from the router: see that its department gets it.

    ``return_until`` None: the department cannot return it.
    """

    task: TaskRef
    department: str
    dispatched_at: datetime
    sequence: int
    return_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTask:
    """A person wants what is parked of a task to be tried now."""

    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonTask:
    """The department of a task was removed: somebody else has to take the task."""

    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A department's words, sealed; ``words`` is a keyed hash that tells equal from different."""

    remark_id: UUID
    sealed: bytes
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a department says; ``progress``, ``result`` and others are codes of the contracts."""

    kind: UpdateKind
    handler: str
    occurred_at: datetime | None = None
    progress: str | None = None
    result: str | None = None
    ground: str | None = None
    suspension: str | None = None
    review_at: datetime | None = None
    remark: Remark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUpdate:
    """A department sent an update of its task."""

    update_id: UUID
    task_id: UUID
    department: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """An attempt to deliver ended.

    ``received_at`` is when the department got it, where that is not now. ``answers`` came with the
    receipt. ``retry_after_s``: the department asked to be left alone so long.
    """

    task_id: UUID
    delivery_id: str
    kind: DeliveryKind
    claim_no: int
    result: AttemptResult
    received_at: datetime | None = None
    answers: tuple[Answer, ...] = ()
    retry_after_s: float | None = None
