"""Facts of other rooms: who is told what, and what becomes of a merge or a withdrawal."""

from uuid import UUID

import pytest
from tests.unit.intake.bench import IntakeBench, report_ids

from civicloop_contracts.facts.feedback import CaseVerified
from civicloop_contracts.facts.intake import ReportAttached
from civicloop_kit.jobs import QueueJob
from intake.domain.model import Outcome
from intake.domain.notices import NoticeOutcome
from intake.domain.state import Standing
from intake.handlers import MERGES_QUEUE, NOTICES_QUEUE
from intake.ports import StoreMembership, StoreNotice
from intake.testing import NOW


@pytest.fixture
def bench() -> IntakeBench:
    """Intake without a case."""
    return IntakeBench()


def only_report(bench: IntakeBench, case_id: UUID) -> UUID:
    """Return the one report of a case."""
    [report] = bench.state(case_id).reports
    return report.report_id


def test_closing_queues_one_notice_per_report_and_round(bench: IntakeBench) -> None:
    """The job's id and lane make it once per report, case and round."""
    case_id = bench.file()
    report_id = only_report(bench, case_id)
    bench.closed(case_id)
    bench.closed(case_id)
    assert bench.jobs(NOTICES_QUEUE) == [
        QueueJob(
            job_id=f"{report_id}/{case_id}/1",
            queue=NOTICES_QUEUE,
            lane=report_id,
            ordinal=1,
            case_id=case_id,
            payload={"round": 1, "text": "closed_solved"},
            due_at=NOW,
        )
    ]


def test_the_end_of_a_later_round_is_told_again(bench: IntakeBench) -> None:
    """A reopened case has another end."""
    case_id = bench.file()
    bench.closed(case_id)
    bench.reopened(case_id)
    bench.closed(case_id, round_=2)
    assert [job.ordinal for job in bench.jobs(NOTICES_QUEUE)] == [1, 2]


def test_a_fact_on_the_way_tells_nobody(bench: IntakeBench) -> None:
    """Only an end is told."""
    case_id = bench.file()
    bench.tell(CaseVerified, case_id, round=1, verifier="0" * 16)
    assert bench.jobs(NOTICES_QUEUE) == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"reachable": False}, NoticeOutcome.NO_CONTACT),
        ({"replayed": True}, NoticeOutcome.REPLAY),
    ],
)
def test_a_notice_without_a_way_is_counted_at_once(
    bench: IntakeBench, changes: dict[str, bool], outcome: NoticeOutcome
) -> None:
    """No contact, or an imported history: the outcome is kept and nothing queued."""
    case_id = bench.file(**changes)
    report_id = only_report(bench, case_id)
    bench.closed(case_id)
    assert bench.effects(StoreNotice) == [
        StoreNotice(
            notice_id=f"{report_id}/{case_id}/1",
            report_id=report_id,
            case_id=case_id,
            round=1,
            outcome=outcome,
            at=NOW,
        )
    ]
    assert bench.effects(QueueJob) == []


@pytest.mark.choreography("intake", "WithdrawalRefused")
def test_a_refused_withdrawal_is_told_and_the_report_counts_again(bench: IntakeBench) -> None:
    """One notice; a fact says that it is attached, and its text may be handed out again."""
    case_id = bench.file()
    report_id = only_report(bench, case_id)
    bench.withdraw(case_id, report_id)
    bench.withdrawal_refused(case_id)
    attached = bench.bench.facts[-1]
    assert isinstance(attached, ReportAttached)
    assert (attached.report_id, attached.channel) == (report_id, "snap")
    [job] = bench.jobs(NOTICES_QUEUE)
    assert job.job_id == f"{report_id}/{case_id}/withdrawal_refused/1"
    assert (job.lane, job.ordinal) == (report_id, 1)
    assert job.payload == {"round": 1, "text": "withdrawal_refused"}
    assert bench.effects(StoreMembership)[-1].active
    assert report_ids(bench.state(case_id)) == [report_id]


def test_a_withdrawal_can_be_asked_for_again_after_a_refusal(bench: IntakeBench) -> None:
    """And refused again, under another id."""
    case_id = bench.file()
    report_id = only_report(bench, case_id)
    for _ in range(2):
        assert bench.withdraw(case_id, report_id)["withdrawal"] == "requested"
        bench.withdrawal_refused(case_id)
    assert len({job.job_id for job in bench.jobs(NOTICES_QUEUE)}) == 2


def test_a_refusal_that_nobody_asked_for_changes_nothing(bench: IntakeBench) -> None:
    """Of a withdrawal or of a merge."""
    case_id, other = bench.file(), bench.file(north=5)
    before = bench.state(case_id)
    bench.withdrawal_refused(case_id)
    bench.merge_refused(case_id, other)
    assert bench.state(case_id) == before
    assert bench.effects(QueueJob) == []


@pytest.mark.choreography("intake", "MergeRefused")
def test_a_refused_merge_is_told_and_its_mark_is_cleared(bench: IntakeBench) -> None:
    """The reporters of the case that stays are told, those of the other are not."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.merge_refused(loser, survivor)
    report_id = only_report(bench, loser)
    assert bench.notices() == [(report_id, "merge_refused")]
    assert bench.state(loser).merge is None
    [job] = bench.jobs(MERGES_QUEUE)
    assert (job.job_id, job.lane, job.ordinal) == (f"merge/{loser}/1", loser, 1)
    assert job.payload == {"survivor": str(survivor), "granted": False}
    bench.settle_merges()
    assert bench.state(survivor).incoming == ()


def test_after_a_refusal_another_merge_may_follow(bench: IntakeBench) -> None:
    """The job of each has an id of its own."""
    loser, survivor = bench.file(), bench.file(north=5)
    for _ in range(2):
        bench.merge(loser, survivor)
        bench.merge_refused(loser, survivor)
        bench.settle_merges()
    assert len({job.job_id for job in bench.jobs(MERGES_QUEUE)}) == 2


def test_a_granted_merge_queues_the_move_of_its_reports(bench: IntakeBench) -> None:
    """Once, whatever is read again."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    for _ in range(2):
        bench.handled(loser, Outcome.MERGED, survivor)
    [job] = bench.jobs(MERGES_QUEUE)
    assert (job.case_id, job.due_at) == (loser, NOW)
    assert job.payload == {"survivor": str(survivor), "granted": True}


@pytest.mark.parametrize("outcome", [Outcome.SOLVED, Outcome.WITHDRAWN])
def test_work_that_ended_otherwise_moves_nothing(bench: IntakeBench, outcome: Outcome) -> None:
    """A merge is granted by its own outcome only."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.handled(loser, outcome)
    assert bench.jobs(MERGES_QUEUE) == []


def test_who_left_during_a_merge_that_is_refused_is_let_go(bench: IntakeBench) -> None:
    """The wish of the last reporter follows when the case stays one of its own."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.withdraw(loser, only_report(bench, loser))
    assert bench.told(loser)[-1] == "ReportWithdrawn"
    bench.merge_refused(loser, survivor)
    assert bench.told(loser)[-1] == "WithdrawalRequested"
    assert bench.notices() == []
    assert bench.state(loser).withdrawing


def test_of_a_closed_case_nothing_is_asked_any_more(bench: IntakeBench) -> None:
    """Closed before the refusal was read: there is nothing left to withdraw."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.withdraw(loser, only_report(bench, loser))
    bench.closed(loser)
    bench.merge_refused(loser, survivor)
    assert "WithdrawalRequested" not in bench.told(loser)
    assert bench.state(loser).reports[0].standing is Standing.WITHDRAWN
