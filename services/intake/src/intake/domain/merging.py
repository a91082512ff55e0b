"""Merging of cases (并案): asked for by a person, agreed by the router, reports moved; and back.

A case that is on its way into another is no survivor, and one that expects another goes nowhere: so
the reports of a case move one step at a time, and no two cases can wait for each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from intake.domain.case import changed, evolve, report_of
from intake.domain.errors import (
    AlreadyMergedError,
    CaseEndedError,
    ImportedHistoryError,
    LastReportError,
    MergeUnderWayError,
    ReportElsewhereError,
    ReportWithdrawnError,
    UnknownCaseError,
    WithdrawalUnderWayError,
)
from intake.domain.facts import CaseFiled, MergeRequested, ReportAttached, ReportWithdrawn
from intake.domain.model import Outcome, Particulars, Place, WithdrawReason
from intake.domain.reporters import request_if_left
from intake.domain.state import MergeStage, Standing

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.facts import OwnFact
    from intake.domain.state import CaseState, Filing, Report


def request_merge(loser: CaseState, survivor: CaseState, now: datetime) -> MergeRequested:
    """Return the wish that *loser* joins *survivor*.

    A survivor that was solved and closed takes reports too: their reporters hear its end at once.

    Raises:
        IntakeError: One of them cannot be merged; the error says why.
    """
    for state in (loser, survivor):
        _refuse_unfit(state)
    if loser.case_id == survivor.case_id:
        raise AlreadyMergedError(survivor.case_id)
    if loser.incoming:
        raise MergeUnderWayError(loser.case_id)
    if loser.is_over or _ended_unsolved(survivor):
        raise CaseEndedError
    return MergeRequested(survivor=survivor.case_id, occurred_at=now)


def expect(survivor: CaseState, loser_id: UUID) -> CaseState:
    """Return *survivor* while a merge into it is under way."""
    return replace(survivor, incoming=(*survivor.incoming, loser_id))


def forget(
    survivor: CaseState, loser_id: UUID, now: datetime
) -> tuple[CaseState, tuple[OwnFact, ...]]:
    """Return *survivor* after the end of a merge into it, and what that leads to."""
    incoming = tuple(case_id for case_id in survivor.incoming if case_id != loser_id)
    state = replace(survivor, incoming=incoming)
    facts = request_if_left(state, now)
    for fact in facts:
        state = evolve(state, fact)
    return state, facts


def may_move(loser: CaseState, survivor: CaseState) -> bool:
    """Tell whether the reports of *loser* are to move to *survivor* now."""
    merge = loser.merge
    return (
        merge is not None
        and merge.stage is MergeStage.GRANTED
        and merge.survivor == survivor.case_id
    )


def move_reports(
    loser: CaseState, survivor: CaseState, now: datetime
) -> tuple[CaseState, CaseState, tuple[OwnFact, ...]]:
    """Return both cases after the reports that count have moved, and what the survivor tells."""
    facts: list[OwnFact] = []
    for report in loser.active:
        attached = _attached(report, now)
        facts.append(attached)
        survivor = evolve(survivor, attached)
        loser = changed(loser, replace(report, standing=Standing.MOVED))
    if loser.merge is not None:
        loser = replace(loser, merge=replace(loser.merge, stage=MergeStage.DONE))
    survivor, more = forget(survivor, loser.case_id, now)
    return loser, survivor, (*facts, *more)


def unmerge(
    state: CaseState, report_id: UUID, particulars: Particulars | None, now: datetime
) -> tuple[ReportWithdrawn, CaseFiled]:
    """Return that a report leaves its case and is filed anew.

    Raises:
        IntakeError: It cannot leave; the error says why.
    """
    _refuse_unfit(state)
    report = report_of(state, report_id)
    if report is None or report.standing in {Standing.MOVED, Standing.UNMERGED}:
        raise ReportElsewhereError
    if report.standing is Standing.WITHDRAWN:
        raise ReportWithdrawnError
    if len(state.active) == 1 or state.filing is None:
        raise LastReportError
    about = particulars or _particulars(state.filing)
    left = ReportWithdrawn(report_id=report_id, reason=WithdrawReason.UNMERGED, occurred_at=now)
    filed = CaseFiled(
        report_id=report_id,
        channel=report.channel,
        matter=about.matter,
        place=about.place,
        clock=None,
        lead=None,
        reachable=report.reachable,
        replayed=False,
        occurred_at=now,
    )
    return left, filed


def _refuse_unfit(state: CaseState) -> None:
    """Refuse a case that nothing can be merged with, or taken out of."""
    if state.filing is None:
        raise UnknownCaseError
    if state.filing.rejected is not None:
        raise CaseEndedError
    if state.replayed:
        raise ImportedHistoryError
    if state.merge is not None:
        under_way = MergeUnderWayError if state.is_merging else AlreadyMergedError
        raise under_way(state.merge.survivor)
    if state.withdrawing and not state.is_over:
        raise WithdrawalUnderWayError


def _ended_unsolved(state: CaseState) -> bool:
    progress = state.progress
    return progress is not None and state.is_over and progress.outcome is not Outcome.SOLVED


def _attached(report: Report, now: datetime) -> ReportAttached:
    return ReportAttached(
        report_id=report.report_id,
        channel=report.channel,
        reachable=report.reachable,
        occurred_at=now,
    )


def _particulars(filing: Filing) -> Particulars:
    place = Place(
        division=filing.division,
        precision=filing.precision,
        latitude=filing.latitude,
        longitude=filing.longitude,
    )
    return Particulars(matter=filing.matter, place=place)
