"""Between intake's own words and those of the contracts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    if isinstance(fact, facts.CaseRejected):
        return _case_rejected(fact, stamp)
    return _case_filed(fact, stamp)


def task_dispatched(fact: router.TaskDispatched) -> facts.TaskDispatched:
    """Return what a dispatch means here."""
    leads = fact.role is codes.TaskRole.LEAD
    return facts.TaskDispatched(
        round=fact.round,
        attempt=fact.task.attempt,
        lead=fact.department if leads else None,
        occurred_at=fact.occurred_at,
    )


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


def case_closed(fact: feedback.CaseClosed) -> facts.CaseClosed:
    """Return what the end of a round means here."""
    return facts.CaseClosed(
        round=fact.round, outcome=Outcome(fact.outcome), occurred_at=fact.occurred_at
    )


def _case_filed(fact: facts.CaseFiled, stamp: Stamp) -> contract.CaseFiled:
    return contract.CaseFiled(
        case_id=stamp.case_id,
        occurred_at=fact.occurred_at,
        recorded_at=stamp.recorded_at,
        cause=stamp.cause,
        replay=stamp.replay,
        report_id=fact.report_id,
        channel=codes.Channel(fact.channel),
        matter=_matter(fact.matter),
        place=_place(fact.place),
        clock=_clock(fact.clock),
        lead=fact.lead,
    )


def _case_rejected(fact: facts.CaseRejected, stamp: Stamp) -> contract.CaseRejected:
    return contract.CaseRejected(
        case_id=stamp.case_id,
        occurred_at=fact.occurred_at,
        recorded_at=stamp.recorded_at,
        cause=stamp.cause,
        replay=stamp.replay,
        report_id=fact.report_id,
        channel=codes.Channel(fact.channel),
        reason=codes.RejectReason(fact.reason),
    )


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
