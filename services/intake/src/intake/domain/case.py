"""A case as intake sees it: one more fact, and what that makes of it.

Facts come from four sources in any order. The state is a fold that does not depend on it: each
source folds into its own part.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from intake.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    CaseRejected,
    CaseSupplemented,
    MergeRefused,
    MergeRequested,
    ReportAttached,
    ReportWithdrawn,
    WithdrawalRefused,
    WithdrawalRequested,
)
from intake.domain.model import Outcome, Precision, WithdrawReason
from intake.domain.progress import advance
from intake.domain.state import (
    FIRST_ROUND,
    End,
    Filing,
    Merge,
    MergeStage,
    Report,
    Standing,
)

if TYPE_CHECKING:
    from uuid import UUID

    from intake.domain.facts import IncomingFact, OwnFact
    from intake.domain.progress import Step
    from intake.domain.state import CaseState

_LEFT: Final = {
    WithdrawReason.BY_REPORTER: Standing.WITHDRAWN,
    WithdrawReason.UNMERGED: Standing.UNMERGED,
}


def evolve(state: CaseState, fact: OwnFact | IncomingFact) -> CaseState:
    """Return *state* with one more fact in it."""
    if isinstance(fact, ReportAttached):
        return _attached(state, fact)
    if isinstance(fact, ReportWithdrawn):
        return _left(state, fact)
    if isinstance(fact, CaseSupplemented):
        return _supplemented(state, fact)
    if isinstance(fact, WithdrawalRequested | WithdrawalRefused | MergeRequested | MergeRefused):
        return _asked(state, fact)
    return advance(_kept(state, fact), fact)


def awaits(state: CaseState, survivor: UUID) -> bool:
    """Tell whether the router has still to say whether the case may join *survivor*."""
    return state.merge == Merge(survivor=survivor, stage=MergeStage.REQUESTED)


def report_of(state: CaseState, report_id: UUID) -> Report | None:
    """Return what is known here of a report, whether it counts or not."""
    return next((item for item in state.reports if item.report_id == report_id), None)


def changed(state: CaseState, report: Report) -> CaseState:
    """Return *state* with a report as it is now."""
    reports = tuple(
        report if item.report_id == report.report_id else item for item in state.reports
    )
    return replace(state, reports=reports)


def _asked(
    state: CaseState,
    fact: WithdrawalRequested | WithdrawalRefused | MergeRequested | MergeRefused,
) -> CaseState:
    if isinstance(fact, MergeRequested):
        merge = Merge(survivor=fact.survivor, stage=MergeStage.REQUESTED)
        return replace(state, merge=merge)
    if isinstance(fact, MergeRefused):
        return replace(state, merge=None) if awaits(state, fact.survivor) else state
    return replace(state, withdrawing=isinstance(fact, WithdrawalRequested))


def _kept(state: CaseState, fact: Step) -> CaseState:
    """Return *state* with what a step tells beside how far the case is."""
    if isinstance(fact, CaseFiled | CaseRejected):
        return _begun(state, fact)
    if isinstance(fact, CaseHandled):
        return _granted(state, fact)
    if isinstance(fact, CaseClosed):
        return _ended(state, End(round=fact.round, outcome=fact.outcome))
    return state


def _begun(state: CaseState, fact: CaseFiled | CaseRejected) -> CaseState:
    report = Report(report_id=fact.report_id, channel=fact.channel, reachable=fact.reachable)
    begun = replace(
        state,
        filing=_filing(fact),
        reports=(*state.reports, report),
        replayed=state.replayed or fact.replayed,
    )
    if isinstance(fact, CaseRejected):
        return _ended(begun, End(round=FIRST_ROUND, rejected=fact.reason))
    return begun


def _filing(fact: CaseFiled | CaseRejected) -> Filing:
    if isinstance(fact, CaseRejected):
        return Filing(
            filed_at=fact.occurred_at,
            matter=fact.matter,
            division=fact.division,
            # The class of a matter that is not filed is nobody's business: the coarser one.
            precision=Precision.COARSE,
            rejected=fact.reason,
        )
    return Filing(
        filed_at=fact.occurred_at,
        matter=fact.matter,
        division=fact.place.division,
        precision=fact.place.precision,
        latitude=fact.place.latitude,
        longitude=fact.place.longitude,
    )


def _attached(state: CaseState, fact: ReportAttached) -> CaseState:
    last_left = None if state.last_left == fact.report_id else state.last_left
    state = replace(state, last_left=last_left)
    known = report_of(state, fact.report_id)
    if known is None:
        report = Report(
            report_id=fact.report_id,
            channel=fact.channel,
            reachable=fact.reachable,
            since_round=state.round,
        )
        return replace(state, reports=(*state.reports, report))
    # Who was elsewhere meanwhile hears of nothing that ended meanwhile.
    stayed = known.standing is Standing.WITHDRAWN
    since = known.since_round if stayed else state.round
    return changed(state, replace(known, standing=Standing.ACTIVE, since_round=since))


def _supplemented(state: CaseState, fact: CaseSupplemented) -> CaseState:
    known = report_of(state, fact.report_id)
    if known is None:
        return state
    return changed(state, replace(known, supplements=known.supplements + 1))


def _left(state: CaseState, fact: ReportWithdrawn) -> CaseState:
    known = report_of(state, fact.report_id)
    if known is None:
        return state
    if fact.reason is WithdrawReason.BY_REPORTER:
        state = replace(state, last_left=fact.report_id)
    return changed(state, replace(known, standing=_LEFT[fact.reason]))


def _granted(state: CaseState, fact: CaseHandled) -> CaseState:
    merge = state.merge
    if merge is None or fact.outcome is not Outcome.MERGED:
        return state
    if merge.stage is not MergeStage.REQUESTED:
        return state
    return replace(state, merge=replace(merge, stage=MergeStage.GRANTED))


def _ended(state: CaseState, end: End) -> CaseState:
    if any(known.round == end.round for known in state.ends):
        return state
    return replace(state, ends=(*state.ends, end))
