"""Handlers: what follows from a decision."""

from datetime import timedelta
from uuid import UUID

import pytest

from civicloop_kit.jobs import FinishJob, QueueJob, RetryJob
from intake.domain.case import CaseState, new_case
from intake.domain.commands import RecordNotice, SubmitReport
from intake.domain.errors import AlreadyFiledError
from intake.domain.facts import CaseClosed, CaseFiled, CaseRejected, TaskDispatched
from intake.domain.model import Channel, Matter, MatterKind, Outcome, Sealed, SealedKind
from intake.domain.notices import Attempt, NoticeOutcome
from intake.handlers import NOTICES_QUEUE, follow_case, record_notice, submit_report
from intake.ports import StoreNotice, StoreReport, StoreSealed
from intake.testing import NOW, PUBLIC_CODE, STANDARD, sample_rules

CASE = new_case(UUID(int=7))
REPORT_ID = UUID(int=1)
CONTACT = Sealed(kind=SealedKind.CONTACT, content=b"sealed")
CLOSED = CaseClosed(round=1, outcome=Outcome.SOLVED, occurred_at=NOW)


def report(
    *,
    division: str = "410105001",
    sealed: tuple[Sealed, ...] = (CONTACT,),
    replayed: bool = False,
    source_id: str | None = "101",
) -> SubmitReport:
    """Return a report."""
    return SubmitReport(
        report_id=REPORT_ID,
        channel=Channel.SNAP,
        matter=Matter(standard_ref=STANDARD, kind=MatterKind.MATTER, code=PUBLIC_CODE),
        division=division,
        point=None,
        sealed=sealed,
        source_id=source_id,
        replayed=replayed,
    )


def filed(command: SubmitReport | None = None) -> CaseState:
    """Return the state after a report."""
    return submit_report(sample_rules(), CASE, command or report(), NOW).state


def notice_of(result: Attempt, attempt: int = 1) -> RecordNotice:
    """Return the record of an attempt."""
    return RecordNotice(report_id=REPORT_ID, round=1, attempt=attempt, claim_no=3, result=result)


def test_a_filed_report_leaves_a_fact_a_row_and_its_sealed_words() -> None:
    """One decision has everything that one commit saves."""
    decision = submit_report(sample_rules(), CASE, report(), NOW)
    assert [type(fact) for fact in decision.facts] == [CaseFiled]
    assert decision.effects == (
        StoreReport(
            report_id=REPORT_ID,
            case_id=CASE.case_id,
            channel=Channel.SNAP,
            received_at=NOW,
            state="filed",
            source_id="101",
        ),
        StoreSealed(report_id=REPORT_ID, sealed=CONTACT),
    )
    assert decision.reply == {
        "case_id": str(CASE.case_id),
        "report_id": str(REPORT_ID),
        "status": "filed",
    }


@pytest.mark.choreography("intake", "CaseRejected")
def test_a_rejected_report_is_kept_and_its_reporter_told() -> None:
    """A rejection is an end: it is answered, stored and told."""
    decision = submit_report(sample_rules(), CASE, report(division="110105", source_id=None), NOW)
    assert [type(fact) for fact in decision.facts] == [CaseRejected]
    assert decision.reply is not None
    assert (decision.reply["status"], decision.reply["reason"]) == (
        "rejected",
        "outside_jurisdiction",
    )
    assert [type(effect) for effect in decision.effects] == [StoreReport, StoreSealed, QueueJob]


def test_a_case_is_filed_once() -> None:
    """A second report for the same case is refused."""
    with pytest.raises(AlreadyFiledError):
        submit_report(sample_rules(), filed(), report(), NOW)


def test_closing_queues_one_notice_per_report_and_round() -> None:
    """The job's id and lane make it once per report and round."""
    decision = follow_case(filed(), CLOSED, NOW)
    assert decision.facts == ()
    assert decision.effects == (
        QueueJob(
            job_id=f"{REPORT_ID}/1",
            queue=NOTICES_QUEUE,
            lane=REPORT_ID,
            ordinal=1,
            case_id=CASE.case_id,
            payload={"round": 1, "text": "closed_solved"},
            due_at=NOW,
        ),
    )
    assert follow_case(decision.state, CLOSED, NOW).effects == ()


def test_an_end_that_is_read_first_is_told_when_the_report_comes() -> None:
    """Feedback may be read before our own filing is known again: nobody is forgotten."""
    early = follow_case(CASE, CLOSED, NOW)
    assert early.effects == ()
    late = submit_report(sample_rules(), early.state, report(), NOW)
    assert [type(effect) for effect in late.effects] == [StoreReport, StoreSealed, QueueJob]


def test_a_fact_on_the_way_tells_nobody() -> None:
    """Only an end is told."""
    dispatch = TaskDispatched(round=1, attempt=1, lead="water", occurred_at=NOW)
    assert follow_case(filed(), dispatch, NOW).effects == ()


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        (report(sealed=()), NoticeOutcome.NO_CONTACT),
        (report(replayed=True), NoticeOutcome.REPLAY),
    ],
)
def test_a_notice_without_a_way_is_counted_at_once(
    command: SubmitReport, outcome: NoticeOutcome
) -> None:
    """No contact, or an imported history: the outcome is kept and nothing queued."""
    decision = follow_case(filed(command), CLOSED, NOW)
    kept = StoreNotice(report_id=REPORT_ID, round=1, outcome=outcome, at=NOW)
    assert decision.effects == (kept,)


@pytest.mark.parametrize("result", [Attempt.SENT, Attempt.UNREACHABLE_ERASED, Attempt.NO_CONTACT])
def test_a_settled_notice_ends_its_job(result: Attempt) -> None:
    """The job goes and the outcome stays, under the claim that was held."""
    decision = record_notice(filed(), notice_of(result), NOW)
    assert decision.effects == (
        FinishJob(job_id=f"{REPORT_ID}/1", claim_no=3),
        StoreNotice(report_id=REPORT_ID, round=1, outcome=NoticeOutcome(result), at=NOW),
    )


def test_a_failed_notice_is_tried_again_later() -> None:
    """A failure keeps the notice owed."""
    decision = record_notice(filed(), notice_of(Attempt.FAILED, attempt=2), NOW)
    retry = RetryJob(job_id=f"{REPORT_ID}/1", claim_no=3, due_at=NOW + timedelta(seconds=30))
    assert decision.effects == (retry,)


def test_an_unreadable_contact_waits_for_a_person() -> None:
    """Trying again cannot help: the job is parked."""
    decision = record_notice(filed(), notice_of(Attempt.UNREADABLE), NOW)
    assert decision.effects == (RetryJob(job_id=f"{REPORT_ID}/1", claim_no=3, due_at=None),)
