"""What the adapter knows of one case: its tasks, and how far each department is with its own."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class TaskState(StrEnum):
    """Where a task is. The last three are terminal."""

    QUEUED = "queued"
    PARKED = "parked"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RETURNED = "returned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_closed(self) -> bool:
        """Whether no fact of the department moves it any more."""
        return self in _CLOSED

    def later(self, other: "TaskState") -> "TaskState":
        """Return the further of two states: an answer that comes late moves nothing backwards."""
        return other if _RANK[other] > _RANK[self] else self


class ParkReason(StrEnum):
    """Why a delivery waits for a person."""

    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    NO_SUCH_DEPARTMENT = "no_such_department"


_CLOSED = frozenset({TaskState.RETURNED, TaskState.COMPLETED, TaskState.CANCELLED})
_RANK = {state: rank for rank, state in enumerate(TaskState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """Which task. A next attempt is another task, with another id."""

    task_id: UUID
    task_no: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the department said when it was done; ``words`` is a keyed hash of its remark."""

    result: str
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A delivery that waits for a person; it is tried again at ``review_at`` at the latest."""

    delivery_id: str
    reason: ParkReason
    since: datetime
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One department's task.

    ``delivery_id`` is the delivery that brings it. ``ordinal`` is the last place given out in its
    lane, where deliveries go one after another. ``failures`` counts the attempts of the present
    delivery that failed for the department's reasons, never those that failed for ours.
    ``may_know``: the department may have heard of it, although the present count shows nothing.
    ``awaits_extension`` and ``awaits_suspension``: a superior has to decide what it asked for.
    """

    ref: TaskRef
    department: str
    delivery_id: str
    dispatched_at: datetime
    return_until: datetime | None = None
    ordinal: int = 0
    state: TaskState = TaskState.QUEUED
    failures: int = 0
    may_know: bool = False
    parked: Parked | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    return_ground: str | None = None
    completion: Completion | None = None
    cancelled_at: datetime | None = None
    awaits_extension: bool = False
    awaits_suspension: bool = False

    @property
    def was_told(self) -> bool:
        """Whether the department is known to have heard, or may have heard, of the task."""
        return self.may_know or self.delivered_at is not None or self.failures > 0

    def next_ordinal(self, sequence: int) -> int:
        """Return the next place in the lane: that of the causing fact, or behind what waits.

        Facts of two sources share a lane, and their sequences may be equal.
        """
        return max(sequence, self.ordinal + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTasks:
    """All tasks of one case, in the order of their dispatch."""

    case_id: UUID
    tasks: tuple[Task, ...] = ()

    def find(self, task_id: UUID) -> Task | None:
        """Return a task, or None when it was never dispatched here."""
        return next((task for task in self.tasks if task.ref.task_id == task_id), None)

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        """The tasks that a department still has to handle."""
        return tuple(task for task in self.tasks if not task.state.is_closed)

    def with_task(self, changed: Task) -> "CaseTasks":
        """Return this case with one task added or changed."""
        if self.find(changed.ref.task_id) is None:
            return replace(self, tasks=(*self.tasks, changed))
        tasks = (changed if t.ref.task_id == changed.ref.task_id else t for t in self.tasks)
        return replace(self, tasks=tuple(tasks))
