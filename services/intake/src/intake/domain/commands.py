"""What intake is asked to do to one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.model import Channel, ExternalClock, Matter, Particulars, Point, Sealed
    from intake.domain.notices import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitReport:
    """File or reject a case for this report (上报), or let it join a case that is the same.

    It joins the first of the other cases of its command that is evidently the same.

    ``opened_at`` is when a source system got it, for reports that were elsewhere before.
    ``replayed``: an imported history; nobody is told of its end. ``sealed`` holds what the reporter
    said of itself: rules never see it.
    """

    report_id: UUID
    channel: Channel
    matter: Matter
    division: str
    point: Point | None
    sealed: tuple[Sealed, ...]
    source_id: str | None = None
    clock: ExternalClock | None = None
    lead: str | None = None
    opened_at: datetime | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawReport:
    """Take a report back, as its reporter wishes (撤回)."""

    report_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSupplement:
    """Add words of a reporter to a report (补充); ``sealed`` holds them: rules never see them."""

    report_id: UUID
    supplement_id: UUID
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCase:
    """Let a case join the other case of the command (并案), if the router agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachReports:
    """Move the reports of the other case, which the router has ended as merged, to this one.

    Under a claim on the job that it is.
    """

    job_id: str
    claim_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetMerge:
    """Expect ``loser`` no more: the router has refused its merge. Under a claim on its job."""

    loser: UUID
    job_id: str
    claim_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeReport:
    """Take a report out of the other case of the command and file it anew.

    ``particulars`` is what it is about; None: as the case that it leaves.
    """

    report_id: UUID
    particulars: Particulars | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotice:
    """Keep what became of one attempt to tell a reporter, made under a claim on its job.

    ``notice_id`` is the id of the notice and of its job.
    """

    notice_id: str
    report_id: UUID
    round: int
    attempt: int
    claim_no: int
    result: Attempt
