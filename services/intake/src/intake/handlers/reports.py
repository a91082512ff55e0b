"""Reports: handed in, taken back, added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intake.domain.duplicates import OFF, Nearness, find_home, spot_of
from intake.domain.errors import AlreadyFiledError
from intake.domain.facts import CaseRejected, ReportAttached
from intake.domain.filing import file_case
from intake.domain.model import Particulars, Status
from intake.domain.reporters import supplement, withdraw
from intake.handlers.settling import evolved, settled
from intake.ports import (
    StoreMembership,
    StorePlace,
    StoreReport,
    StoreSealed,
    StoreSupplement,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.room import Decision
    from intake.domain.commands import AddSupplement, SubmitReport, WithdrawReport
    from intake.domain.facts import CaseFiled
    from intake.domain.filing import Jurisdiction, MatterRegistry
    from intake.domain.state import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRules:
    """What decides whether a report becomes a case, or is one of a case that is there."""

    jurisdiction: Jurisdiction
    matters: MatterRegistry
    nearness: Nearness = OFF


def submit_report(
    rules: FilingRules, states: Mapping[UUID, CaseState], command: SubmitReport, now: datetime
) -> Mapping[UUID, Decision[CaseState]]:
    """File or reject the first case, or let the report join one of the others.

    Raises:
        AlreadyFiledError: The case exists.
    """
    state, *others = states.values()
    if state.filing is not None:
        raise AlreadyFiledError
    fact = file_case(command, rules.jurisdiction, rules.matters, now)
    if isinstance(fact, CaseRejected):
        return {state.case_id: _begun(rules, state, command, fact, now)}
    home = find_home(fact, others, rules.nearness, now)
    if home.join is not None:
        return {home.join.case_id: _joined(home.join, command, fact, now)}
    return {state.case_id: _begun(rules, state, command, fact, now, offer=home.offer)}


def withdraw_report(
    state: CaseState, command: WithdrawReport, now: datetime
) -> Decision[CaseState]:
    """Take a report back; with the last one the case is to end."""
    facts = withdraw(state, command.report_id, now)
    after = evolved(state, facts)
    left = StoreMembership(report_id=command.report_id, case_id=state.case_id, active=False)
    last = after.withdrawing and after.last_left == command.report_id
    reply = {
        "case_id": str(state.case_id),
        "report_id": str(command.report_id),
        "withdrawal": "requested" if last else "accepted",
    }
    return settled(after, now, facts=facts, effects=(left,) if facts else (), reply=reply)


def add_supplement(state: CaseState, command: AddSupplement, now: datetime) -> Decision[CaseState]:
    """Keep what a reporter has added; who is done with the case reads it only if it comes back."""
    fact = supplement(state, command.report_id, command.supplement_id, now)
    kept = StoreSupplement(
        supplement_id=command.supplement_id,
        report_id=command.report_id,
        sealed=command.sealed,
        at=now,
    )
    reply = {
        "case_id": str(state.case_id),
        "report_id": str(command.report_id),
        "supplement_id": str(command.supplement_id),
        "reaches_departments": not state.is_done,
    }
    after = evolved(state, (fact,))
    return settled(after, now, facts=(fact,), effects=(kept,), reply=reply)


def place_effects(
    rules: FilingRules, case_id: UUID, fact: CaseFiled | CaseRejected
) -> tuple[StorePlace, ...]:
    """Return the place of a case that later reports may be the same as."""
    if isinstance(fact, CaseRejected) or fact.replayed or rules.nearness.is_off:
        return ()
    spot = spot_of(fact.matter, fact.place.latitude, fact.place.longitude)
    if spot is None:
        return ()
    return (StorePlace(case_id=case_id, spot=spot, filed_at=fact.occurred_at),)


def _begun(
    rules: FilingRules,
    state: CaseState,
    command: SubmitReport,
    fact: CaseFiled | CaseRejected,
    now: datetime,
    *,
    offer: UUID | None = None,
) -> Decision[CaseState]:
    reply = _receipt(state.case_id, fact)
    if offer is not None:
        reply["may_belong_to"] = str(offer)
    return settled(
        evolved(state, (fact,)),
        now,
        facts=(fact,),
        effects=(
            *_kept(state.case_id, command, fact, now),
            *place_effects(rules, state.case_id, fact),
        ),
        reply=reply,
    )


def _joined(
    state: CaseState, command: SubmitReport, fact: CaseFiled, now: datetime
) -> Decision[CaseState]:
    attached = ReportAttached(
        report_id=fact.report_id,
        channel=fact.channel,
        reachable=fact.reachable,
        occurred_at=fact.occurred_at,
    )
    return settled(
        evolved(state, (attached,)),
        now,
        facts=(attached,),
        effects=_kept(state.case_id, command, fact, now),
        reply={**_receipt(state.case_id, fact), "joined": True},
    )


def _kept(
    case_id: UUID, command: SubmitReport, fact: CaseFiled | CaseRejected, now: datetime
) -> tuple[object, ...]:
    report = StoreReport(
        report_id=command.report_id,
        case_id=case_id,
        channel=command.channel,
        received_at=now,
        state=_status(fact),
        source_id=command.source_id,
        particulars=_particulars(fact),
    )
    sealed = (StoreSealed(report_id=command.report_id, sealed=item) for item in command.sealed)
    return (report, *sealed)


def _receipt(case_id: UUID, fact: CaseFiled | CaseRejected) -> dict[str, Any]:
    receipt = {
        "case_id": str(case_id),
        "report_id": str(fact.report_id),
        "status": _status(fact).value,
    }
    if isinstance(fact, CaseRejected):
        receipt["reason"] = fact.reason.value
    return receipt


def _particulars(fact: CaseFiled | CaseRejected) -> Particulars | None:
    if isinstance(fact, CaseRejected):
        return None
    return Particulars(matter=fact.matter, place=fact.place)


def _status(fact: CaseFiled | CaseRejected) -> Status:
    return Status.REJECTED if isinstance(fact, CaseRejected) else Status.FILED
