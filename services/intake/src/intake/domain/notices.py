"""Who is told the end of a case, what is said, and what to do when telling fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from intake.domain.model import Outcome, RejectReason

if TYPE_CHECKING:
    from uuid import UUID

    from intake.domain.case import CaseState, End

# A notice is owed for as long as it takes: the last delay goes on.
RETRY_DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)


class TextKey(StrEnum):
    """Which text a reporter gets."""

    CLOSED_SOLVED = "closed_solved"
    CLOSED_WITHDRAWN = "closed_withdrawn"
    REJECTED_OUTSIDE_JURISDICTION = "rejected_outside_jurisdiction"
    REJECTED_UNKNOWN_MATTER = "rejected_unknown_matter"


class NoticeOutcome(StrEnum):
    """What became of a notice in the end."""

    SENT = "sent"
    UNREACHABLE_ERASED = "unreachable_erased"
    NO_CONTACT = "no_contact"
    REPLAY = "replay"


class Attempt(StrEnum):
    """What became of one attempt: the end of the notice, or a failure."""

    SENT = "sent"
    UNREACHABLE_ERASED = "unreachable_erased"
    NO_CONTACT = "no_contact"
    FAILED = "failed"
    UNREADABLE = "unreadable"

    @property
    def outcome(self) -> NoticeOutcome | None:
        """The end of the notice, None where it is still owed."""
        ended = self not in {Attempt.FAILED, Attempt.UNREADABLE}
        return NoticeOutcome(self.value) if ended else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedNotice:
    """A reporter has to hear the end of a round.

    ``settled`` is what became of it at once: nobody to tell, or an imported history.
    """

    report_id: UUID
    round: int
    text: TextKey
    settled: NoticeOutcome | None


def notice_id(report_id: UUID, round_: int) -> str:
    """Return the id of a notice: one per report and round."""
    return f"{report_id}/{round_}"


def take_owed(state: CaseState) -> tuple[CaseState, tuple[OwedNotice, ...]]:
    """Return the notices that are owed and not yet under way, and the state in which they are."""
    if not state.reports:
        return state, ()
    ends = [end for end in state.ends if end.round not in state.told]
    owed = tuple(notice for end in ends for notice in _owed(state, end))
    return replace(state, told=(*state.told, *(end.round for end in ends))), owed


def retry_delay(attempt: int) -> timedelta:
    """Return how long to wait after the *attempt*-th failure, counted from 1."""
    return RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1]


def _owed(state: CaseState, end: End) -> list[OwedNotice]:
    text = _text(end)
    if text is None:
        return []
    return [
        OwedNotice(
            report_id=report.report_id,
            round=end.round,
            text=text,
            settled=_settled(replayed=state.replayed, reachable=report.reachable),
        )
        for report in state.reports
    ]


def _text(end: End) -> TextKey | None:
    """Return what to say; None for a merged case, whose reporters hear of the survivor."""
    if end.rejected is RejectReason.OUTSIDE_JURISDICTION:
        return TextKey.REJECTED_OUTSIDE_JURISDICTION
    if end.rejected is RejectReason.UNKNOWN_MATTER:
        return TextKey.REJECTED_UNKNOWN_MATTER
    if end.outcome is Outcome.WITHDRAWN:
        return TextKey.CLOSED_WITHDRAWN
    return TextKey.CLOSED_SOLVED if end.outcome is Outcome.SOLVED else None


def _settled(*, replayed: bool, reachable: bool) -> NoticeOutcome | None:
    if replayed:
        return NoticeOutcome.REPLAY
    return None if reachable else NoticeOutcome.NO_CONTACT
