"""The facts that move a case in the router, read from other rooms or made here.

Only what rules need: case id, cause and replay travel beside them. ``occurred_at`` is when it
happened out there.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from router.domain.parts import ExternalClock, Matter, Place, TaskRef
from router.domain.territory import Tier


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"
    ASSIST = "assist"


class CancelReason(StrEnum):
    """Why a task ended without its department's doing."""

    CASE_HANDLED = "case_handled"


class DisputeGround(StrEnum):
    """Why a joint conference (会商) has to name the lead."""

    NO_DUTY = "no_duty"


class Outcome(StrEnum):
    """How a case was handled, and how it ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    LATE_ANSWER = "late_answer"
    CASE_ENDED = "case_ended"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to one case."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiled(Fact):
    """intake filed a case (立案). ``lead`` is the department that a source system had named.

    ``channel`` is passed on, no rule reads it. ``replayed``: the case lives on a file's times.
    """

    channel: str
    matter: Matter
    place: Place
    clock: ExternalClock | None = None
    lead: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRejected(Fact):
    """intake filed no case (不予立案)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer(Fact):
    """A department, or the adapter for it, tells of one task."""

    task: TaskRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelivered(TaskAnswer):
    """The department has the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked(TaskAnswer):
    """The department could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAcknowledged(TaskAnswer):
    """The department accepted the task (签收)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed(TaskAnswer):
    """The department works on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReturned(TaskAnswer):
    """The department says that it is not responsible (退单)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(TaskAnswer):
    """The department is done (处置)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFact(Fact):
    """feedback tells of one round of the case: its filing, or a reopening."""

    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkRequested(RoundFact):
    """The numbered tasks have to be done again (返工)."""

    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(RoundFact):
    """This round is over (结案)."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(RoundFact):
    """A new round begins, numbered ``round``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFact(Fact):
    """Decided here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDispatched(OwnFact):
    """A department got a task (派遣).

    A deadline is None where there is no clock; ``provisional``: one of them crosses a year whose
    calendar is not published. ``return_until`` None: the task cannot be returned.
    """

    task: TaskRef
    department: str
    role: TaskRole
    required: bool
    round: int
    tier: Tier
    channel: str
    matter: Matter
    place: Place
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    provisional: bool
    return_until: datetime | None
    catalog_version: str
    calendar_version: str


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
class CaseHandled(OwnFact):
    """Nothing is left to do for departments in this round."""

    outcome: Outcome
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked(OwnFact):
    """Something was read and rightly changed nothing."""

    code: RemarkCode
    task_id: UUID | None = None
