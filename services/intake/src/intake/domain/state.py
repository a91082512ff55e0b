"""What intake remembers of a case: how it was filed, how far it is, who tells of it.

Nothing of a person is in it. Types are read at run time here: the state is kept as JSON.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from intake.domain.model import Channel, Matter, Outcome, Precision, RejectReason, Status

FIRST_ROUND: Final = 1
DONE: Final = frozenset({Status.VERIFYING, Status.CALLING_BACK})
OVER: Final = frozenset({Status.CLOSED, Status.REJECTED})


class Standing(StrEnum):
    """Whether a report counts in its case, and why not."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    UNMERGED = "unmerged"
    MOVED = "moved"


class MergeStage(StrEnum):
    """How far a case is on its way into another: asked, agreed by the router, reports moved."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """How the case began; ``rejected`` says why it is none. No position for premises."""

    filed_at: datetime
    matter: Matter
    division: str
    precision: Precision
    rejected: RejectReason | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a round is, and since when; ``outcome`` is how it ended.

    ``lap`` counts the work of a round: each rework begins the next one.
    """

    round: int
    status: Status
    since: datetime
    lap: int = 1
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something was told of the newest round in which it was told at all."""

    round: int = FIRST_ROUND
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who leads (主办), by the newest attempt of the newest round."""

    department: str
    round: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of the case; ``reachable``: its reporter left a contact.

    ``told`` are the rounds whose end its reporter is being told or was told, of those from
    ``since_round`` on. ``supplements``: how often its reporter has added something here.
    """

    report_id: UUID
    channel: Channel
    reachable: bool
    standing: Standing = Standing.ACTIVE
    since_round: int = FIRST_ROUND
    told: tuple[int, ...] = ()
    supplements: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A round that is over: closed with an outcome, or rejected with a reason."""

    round: int
    outcome: Outcome | None = None
    rejected: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The case shall join ``survivor``, or has joined it."""

    survivor: UUID
    stage: MergeStage


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """What intake remembers of a case.

    ``ends`` are the rounds that are over. ``handled``, ``verifications`` and ``reworks`` count what
    one source each has told. ``incoming`` are the cases that are on their way into this one.
    ``last_left`` is the report whose reporter withdrew last; ``withdrawing``: with it the case, if
    the router agrees.
    """

    case_id: UUID
    filing: Filing | None = None
    progress: Progress | None = None
    handled: Tally = Tally()
    verifications: Tally = Tally()
    reworks: Tally = Tally()
    lead: Lead | None = None
    reports: tuple[Report, ...] = ()
    ends: tuple[End, ...] = ()
    merge: Merge | None = None
    incoming: tuple[UUID, ...] = ()
    last_left: UUID | None = None
    withdrawing: bool = False
    replayed: bool = False

    @property
    def round(self) -> int:
        """The newest round that is known."""
        return self.progress.round if self.progress else FIRST_ROUND

    @property
    def is_over(self) -> bool:
        """Whether its newest round has ended."""
        return self.progress is not None and self.progress.status in OVER

    @property
    def is_done(self) -> bool:
        """Whether departments have done their work: it is verified, or reporters are asked."""
        return self.progress is not None and self.progress.status in DONE

    @property
    def is_merging(self) -> bool:
        """Whether it is on its way into another case; its reports are still here."""
        return self.merge is not None and self.merge.stage is not MergeStage.DONE

    @property
    def active(self) -> tuple[Report, ...]:
        """The reports that count."""
        return tuple(report for report in self.reports if report.standing is Standing.ACTIVE)


def new_case(case_id: UUID) -> CaseState:
    """Return a case of which nothing is known yet."""
    return CaseState(case_id=case_id)
