"""What happened in other rooms, in the words of this one.

``occurred_at`` is when it happened out there; every rule uses it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from feedback.domain.parts import Filing, GivenBy, Outcome, TaskRef, TaskRole, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to one case."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStarted(Fact):
    """The case belongs to an imported history."""

    run: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiled(Fact):
    """Intake accepted a report as a case (立案)."""

    filing: Filing


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRejected(Fact):
    """Intake did not accept a report (不予立案)."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAttached(Fact):
    """One more report tells of the same case (并案)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWithdrawn(Fact):
    """A report left its case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFact(Fact):
    """About a task of ``department``."""

    task: TaskRef
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDispatched(TaskFact):
    """The router gave out a task (派遣); a deadline of None is no clock."""

    role: TaskRole
    required: bool
    round: int
    tier: Tier
    response_due_at: datetime | None
    due_at: datetime | None
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReassigned(TaskDispatched):
    """The router gave out the next attempt of a task, in place of ``replaces``."""

    replaces: UUID
    given_by: GivenBy


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(Fact):
    """A joint conference (会商) has to name the lead of a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettled(Fact):
    """A dispute over a task ended; ``lead`` is None where it became moot.

    ``by_rule``: its time limit passed, so that the catalog named the lead and no conference.
    """

    task_no: int
    lead: str | None
    by_rule: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderIssued(TaskFact):
    """A deadline comes near (催办)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionIssued(TaskFact):
    """A superior looks at the task (督办)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEscalated(Fact):
    """The case climbed to ``tier``."""

    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended(TaskFact):
    """The resolution deadline moved to ``due_at`` (延期)."""

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRefused(TaskFact):
    """The deadline stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSuspended(TaskFact):
    """The clock stands still (挂起, 挂账), ``remaining_s`` seconds before its end."""

    remaining_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionRefused(TaskFact):
    """The clock goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResumed(TaskFact):
    """The clock runs again and ends at ``due_at``."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRefused(Fact):
    """The case was solved before its last reporter withdrew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRefused(Fact):
    """The case was solved before it could join another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandled(Fact):
    """The router has nothing left to do in ``round``."""

    outcome: Outcome
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelivered(TaskFact):
    """The department has the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked(TaskFact):
    """The department could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerFact(TaskFact):
    """Somebody at the department's desk said it."""

    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAcknowledged(HandlerFact):
    """The department accepted the task (签收)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReturned(HandlerFact):
    """The department says that it is not responsible (退单)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed(HandlerFact):
    """The department works on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(HandlerFact):
    """The department is done (处置)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRequested(HandlerFact):
    """The department asks for a later deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionRequested(HandlerFact):
    """The department asks to stop the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkRead(Fact):
    """Another room read something that rightly changed nothing."""
