"""What happened to a case: intake's own facts, and those of other rooms as far as they matter here.

``occurred_at`` is when it happened out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.model import Channel, ExternalClock, Matter, Outcome, Place, RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiled:
    """A report became a case (立案).

    ``reachable``: the reporter left a contact. ``replayed``: part of an imported history.
    """

    report_id: UUID
    channel: Channel
    matter: Matter
    place: Place
    clock: ExternalClock | None
    lead: str | None
    reachable: bool
    replayed: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRejected:
    """A report did not become a case (不予立案)."""

    report_id: UUID
    channel: Channel
    matter: Matter
    division: str
    reason: RejectReason
    reachable: bool
    replayed: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDispatched:
    """A department got a task (派遣); ``lead`` is its code where it leads, else None."""

    round: int
    attempt: int
    lead: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened:
    """A joint conference (会商) has to name the lead."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAcknowledged:
    """A department accepted a task (签收)."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed:
    """A department works on it."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandled:
    """Nothing is left to do for departments (处置) in this round."""

    round: int
    outcome: Outcome
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRequested:
    """Somebody who did not handle it shall look (核实)."""

    round: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVerified:
    """Somebody who did not handle it found it done."""

    round: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """This round of the case is over (结案)."""

    round: int
    outcome: Outcome
    occurred_at: datetime


OwnFact = CaseFiled | CaseRejected
IncomingFact = (
    TaskDispatched
    | DisputeOpened
    | TaskAcknowledged
    | TaskProgressed
    | CaseHandled
    | VerificationRequested
    | CaseVerified
    | CaseClosed
)
