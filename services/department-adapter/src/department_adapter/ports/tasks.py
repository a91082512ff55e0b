"""Tasks as the outside sees them, and what handlers want saved beside the case rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from civicloop_kit.jobs import QueueJob
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.model import TaskState


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
    updated_at: datetime


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
        """Return the updates of a task, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDelivery:
    """Effect: a task is due for delivery."""

    job: QueueJob
    entry: TaskEntry


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
    """Effect: a task changed its state."""

    task_id: UUID
    state: TaskState
    at: datetime


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


SideEffect = QueueDelivery | CancelDeliveries | MoveTask | KeepUpdate | StoreRemark
