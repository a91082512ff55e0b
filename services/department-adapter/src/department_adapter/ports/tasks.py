"""Tasks as the outside sees them, and what handlers want saved beside the case rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from civicloop_kit.jobs import QueueJob
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.model import Parked, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task as the outside may see it."""

    task_id: UUID
    case_id: UUID
    department: str
    role: str
    state: TaskState
    dispatched_at: datetime
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    return_until: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEntry:
    """A delivery that waits for a person, and whose it is."""

    task_id: UUID
    case_id: UUID
    department: str
    parked: Parked


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEntry:
    """What became of one update; ``applied`` is False when it repeated what was known."""

    update_id: UUID
    kind: UpdateKind
    applied: bool
    state: TaskState
    occurred_at: datetime | None
    recorded_at: datetime


class Tasks(Protocol):
    """Tasks and their updates, by task id."""

    async def find(self, task_id: UUID) -> TaskEntry | None:
        """Return a task, or None when it was never dispatched here."""

    async def updates(self, task_id: UUID) -> Sequence[UpdateEntry]:
        """Return the newest updates of a task, the oldest of them first."""

    async def parked(self, after: UUID | None, limit: int) -> Sequence[ParkedEntry]:
        """Return what is parked of each task, by task id."""

    async def left(self, limit: int) -> Sequence[TaskEntry]:
        """Return open tasks whose department was removed and that are not parked for it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDelivery:
    """Effect: a task is due for delivery. An ``imported`` one is never delivered to anybody."""

    job: QueueJob
    entry: TaskEntry
    imported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNotice:
    """Effect: a department is to be told something about its task."""

    job: QueueJob


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPlace:
    """Effect: a lease ran out; the delivery is back at its place, due as it was."""

    job_id: str
    claim_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDeliveries:
    """Effect: the department ended its task, so that nothing is left to tell it."""

    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDeliveries:
    """Effect: what waits of a task for a later attempt is due now."""

    task_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAgain:
    """Effect: nobody has the task: its first delivery waits until ``due_at``, all others go."""

    task_id: UUID
    delivery_id: str
    ordinal: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDeliveries:
    """Effect: a task's unfinished deliveries go away, and its cancellation is queued.

    It is queued only when the department ``was_told``, or when one of those deliveries has been
    claimed: an attempt under way may have reached the department.
    """

    cancellation: QueueJob
    was_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTask:
    """Effect: a task changed its state, or something of it was parked or is no more."""

    task_id: UUID
    state: TaskState
    at: datetime
    parked: Parked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDeadline:
    """Effect: a task has another resolution deadline; None while its clock stands still."""

    task_id: UUID
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepUpdate:
    """Effect: an update was read."""

    task_id: UUID
    department: str
    entry: UpdateEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRemark:
    """Effect: a department's words, sealed, go into the vault."""

    remark_id: UUID
    task_id: UUID
    sealed: bytes
    at: datetime


SideEffect = (
    QueueDelivery
    | QueueNotice
    | CancelDeliveries
    | KeepPlace
    | DropDeliveries
    | ReleaseDeliveries
    | QueueAgain
    | MoveTask
    | MoveDeadline
    | KeepUpdate
    | StoreRemark
)
