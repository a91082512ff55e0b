"""Notices: what becomes of an attempt to tell a reporter something."""

from datetime import timedelta
from uuid import UUID

import pytest

from civicloop_kit.jobs import FinishJob, RetryJob
from intake.domain.commands import RecordNotice
from intake.domain.notices import Attempt, NoticeOutcome
from intake.domain.state import new_case
from intake.handlers import record_notice
from intake.ports import StoreNotice
from intake.testing import NOW

CASE = new_case(UUID(int=7))
REPORT_ID = UUID(int=1)
NOTICE_ID = f"{REPORT_ID}/{CASE.case_id}/1"


def notice_of(result: Attempt, attempt: int = 1) -> RecordNotice:
    """Return the record of an attempt."""
    return RecordNotice(
        notice_id=NOTICE_ID,
        report_id=REPORT_ID,
        round=1,
        attempt=attempt,
        claim_no=3,
        result=result,
    )


@pytest.mark.parametrize("result", [Attempt.SENT, Attempt.UNREACHABLE_ERASED, Attempt.NO_CONTACT])
def test_a_settled_notice_ends_its_job(result: Attempt) -> None:
    """The job goes and the outcome stays, under the claim that was held."""
    decision = record_notice(CASE, notice_of(result), NOW)
    assert decision.effects == (
        FinishJob(job_id=NOTICE_ID, claim_no=3),
        StoreNotice(
            notice_id=NOTICE_ID,
            report_id=REPORT_ID,
            case_id=CASE.case_id,
            round=1,
            outcome=NoticeOutcome(result),
            at=NOW,
        ),
    )


def test_a_failed_notice_is_tried_again_later() -> None:
    """A failure keeps the notice owed."""
    decision = record_notice(CASE, notice_of(Attempt.FAILED, attempt=2), NOW)
    retry = RetryJob(job_id=NOTICE_ID, claim_no=3, due_at=NOW + timedelta(seconds=30))
    assert decision.effects == (retry,)


def test_an_unreadable_contact_waits_for_a_person() -> None:
    """Trying again cannot help: the job is parked."""
    decision = record_notice(CASE, notice_of(Attempt.UNREADABLE), NOW)
    assert decision.effects == (RetryJob(job_id=NOTICE_ID, claim_no=3, due_at=None),)
