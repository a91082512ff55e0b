"""One task of a case: what we decided about it, and the states that it goes through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from router.domain.answers import Answer
from router.domain.clocks import NO_CLOCKS, Clocks
from router.domain.codes import DecidedBy, DisputeGround, Gate, ReassignReason, TaskRole
from router.domain.parts import TaskRef


class TaskStatus(StrEnum):
    """States of a task in this room; RETURNED, COMPLETED and CANCELLED are terminal."""

    WAITING = "waiting"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    SUSPENDED = "suspended"
    DISPUTED = "disputed"
    RETURNED = "returned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_in_hand(self) -> bool:
        """Whether a department has it and has not finished."""
        return self in {TaskStatus.DISPATCHED, TaskStatus.ACKNOWLEDGED, TaskStatus.SUSPENDED}

    @property
    def is_open(self) -> bool:
        """Whether it is in hand or disputed: something of it is still to come."""
        return self.is_in_hand or self is TaskStatus.DISPUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Who leads is to be named by ``settle_by``. ``settled`` None: it is still open."""

    dispute_id: UUID
    ground: DisputeGround
    opened_at: datetime
    settle_by: datetime
    settled: DecidedBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """The clock stands still (挂起, 挂账) since ``suspended_at``, until ``review_at``."""

    suspended_at: datetime
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What we decided about a task. No department: nobody was found to do it.

    ``replaced``: a next attempt came in its place, and why. ``came_by``: why it came in the place
    of another, or with SETTLED of a dispute. ``decided`` are the requests that were answered.
    ``given_up``: it was returned, and the case goes on without it.
    """

    ref: TaskRef
    role: TaskRole
    required: bool
    round: int = 1
    department: str | None = None
    dispatched_at: datetime | None = None
    clocks: Clocks = NO_CLOCKS
    return_until: datetime | None = None
    came_by: ReassignReason | None = None
    replaced: ReassignReason | None = None
    dispute: Dispute | None = None
    disputes: int = 0
    suspension: Suspension | None = None
    extensions: int = 0
    decided: tuple[UUID, ...] = ()
    cancelled_at: datetime | None = None
    given_up: bool = False

    @property
    def open_dispute(self) -> Dispute | None:
        """The dispute over who leads it, while it lasts."""
        return self.dispute if self.dispute and self.dispute.settled is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTask:
    """A task of the plan whose gate is shut. ``escalated_for``: the deadline that passed on it."""

    ref: TaskRef
    department: str
    role: TaskRole
    required: bool
    after: Gate
    escalated_for: datetime | None = None


def status_of(task: Task, answer: Answer) -> TaskStatus:
    """Return the status of *task*: what closed it stands, whatever its department still told."""
    if task.department is None:
        # Whatever is told of a task that nobody has: nobody has done it.
        return TaskStatus.DISPUTED if task.open_dispute else TaskStatus.CANCELLED
    if task.cancelled_at:
        return TaskStatus.CANCELLED
    if task.replaced:
        return _status_replaced(task.replaced, answer)
    return _status_present(task, answer)


def _status_present(task: Task, answer: Answer) -> TaskStatus:
    """Return the first that holds: done before disputed, disputed before returned."""
    holds = (
        (answer.completed_at, TaskStatus.COMPLETED),
        (task.open_dispute, TaskStatus.DISPUTED),
        (answer.returned_at, TaskStatus.RETURNED),
        (task.suspension, TaskStatus.SUSPENDED),
        (answer.acknowledged_at or answer.progressed_at, TaskStatus.ACKNOWLEDGED),
    )
    return next((status for reason, status in holds if reason), TaskStatus.DISPATCHED)


def _status_replaced(why: ReassignReason, answer: Answer) -> TaskStatus:
    """Return as what a task ended when its next attempt came."""
    if why in {ReassignReason.REWORK, ReassignReason.REOPENED} and answer.completed_at:
        return TaskStatus.COMPLETED
    if why in {ReassignReason.RETURNED, ReassignReason.SETTLED} and answer.returned_at:
        return TaskStatus.RETURNED
    return TaskStatus.CANCELLED
