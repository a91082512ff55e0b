"""What happened, in the words of this room: read from others, or decided here.

``occurred_at`` is when it happened out there; every rule uses it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    """How a case was handled and how it ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"
    ASSIST = "assist"


class ReworkReason(StrEnum):
    """Why work has to be done again (返工)."""

    VERIFICATION_FAILED = "verification_failed"
    NOT_SOLVED = "not_solved"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    CASE_ENDED = "case_ended"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """Which task. A next attempt is another task, with another id."""

    task_id: UUID
    task_no: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """An entry of one standard and, where known, its filing condition."""

    standard_ref: str
    kind: str
    code: str
    condition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is, as exactly as intake was allowed to say."""

    division: str
    precision: str
    latitude: float | None = None
    longitude: float | None = None
    h3_cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a case is about.

    ``source_clock``: the deadline is the source system's, in ``due_at``; None there is no deadline.
    """

    channel: str
    matter: Matter
    place: Place
    source_clock: bool = False
    due_at: datetime | None = None
    lead: str | None = None


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
class TaskDispatched(Fact):
    """The router gave a department a task (派遣)."""

    task: TaskRef
    department: str
    role: TaskRole
    required: bool
    round: int
    response_due_at: datetime | None
    due_at: datetime | None
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(Fact):
    """Nobody is known to be responsible for a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandled(Fact):
    """The router has nothing left to do in ``round``."""

    outcome: Outcome
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentFact(Fact):
    """The adapter's record about a task of ``department``."""

    task: TaskRef
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelivered(DepartmentFact):
    """The department has the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked(DepartmentFact):
    """The department could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAcknowledged(DepartmentFact):
    """The department accepted the task (签收)."""

    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed(DepartmentFact):
    """The department works on it."""

    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(DepartmentFact):
    """The department is done (处置)."""

    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkRead(Fact):
    """Another room read something that rightly changed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFact(Fact):
    """Decided in this room, about one round of the case."""

    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRequested(OwnFact):
    """Somebody who did not handle it shall look (核实)."""

    verify_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationOverdue(OwnFact):
    """Nobody looked in time; ``verify_by`` is the next date."""

    verify_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVerified(OwnFact):
    """Somebody who did not handle it found it done; the reporter has until ``call_back_until``."""

    verifier: str
    call_back_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkRequested(OwnFact):
    """The tasks of these numbers have to be done again (返工)."""

    tasks: tuple[int, ...]
    reason: ReworkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SatisfactionRecorded(OwnFact):
    """The reporter answered (回访); ``satisfied`` is None where not said."""

    solved: bool
    satisfied: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(OwnFact):
    """This round is over (结案)."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(OwnFact):
    """The case starts the new round ``round``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked(OwnFact):
    """Read here, and rightly without effect."""

    code: RemarkCode
