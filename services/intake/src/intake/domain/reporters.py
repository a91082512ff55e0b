"""What a reporter may still do with a report: take it back (撤回), or add to it (补充).

A case whose last reporter withdraws is withdrawn too, if the router agrees; but not while a merge
is under way, which may bring other reporters or take the case away. What is added meanwhile
would reach nobody: the departments have left the case, and the survivor is told of it only later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from intake.domain.case import evolve, report_of
from intake.domain.errors import (
    CaseEndedError,
    ImportedHistoryError,
    MergeUnderWayError,
    ReportElsewhereError,
    ReportWithdrawnError,
    TooManySupplementsError,
)
from intake.domain.facts import (
    CaseSupplemented,
    ReportAttached,
    ReportWithdrawn,
    WithdrawalRequested,
)
from intake.domain.model import WithdrawReason
from intake.domain.state import Standing

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.facts import OwnFact
    from intake.domain.state import CaseState, Report

# What one reporter may add to one report in one case.
MAX_SUPPLEMENTS: Final = 20


def withdraw(state: CaseState, report_id: UUID, now: datetime) -> tuple[OwnFact, ...]:
    """Return what follows when a reporter withdraws; nothing when that was done before.

    Raises:
        ReportElsewhereError: The report is not in this case.
        CaseEndedError: It is too late.
        ImportedHistoryError: The case is not ours to change.
    """
    report = _report_here(state, report_id)
    if report.standing is Standing.WITHDRAWN:
        return ()
    _refuse_if_ended(state)
    left = ReportWithdrawn(report_id=report_id, reason=WithdrawReason.BY_REPORTER, occurred_at=now)
    return (left, *request_if_left(evolve(state, left), now))


def request_if_left(state: CaseState, now: datetime) -> tuple[WithdrawalRequested, ...]:
    """Return the wish to end a case that its last reporter has left, if it is still to be told."""
    waits = state.is_merging or state.incoming or state.withdrawing
    if state.last_left is None or state.active or waits or state.is_over:
        return ()
    return (WithdrawalRequested(occurred_at=now),)


def come_back(state: CaseState, now: datetime) -> tuple[ReportAttached, ...]:
    """Return that the last report counts again: its case was solved before it was withdrawn."""
    report = report_of(state, state.last_left) if state.last_left else None
    if report is None:
        return ()
    again = ReportAttached(
        report_id=report.report_id,
        channel=report.channel,
        reachable=report.reachable,
        occurred_at=now,
    )
    return (again,)


def supplement(
    state: CaseState, report_id: UUID, supplement_id: UUID, now: datetime
) -> CaseSupplemented:
    """Return that a reporter has added something.

    Raises:
        ReportElsewhereError: The report is not in this case.
        ReportWithdrawnError: Its reporter has left.
        CaseEndedError: Nobody works on it any more.
        ImportedHistoryError: The case is not ours to change.
        MergeUnderWayError: The report is about to move.
        TooManySupplementsError: Enough was added.
    """
    report = _report_here(state, report_id)
    if report.standing is Standing.WITHDRAWN:
        raise ReportWithdrawnError
    _refuse_if_ended(state)
    if state.merge is not None and state.is_merging:
        raise MergeUnderWayError(state.merge.survivor)
    if report.supplements >= MAX_SUPPLEMENTS:
        raise TooManySupplementsError
    return CaseSupplemented(report_id=report_id, supplement_id=supplement_id, occurred_at=now)


def _report_here(state: CaseState, report_id: UUID) -> Report:
    report = report_of(state, report_id)
    if report is None or report.standing in {Standing.MOVED, Standing.UNMERGED}:
        raise ReportElsewhereError
    return report


def _refuse_if_ended(state: CaseState) -> None:
    if state.replayed:
        raise ImportedHistoryError
    # The reports of a case that has joined another are still here for a moment.
    if state.is_over and not state.is_merging:
        raise CaseEndedError
