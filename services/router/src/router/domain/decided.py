"""The facts that the router decides.

They carry a little more than readers get: what folds a fact into a case and concerns nobody else
stays out of the topic (`wire.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.domain.clocks import Clock, Clocks
from router.domain.codes import (
    CancelReason,
    ClockKind,
    DecidedBy,
    DisputeGround,
    EscalationReason,
    Outcome,
    ReassignReason,
    RemarkCode,
    RequestKind,
    TaskRole,
)
from router.domain.facts import Fact
from router.domain.parts import Matter, Place, TaskRef
from router.domain.territory import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFact(Fact):
    """Decided here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDispatched(OwnFact):
    """A department got a task (派遣). ``return_until`` None: the task cannot be returned."""

    task: TaskRef
    department: str
    role: TaskRole
    required: bool
    round: int
    tier: Tier
    channel: str
    matter: Matter
    place: Place
    clocks: Clocks
    return_until: datetime | None
    catalog_version: str
    calendar_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReassigned(TaskDispatched):
    """A task got its next attempt, in place of ``replaces``, which is closed for ever.

    ``extensions`` is how often its deadline has been extended so far.
    """

    replaces: UUID
    reason: ReassignReason
    extensions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled(OwnFact):
    """A task ended without its department's doing."""

    task: TaskRef
    department: str
    reason: CancelReason


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(OwnFact):
    """A joint conference has to name the lead of a task, by ``settle_by``."""

    dispute_id: UUID
    task: TaskRef
    ground: DisputeGround
    settle_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettled(OwnFact):
    """A dispute ended; ``lead`` is None where it became moot."""

    dispute_id: UUID
    task: TaskRef
    decided_by: DecidedBy
    lead: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderIssued(OwnFact):
    """A deadline comes near (催办)."""

    task: TaskRef
    department: str
    clock: ClockKind
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionIssued(OwnFact):
    """A superior looks at this task (督办)."""

    task: TaskRef
    department: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEscalated(OwnFact):
    """The case climbed to ``tier``. ``due_at`` is the deadline that passed, where one did."""

    tier: Tier
    reason: EscalationReason
    task: TaskRef | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended(OwnFact):
    """The resolution deadline moved (延期), for the ``extensions``-th time."""

    task: TaskRef
    department: str
    request_id: UUID
    clock: Clock
    extensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSuspended(OwnFact):
    """The clock stands still (挂起, 挂账), ``remaining_s`` seconds left, until ``review_at``."""

    task: TaskRef
    department: str
    request_id: UUID
    kind: RequestKind
    remaining_s: int
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResumed(OwnFact):
    """The clock runs again."""

    task: TaskRef
    department: str
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(OwnFact):
    """The deadline stays, the clock goes on: what was asked for is not granted."""

    task: TaskRef
    department: str
    request_id: UUID
    kind: RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRefused(OwnFact):
    """The case was already solved when its last reporter withdrew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRefused(OwnFact):
    """The case was already solved when it should have joined ``survivor``."""

    survivor: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandled(OwnFact):
    """Nothing is left to do for departments in this round; merged: into ``survivor``."""

    outcome: Outcome
    round: int
    survivor: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked(OwnFact):
    """Something was read and rightly changed nothing."""

    code: RemarkCode
    task_id: UUID | None = None
