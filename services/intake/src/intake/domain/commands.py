"""What intake is asked to do to one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.model import Channel, ExternalClock, Matter, Point, Sealed
    from intake.domain.notices import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitReport:
    """File or reject a case for this report (上报).

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
class RecordNotice:
    """Keep what became of one attempt to tell a reporter, made under a claim on its job."""

    report_id: UUID
    round: int
    attempt: int
    claim_no: int
    result: Attempt
