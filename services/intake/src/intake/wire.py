"""Between intake's own words and those of the contracts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civicloop_contracts import codes
from civicloop_contracts.facts import intake as contract
from civicloop_contracts.facts import parts
from intake.domain import facts
from intake.domain.model import Outcome

if TYPE_CHECKING:
    from civicloop_contracts.facts import department, feedback, router
    from civicloop_kit.room import Stamp
    from intake.domain.model import ExternalClock, Matter, Place


def to_contract(fact: facts.OwnFact, stamp: Stamp) -> contract.IntakeFact:
    """Return the fact as other rooms read it."""
    match fact:
        case facts.CaseFiled():
            return _case_filed(fact, stamp)
        case facts.CaseRejected():
            return _case_rejected(fact, stamp)
        case facts.ReportAttached() | facts.ReportWithdrawn() | facts.CaseSupplemented():
            return _of_report(fact, stamp)
        case facts.WithdrawalRequested() | facts.MergeRequested():
            return _wish(fact, stamp)


def task_dispatched(fact: router.TaskDispatched) -> facts.TaskDispatched:
    """Return what a dispatch means here."""
    leads = fact.role is codes.TaskRole.LEAD
    return facts.TaskDispatched(
        round=fact.round,
        attempt=fact.task.attempt,
        lead=fact.department if leads else None,
        occurred_at=fact.occurred_at,
    )


def task_reassigned(fact: router.TaskReassigned) -> facts.TaskReassigned:
    """Return what a next attempt means here."""
    leads = fact.role is codes.TaskRole.LEAD
    return facts.TaskReassigned(
        round=fact.round,
        attempt=fact.task.attempt,
        lead=fact.department if leads else None,
        occurred_at=fact.occurred_at,
    )


def dispute_settled(fact: router.DisputeSettled) -> facts.DisputeSettled:
    """Return what the end of a dispute means here."""
    return facts.DisputeSettled(occurred_at=fact.occurred_at)


def withdrawal_refused(fact: router.WithdrawalRefused) -> facts.WithdrawalRefused:
    """Return what a refused withdrawal means here."""
    return facts.WithdrawalRefused(occurred_at=fact.occurred_at)


def merge_refused(fact: router.MergeRefused) -> facts.MergeRefused:
    """Return what a refused merge means here."""
    return facts.MergeRefused(survivor=fact.survivor, occurred_at=fact.occurred_at)


def dispute_opened(fact: router.DisputeOpened) -> facts.DisputeOpened:
    """Return what a dispute means here."""
    return facts.DisputeOpened(occurred_at=fact.occurred_at)


def case_handled(fact: router.CaseHandled) -> facts.CaseHandled:
    """Return what the end of the work means here."""
    return facts.CaseHandled(
        round=fact.round, outcome=Outcome(fact.outcome), occurred_at=fact.occurred_at
    )


def task_acknowledged(fact: department.TaskAcknowledged) -> facts.TaskAcknowledged:
    """Return what an acknowledgement means here."""
    return facts.TaskAcknowledged(occurred_at=fact.occurred_at)


def task_progressed(fact: department.TaskProgressed) -> facts.TaskProgressed:
    """Return what progress means here."""
    return facts.TaskProgressed(occurred_at=fact.occurred_at)


def verification_requested(fact: feedback.VerificationRequested) -> facts.VerificationRequested:
    """Return what a verification under way means here."""
    return facts.VerificationRequested(round=fact.round, occurred_at=fact.occurred_at)


def case_verified(fact: feedback.CaseVerified) -> facts.CaseVerified:
    """Return what a verified case means here."""
    return facts.CaseVerified(round=fact.round, occurred_at=fact.occurred_at)


def rework_requested(fact: feedback.ReworkRequested) -> facts.ReworkRequested:
    """Return what a rework means here."""
    return facts.ReworkRequested(round=fact.round, occurred_at=fact.occurred_at)


def case_reopened(fact: feedback.CaseReopened) -> facts.CaseReopened:
    """Return what a new round means here."""
    return facts.CaseReopened(round=fact.round, occurred_at=fact.occurred_at)


def case_closed(fact: feedback.CaseClosed) -> facts.CaseClosed:
    """Return what the end of a round means here."""
    return facts.CaseClosed(
        round=fact.round, outcome=Outcome(fact.outcome), occurred_at=fact.occurred_at
    )


def _case_filed(fact: facts.CaseFiled, stamp: Stamp) -> contract.CaseFiled:
    return contract.CaseFiled(
        **_told(fact, stamp),
        report_id=fact.report_id,
        channel=codes.Channel(fact.channel),
        matter=_matter(fact.matter),
        place=_place(fact.place),
        clock=_clock(fact.clock),
        lead=fact.lead,
    )


def _case_rejected(fact: facts.CaseRejected, stamp: Stamp) -> contract.CaseRejected:
    return contract.CaseRejected(
        **_told(fact, stamp),
        report_id=fact.report_id,
        channel=codes.Channel(fact.channel),
        reason=codes.RejectReason(fact.reason),
    )


def _of_report(
    fact: facts.ReportAttached | facts.ReportWithdrawn | facts.CaseSupplemented, stamp: Stamp
) -> contract.IntakeFact:
    told = {**_told(fact, stamp), "report_id": fact.report_id}
    if isinstance(fact, facts.ReportAttached):
        return contract.ReportAttached(**told, channel=codes.Channel(fact.channel))
    if isinstance(fact, facts.ReportWithdrawn):
        return contract.ReportWithdrawn(**told, reason=codes.WithdrawReason(fact.reason))
    return contract.CaseSupplemented(**told, supplement_id=fact.supplement_id)


def _wish(
    fact: facts.WithdrawalRequested | facts.MergeRequested, stamp: Stamp
) -> contract.IntakeFact:
    if isinstance(fact, facts.MergeRequested):
        return contract.MergeRequested(**_told(fact, stamp), survivor=fact.survivor)
    return contract.WithdrawalRequested(**_told(fact, stamp))


def _told(fact: facts.OwnFact, stamp: Stamp) -> dict[str, Any]:
    """Return what every fact tells."""
    return {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }


def _matter(matter: Matter) -> parts.Matter:
    return parts.Matter(
        standard_ref=matter.standard_ref,
        kind=codes.MatterKind(matter.kind),
        code=matter.code,
        condition=matter.condition,
    )


def _place(place: Place) -> parts.Place:
    return parts.Place(
        division=place.division,
        precision=codes.Precision(place.precision),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=place.h3_cell,
    )


def _clock(clock: ExternalClock | None) -> parts.ExternalClock | None:
    return None if clock is None else parts.ExternalClock(due_at=clock.due_at)
