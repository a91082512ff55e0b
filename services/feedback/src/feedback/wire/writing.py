"""This room's own facts and the public state, as others read them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import feedback, parts, remark
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.room import SnapshotStamp, Stamp
from feedback.domain import own_facts as own
from feedback.domain import parts as domain
from feedback.domain.case import Case, CaseState
from feedback.domain.deadlines import case_due_at
from feedback.domain.measures import lead_department

_STATUSES: Final = {
    CaseState.TO_VERIFY: codes.CaseStatus.VERIFYING,
    CaseState.TO_CALL_BACK: codes.CaseStatus.CALLING_BACK,
    CaseState.CLOSED: codes.CaseStatus.CLOSED,
    CaseState.REJECTED: codes.CaseStatus.REJECTED,
}


def to_contract(fact: own.OwnFact, stamp: Stamp) -> Fact:
    """Return an own fact as others read it."""
    return _WRITERS[type(fact)](fact, _frame(fact, stamp))


def to_snapshot(case: Case, stamp: SnapshotStamp) -> CaseSnapshot:
    """Return what anybody may know about a case."""
    filing = case.filing
    opened_at = case.rejection.at if case.rejection else case.filed_at
    return CaseSnapshot(
        case_id=stamp.case_id,
        version=stamp.version,
        as_of=dict(stamp.as_of),
        status=_status(case),
        round=case.round,
        outcome=codes.Outcome(case.outcome.value) if case.outcome else None,
        matter=_matter(filing.matter) if filing else None,
        place=_place(filing.place) if filing else None,
        lead=lead_department(case.filing, case.lead),
        opened_at=opened_at,
        due_at=case_due_at(case.filing, case.leads),
        closed_at=case.closed_at,
    )


def _frame(fact: own.OwnFact, stamp: Stamp) -> dict[str, Any]:
    return {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }


def _remark(code: codes.RemarkCode, frame: dict[str, Any]) -> remark.Remarked:
    return remark.Remarked(**frame, writer=codes.Service.FEEDBACK, code=code)


_WRITERS: Final[Mapping[type[own.OwnFact], Callable[[Any, dict[str, Any]], Fact]]] = {
    own.VerificationRequested: lambda fact, frame: feedback.VerificationRequested(
        **frame, round=fact.round, verify_by=fact.verify_by
    ),
    own.VerificationOverdue: lambda _fact, frame: _remark(
        codes.RemarkCode.VERIFICATION_OVERDUE, frame
    ),
    own.CaseVerified: lambda fact, frame: feedback.CaseVerified(
        **frame, round=fact.round, verifier=fact.verifier
    ),
    own.ReworkRequested: lambda fact, frame: feedback.ReworkRequested(
        **frame, round=fact.round, tasks=fact.tasks, reason=codes.ReworkReason(fact.reason.value)
    ),
    own.SatisfactionRecorded: lambda fact, frame: feedback.SatisfactionRecorded(
        **frame, round=fact.round, solved=fact.solved, satisfied=fact.satisfied
    ),
    own.CaseClosed: lambda fact, frame: feedback.CaseClosed(
        **frame, round=fact.round, outcome=codes.Outcome(fact.outcome.value)
    ),
    own.CaseReopened: lambda fact, frame: feedback.CaseReopened(**frame, round=fact.round),
    own.Remarked: lambda fact, frame: _remark(codes.RemarkCode(fact.code.value), frame),
}


def _status(case: Case) -> codes.CaseStatus:
    if case.state is not CaseState.OPEN:
        return _STATUSES[case.state]
    started = bool(case.tasks or case.disputes or case.handled)
    return codes.CaseStatus.HANDLING if started else codes.CaseStatus.FILED


def _matter(matter: domain.Matter) -> parts.Matter:
    return parts.Matter(
        standard_ref=matter.standard_ref,
        kind=codes.MatterKind(matter.kind),
        code=matter.code,
        condition=matter.condition,
    )


def _place(place: domain.Place) -> parts.Place:
    return parts.Place(
        division=place.division,
        precision=codes.Precision(place.precision),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=place.h3_cell,
    )
