"""One function per command: the rules decide, this arranges what follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civicloop_kit.jobs import FinishJob, QueueJob, RetryJob
from civicloop_kit.room import Decision
from intake.domain.case import CaseState, evolve
from intake.domain.errors import AlreadyFiledError
from intake.domain.facts import CaseRejected
from intake.domain.filing import file_case
from intake.domain.model import Status
from intake.domain.notices import Attempt, notice_id, retry_delay, take_owed
from intake.ports import StoreNotice, StoreReport, StoreSealed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from intake.domain.commands import RecordNotice, SubmitReport
    from intake.domain.facts import CaseFiled, IncomingFact
    from intake.domain.filing import Jurisdiction, MatterRegistry
    from intake.domain.notices import OwedNotice

NOTICES_QUEUE: Final = "notices"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRules:
    """What decides whether a report becomes a case."""

    jurisdiction: Jurisdiction
    matters: MatterRegistry


def submit_report(
    rules: FilingRules, state: CaseState, command: SubmitReport, now: datetime
) -> Decision[CaseState]:
    """File or reject a case.

    Raises:
        AlreadyFiledError: The case exists.
    """
    if state.filing is not None:
        raise AlreadyFiledError
    fact = file_case(command, rules.jurisdiction, rules.matters, now)
    told, notices = _tell(evolve(state, fact), now)
    return Decision(
        state=told,
        facts=(fact,),
        effects=(*_kept(state.case_id, command, fact, now), *notices),
        reply=_receipt(state.case_id, fact),
    )


def follow_case(state: CaseState, fact: IncomingFact, now: datetime) -> Decision[CaseState]:
    """Move the public status after another room's fact, and queue the notices that it causes."""
    told, notices = _tell(evolve(state, fact), now)
    return Decision(state=told, effects=notices)


def record_notice(state: CaseState, command: RecordNotice, now: datetime) -> Decision[CaseState]:
    """Keep what became of an attempt: it is over, tried again, or parked for a person."""
    job_id = notice_id(command.report_id, command.round)
    if (outcome := command.result.outcome) is not None:
        kept = StoreNotice(
            report_id=command.report_id, round=command.round, outcome=outcome, at=now
        )
        return Decision(
            state=state, effects=(FinishJob(job_id=job_id, claim_no=command.claim_no), kept)
        )
    failed = command.result is Attempt.FAILED
    due_at = now + retry_delay(command.attempt) if failed else None
    retry = RetryJob(job_id=job_id, claim_no=command.claim_no, due_at=due_at)
    return Decision(state=state, effects=(retry,))


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


def _status(fact: CaseFiled | CaseRejected) -> Status:
    return Status.REJECTED if isinstance(fact, CaseRejected) else Status.FILED


def _tell(state: CaseState, now: datetime) -> tuple[CaseState, tuple[object, ...]]:
    told, owed = take_owed(state)
    return told, tuple(_notice_effect(state.case_id, notice, now) for notice in owed)


def _notice_effect(case_id: UUID, notice: OwedNotice, now: datetime) -> QueueJob | StoreNotice:
    if notice.settled is not None:
        return StoreNotice(
            report_id=notice.report_id, round=notice.round, outcome=notice.settled, at=now
        )
    return QueueJob(
        job_id=notice_id(notice.report_id, notice.round),
        queue=NOTICES_QUEUE,
        lane=notice.report_id,
        ordinal=notice.round,
        case_id=case_id,
        payload={"round": notice.round, "text": notice.text.value},
        due_at=now,
    )
