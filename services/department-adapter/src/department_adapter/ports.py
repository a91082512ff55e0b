"""What the handlers and workers of this room need from outside, and what they hand over.

`DepartmentTransport` is the port that a way of reaching departments implements: webhook and replay
today, pull, Kafka and others later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from civicloop_contracts.fact import Replay
from civicloop_kit.jobs import QueueJob
from department_adapter.domain.commands import Answer, DeliveryKind, UpdateKind
from department_adapter.domain.department import Department
from department_adapter.domain.errors import AdapterError
from department_adapter.domain.model import TaskState


class DeliveryRefusedError(AdapterError):
    """The department will never take this delivery; a person has to look at it."""

    def __init__(self, message: str | None = None, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class DepartmentUnavailableError(AdapterError):
    """The department did not take the delivery; try again."""

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NarrativesUnavailableError(AdapterError):
    """Intake does not answer: deliveries wait, and no department is to blame."""


class NarrativeState(StrEnum):
    """Whether there are words to a case, and whether they may still be read."""

    TEXT = "text"
    ERASED = "erased"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrative:
    """What reporters said about a case: in memory only, for one attempt."""

    state: NarrativeState
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one department is told.

    ``body`` is the JSON that it gets, without the narrative. ``dispatched_at`` is set for a
    dispatch, ``replay`` for a case of an imported history.
    """

    delivery_id: str
    kind: DeliveryKind
    task_id: UUID
    case_id: UUID
    department: str
    body: Mapping[str, Any]
    dispatched_at: datetime | None = None
    replay: Replay | None = None
    narrative: Narrative | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The department has it: since ``received_at`` (None: now), with these answers at once."""

    received_at: datetime | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A department with what its signatures are made from: the newest secret first."""

    department: Department
    secrets: tuple[str, ...] = field(default=(), repr=False)


class DepartmentTransport(Protocol):
    """A way to reach departments."""

    async def deliver(self, registered: Registered, delivery: Delivery) -> Receipt:
        """Hand a delivery over; the same one may come again under the same id.

        Raises:
            DeliveryRefusedError: Never again like this.
            DepartmentUnavailableError: Try again.
        """


class Narratives(Protocol):
    """What reporters said, kept by intake."""

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the narratives of up to 100 cases; each read is recorded there.

        Raises:
            NarrativesUnavailableError: No answer.
        """


class Departments(Protocol):
    """The registry of departments, as the worker sees it."""

    async def known(self) -> Mapping[str, Registered]:
        """Return all departments by code; a change shows within seconds."""

    async def reread(self) -> Mapping[str, Registered]:
        """Return all departments by code as they are now."""

    async def disable(self, code: str) -> None:
        """Try a department no more until a person activates it."""


class Queues(Protocol):
    """The names of the queues that hold deliveries."""

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""


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
