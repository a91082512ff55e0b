"""Who is told what becomes of a report, what is said, and what to do when telling fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from intake.domain.model import Outcome, RejectReason
from intake.domain.state import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from intake.domain.state import CaseState, End, Report

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
    WITHDRAWAL_REFUSED = "withdrawal_refused"
    MERGE_REFUSED = "merge_refused"


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
    """A reporter has to hear something; the same id is the same notice.

    ``settled`` is what became of it at once: nobody to tell, or an imported history.
    """

    notice_id: str
    report_id: UUID
    round: int
    text: TextKey
    settled: NoticeOutcome | None


def take_owed(state: CaseState) -> tuple[CaseState, tuple[OwedNotice, ...]]:
    """Return the ends that reporters have still to hear of, and the state in which they do.

    Each hears once of each round of the case. One who withdrew hears only that the case did too.
    """
    owed: list[OwedNotice] = []
    reports: list[Report] = []
    for report in state.reports:
        ends = [end for end in state.ends if _concerns(end, report)]
        owed += [_of_end(state, report, end, text) for end in ends if (text := _text(end))]
        told = (*report.told, *(end.round for end in ends))
        reports.append(replace(report, told=told) if ends else report)
    return replace(state, reports=tuple(reports)), tuple(owed)


def refusals(
    state: CaseState, reports: Iterable[Report], text: TextKey, sequence: int
) -> tuple[OwedNotice, ...]:
    """Return that these reporters have to hear of a refusal; *sequence* is that of its fact."""
    return tuple(
        OwedNotice(
            notice_id=f"{report.report_id}/{state.case_id}/{text}/{sequence}",
            report_id=report.report_id,
            round=state.round,
            text=text,
            settled=_settled(replayed=state.replayed, reachable=report.reachable),
        )
        for report in reports
    )


def retry_delay(attempt: int) -> timedelta:
    """Return how long to wait after the *attempt*-th failure, counted from 1."""
    return RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1]


def _concerns(end: End, report: Report) -> bool:
    if end.round < report.since_round or end.round in report.told:
        return False
    if report.standing is Standing.WITHDRAWN:
        return end.outcome is Outcome.WITHDRAWN
    return report.standing is Standing.ACTIVE


def _of_end(state: CaseState, report: Report, end: End, text: TextKey) -> OwedNotice:
    return OwedNotice(
        notice_id=f"{report.report_id}/{state.case_id}/{end.round}",
        report_id=report.report_id,
        round=end.round,
        text=text,
        settled=_settled(replayed=state.replayed, reachable=report.reachable),
    )


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
