"""The facts of other rooms that move a case in the router.

Only what rules need: case id, cause and replay travel beside them. ``occurred_at`` is when it
happened out there.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.domain.codes import Outcome, RequestKind
from router.domain.parts import ExternalClock, Matter, Place, TaskRef


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
class ReportAttached(Fact):
    """One more reporter tells of the case (并案)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWithdrawn(Fact):
    """A reporter left the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequested(Fact):
    """The last reporter of the case withdrew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequested(Fact):
    """The case shall join ``survivor``."""

    survivor: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer(Fact):
    """A department, or the adapter for it, tells of one task."""

    task: TaskRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDelivered(TaskAnswer):
    """The department has the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked(TaskAnswer):
    """The department could not be told. ``unknown``: there is no such department."""

    unknown: bool = False


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
class ClockRequested(TaskAnswer):
    """The department asks for more time. ``review_at``: when a stopped clock is looked at again."""

    request_id: UUID
    kind: RequestKind
    review_at: datetime | None = None


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
