"""Facts that the router writes to `router.tasks`."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from civicloop_contracts.codes import (
    CancelReason,
    Channel,
    ClockKind,
    DecidedBy,
    DisputeGround,
    EscalationReason,
    Outcome,
    ReassignReason,
    SuspensionKind,
    TaskRole,
    Tier,
)
from civicloop_contracts.fact import DepartmentCode, Fact, Version
from civicloop_contracts.facts.parts import Matter, Place, Round, TaskRef


class RouterFact(Fact):
    """Written by the router."""

    source: ClassVar[str] = "/router/tasks"


class TaskDispatched(RouterFact):
    """A department got a task (派遣).

    Deadlines are None where there is no clock. ``provisional``: a limit crosses a year whose
    calendar is not published. ``return_until`` None: the task cannot be returned.
    """

    task: TaskRef
    department: DepartmentCode
    role: TaskRole
    required: bool
    round: Round
    tier: Tier
    channel: Channel
    matter: Matter
    place: Place
    response_due_at: AwareDatetime | None
    resolution_due_at: AwareDatetime | None
    provisional: bool
    return_until: AwareDatetime | None
    catalog_version: Version
    calendar_version: Version


class TaskReassigned(TaskDispatched):
    """A task got its next attempt, in place of ``replaces``."""

    replaces: UUID
    reason: ReassignReason


class TaskCancelled(RouterFact):
    """A task ended without its department's doing."""

    task: TaskRef
    department: DepartmentCode
    reason: CancelReason


class DisputeOpened(RouterFact):
    """A joint conference (会商) has to name the lead of a task, by ``settle_by``."""

    dispute_id: UUID
    task: TaskRef
    ground: DisputeGround
    settle_by: AwareDatetime


class DisputeSettled(RouterFact):
    """A dispute ended; ``lead`` is None where it became moot."""

    dispute_id: UUID
    task: TaskRef
    decided_by: DecidedBy
    lead: DepartmentCode | None


class ReminderIssued(RouterFact):
    """A deadline comes near (催办)."""

    task: TaskRef
    department: DepartmentCode
    clock: ClockKind
    due_at: AwareDatetime


class SupervisionIssued(RouterFact):
    """A superior looks at this task (督办)."""

    task: TaskRef
    department: DepartmentCode
    tier: Tier


class CaseEscalated(RouterFact):
    """A case climbed to ``tier``."""

    tier: Tier
    reason: EscalationReason
    task: TaskRef | None = None


class DeadlineExtended(RouterFact):
    """A resolution deadline moved (延期), for the ``extensions``-th time."""

    task: TaskRef
    department: DepartmentCode
    due_at: AwareDatetime
    extensions: Annotated[int, Field(ge=1, le=2)]


class ExtensionRefused(RouterFact):
    """A deadline stays."""

    task: TaskRef
    department: DepartmentCode
    request_id: UUID


class ClockSuspended(RouterFact):
    """A clock stands still (挂起, 挂账) with ``remaining_s`` seconds left, until ``review_at``."""

    task: TaskRef
    department: DepartmentCode
    kind: SuspensionKind
    remaining_s: Annotated[int, Field(ge=0)] | None
    review_at: AwareDatetime


class SuspensionRefused(RouterFact):
    """A clock goes on."""

    task: TaskRef
    department: DepartmentCode
    request_id: UUID


class ClockResumed(RouterFact):
    """A clock runs again and ends at ``due_at``."""

    task: TaskRef
    department: DepartmentCode
    due_at: AwareDatetime | None


class WithdrawalRefused(RouterFact):
    """The case was already solved when its last reporter withdrew."""


class MergeRefused(RouterFact):
    """The case was already solved when it should have joined ``survivor``."""

    survivor: UUID


class CaseHandled(RouterFact):
    """Nothing is left to do for departments in this round."""

    outcome: Outcome
    round: Round
    survivor: UUID | None = None
