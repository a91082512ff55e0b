"""What happened to a case: intake's own facts, and those of other rooms as far as they matter here.

``occurred_at`` is when it happened out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.model import (
        Channel,
        ExternalClock,
        Matter,
        Outcome,
        Place,
        RejectReason,
        WithdrawReason,
    )


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
class ReportAttached:
    """One more report tells of this case (并案), or one that had left counts again."""

    report_id: UUID
    channel: Channel
    reachable: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWithdrawn:
    """A report left its case."""

    report_id: UUID
    reason: WithdrawReason
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSupplemented:
    """A reporter added something; the words are in the vault under ``supplement_id``."""

    report_id: UUID
    supplement_id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequested:
    """The last reporter of the case withdrew."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequested:
    """This case shall join ``survivor``."""

    survivor: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDispatched:
    """A department got a task (派遣); ``lead`` is its code where it leads, else None."""

    round: int
    attempt: int
    lead: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReassigned:
    """A task got its next attempt; ``lead`` as in `TaskDispatched`."""

    round: int
    attempt: int
    lead: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened:
    """A joint conference (会商) has to name the lead."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettled:
    """The joint conference, or a rule, has ended the dispute."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRefused:
    """The case was solved before its last reporter withdrew."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRefused:
    """The case was solved before it could join ``survivor``."""

    survivor: UUID
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
class ReworkRequested:
    """Work has to be done again (返工)."""

    round: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """This round of the case is over (结案)."""

    round: int
    outcome: Outcome
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened:
    """The case starts a new round, numbered ``round``."""

    round: int
    occurred_at: datetime


OwnFact = (
    CaseFiled
    | CaseRejected
    | ReportAttached
    | ReportWithdrawn
    | CaseSupplemented
    | WithdrawalRequested
    | MergeRequested
)
_RouterFact = (
    TaskDispatched
    | TaskReassigned
    | DisputeOpened
    | DisputeSettled
    | CaseHandled
    | WithdrawalRefused
    | MergeRefused
)
IncomingFact = (
    _RouterFact
    | TaskAcknowledged
    | TaskProgressed
    | VerificationRequested
    | CaseVerified
    | ReworkRequested
    | CaseClosed
    | CaseReopened
)
