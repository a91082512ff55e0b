"""Between the contracts and this room's own words. Pure: a row per fact, both ways."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, parts, remark, router
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.room import SnapshotStamp, Stamp
from feedback.domain import facts
from feedback.domain.case import Case, CaseState
from feedback.domain.measures import case_due_at, lead_department

_STATUSES: Final = {
    CaseState.TO_VERIFY: codes.CaseStatus.VERIFYING,
    CaseState.TO_CALL_BACK: codes.CaseStatus.CALLING_BACK,
    CaseState.CLOSED: codes.CaseStatus.CLOSED,
    CaseState.REJECTED: codes.CaseStatus.REJECTED,
}


def read_replay(fact: Fact) -> facts.ReplayStarted | None:
    """Return the imported history that a fact belongs to."""
    if fact.replay is None:
        return None
    return facts.ReplayStarted(
        occurred_at=fact.occurred_at, run=fact.replay.run, as_of=fact.replay.as_of
    )


def read_case_filed(fact: intake.CaseFiled) -> facts.CaseFiled:
    """Read a filing."""
    filing = facts.Filing(
        channel=fact.channel.value,
        matter=facts.Matter(
            standard_ref=fact.matter.standard_ref,
            kind=fact.matter.kind.value,
            code=fact.matter.code,
            condition=fact.matter.condition,
        ),
        place=facts.Place(
            division=fact.place.division,
            precision=fact.place.precision.value,
            latitude=fact.place.latitude,
            longitude=fact.place.longitude,
            h3_cell=fact.place.h3_cell,
        ),
        source_clock=fact.clock is not None,
        due_at=fact.clock.due_at if fact.clock else None,
        lead=fact.lead,
    )
    return facts.CaseFiled(occurred_at=fact.occurred_at, filing=filing)


def read_case_rejected(fact: intake.CaseRejected) -> facts.CaseRejected:
    """Read a rejection."""
    return facts.CaseRejected(occurred_at=fact.occurred_at, channel=fact.channel.value)


def read_task_dispatched(fact: router.TaskDispatched) -> facts.TaskDispatched:
    """Read a dispatch with its clocks."""
    return facts.TaskDispatched(
        occurred_at=fact.occurred_at,
        task=_task_ref(fact.task),
        department=fact.department,
        role=facts.TaskRole(fact.role.value),
        required=fact.required,
        round=fact.round,
        response_due_at=fact.response_due_at,
        due_at=fact.resolution_due_at,
        provisional=fact.provisional,
    )


def read_dispute_opened(fact: router.DisputeOpened) -> facts.DisputeOpened:
    """Read a dispute."""
    return facts.DisputeOpened(occurred_at=fact.occurred_at)


def read_case_handled(fact: router.CaseHandled) -> facts.CaseHandled:
    """Read the end of a handling."""
    return facts.CaseHandled(
        occurred_at=fact.occurred_at, outcome=facts.Outcome(fact.outcome.value), round=fact.round
    )


def read_task_delivered(fact: department.TaskDelivered) -> facts.TaskDelivered:
    """Read a delivery."""
    return facts.TaskDelivered(**_about_task(fact))


def read_delivery_parked(fact: department.DeliveryParked) -> facts.DeliveryParked:
    """Read a delivery that waits for a person."""
    return facts.DeliveryParked(**_about_task(fact))


def read_task_acknowledged(fact: department.TaskAcknowledged) -> facts.TaskAcknowledged:
    """Read an acknowledgement, and who gave it."""
    return facts.TaskAcknowledged(**_about_task(fact), handler=fact.handler)


def read_task_progressed(fact: department.TaskProgressed) -> facts.TaskProgressed:
    """Read a sign of work, and whose."""
    return facts.TaskProgressed(**_about_task(fact), handler=fact.handler)


def read_task_completed(fact: department.TaskCompleted) -> facts.TaskCompleted:
    """Read a completion, and whose."""
    return facts.TaskCompleted(**_about_task(fact), handler=fact.handler)


def read_remarked(fact: remark.Remarked) -> facts.RemarkRead:
    """Read another room's remark."""
    return facts.RemarkRead(occurred_at=fact.occurred_at)


def to_contract(fact: facts.OwnFact, stamp: Stamp) -> Fact:
    """Return an own fact as others read it."""
    return _WRITERS[type(fact)](fact, _frame(fact, stamp))


def to_snapshot(case: Case, stamp: SnapshotStamp) -> CaseSnapshot:
    """Return what anybody may know about a case."""
    filing, lead = case.filing, case.lead
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
        lead=lead_department(filing, lead),
        opened_at=opened_at,
        due_at=case_due_at(filing, lead),
        closed_at=case.closed_at,
    )


class _AboutTask(TypedDict):
    occurred_at: Any
    task: facts.TaskRef
    department: str


def _about_task(fact: department.DepartmentFact) -> _AboutTask:
    return {
        "occurred_at": fact.occurred_at,
        "task": _task_ref(fact.task),
        "department": fact.department,
    }


def _task_ref(ref: parts.TaskRef) -> facts.TaskRef:
    return facts.TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)


def _frame(fact: facts.OwnFact, stamp: Stamp) -> dict[str, Any]:
    return {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }


def _remark(code: codes.RemarkCode, frame: dict[str, Any]) -> remark.Remarked:
    return remark.Remarked(**frame, writer=codes.Service.FEEDBACK, code=code)


_WRITERS: Final[Mapping[type[facts.OwnFact], Callable[[Any, dict[str, Any]], Fact]]] = {
    facts.VerificationRequested: lambda fact, frame: feedback.VerificationRequested(
        **frame, round=fact.round, verify_by=fact.verify_by
    ),
    facts.VerificationOverdue: lambda _fact, frame: _remark(
        codes.RemarkCode.VERIFICATION_OVERDUE, frame
    ),
    facts.CaseVerified: lambda fact, frame: feedback.CaseVerified(
        **frame, round=fact.round, verifier=fact.verifier
    ),
    facts.ReworkRequested: lambda fact, frame: feedback.ReworkRequested(
        **frame, round=fact.round, tasks=fact.tasks, reason=codes.ReworkReason(fact.reason.value)
    ),
    facts.SatisfactionRecorded: lambda fact, frame: feedback.SatisfactionRecorded(
        **frame, round=fact.round, solved=fact.solved, satisfied=fact.satisfied
    ),
    facts.CaseClosed: lambda fact, frame: feedback.CaseClosed(
        **frame, round=fact.round, outcome=codes.Outcome(fact.outcome.value)
    ),
    facts.CaseReopened: lambda fact, frame: feedback.CaseReopened(**frame, round=fact.round),
    facts.Remarked: lambda fact, frame: _remark(codes.RemarkCode(fact.code.value), frame),
}


def _status(case: Case) -> codes.CaseStatus:
    if case.state is not CaseState.OPEN:
        return _STATUSES[case.state]
    started = bool(case.tasks or case.disputes or case.handled)
    return codes.CaseStatus.HANDLING if started else codes.CaseStatus.FILED


def _matter(matter: facts.Matter) -> parts.Matter:
    return parts.Matter(
        standard_ref=matter.standard_ref,
        kind=codes.MatterKind(matter.kind),
        code=matter.code,
        condition=matter.condition,
    )


def _place(place: facts.Place) -> parts.Place:
    return parts.Place(
        division=place.division,
        precision=codes.Precision(place.precision),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=place.h3_cell,
    )
