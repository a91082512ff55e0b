"""Notices: what became of an attempt to tell a reporter something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_kit.jobs import FinishJob, RetryJob
from civicloop_kit.room import Decision
from intake.domain.notices import Attempt, retry_delay
from intake.ports import StoreNotice

if TYPE_CHECKING:
    from datetime import datetime

    from intake.domain.commands import RecordNotice
    from intake.domain.state import CaseState


def record_notice(state: CaseState, command: RecordNotice, now: datetime) -> Decision[CaseState]:
    """Keep what became of an attempt: it is over, tried again, or parked for a person."""
    job_id = command.notice_id
    if (outcome := command.result.outcome) is not None:
        kept = StoreNotice(
            notice_id=command.notice_id,
            report_id=command.report_id,
            case_id=state.case_id,
            round=command.round,
            outcome=outcome,
            at=now,
        )
        done = FinishJob(job_id=job_id, claim_no=command.claim_no)
        return Decision(state=state, effects=(done, kept))
    failed = command.result is Attempt.FAILED
    due_at = now + retry_delay(command.attempt) if failed else None
    retry = RetryJob(job_id=job_id, claim_no=command.claim_no, due_at=due_at)
    return Decision(state=state, effects=(retry,))
