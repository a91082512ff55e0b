"""Merges: two cases become one, and one report may be taken out again."""

from uuid import UUID, uuid4

import pytest
from tests.unit.intake.bench import IntakeBench, report_ids

from civicloop_contracts.facts.intake import CaseFiled, MergeRequested
from civicloop_kit.jobs import FinishJob
from intake.domain.errors import (
    AlreadyMergedError,
    CaseEndedError,
    ImportedHistoryError,
    IntakeError,
    LastReportError,
    MergeUnderWayError,
    ReportElsewhereError,
    ReportWithdrawnError,
    UnknownCaseError,
    WithdrawalUnderWayError,
)
from intake.domain.model import Outcome, Particulars
from intake.domain.state import MergeStage, Standing
from intake.handlers import MERGES_QUEUE
from intake.ports import StoreMembership, StorePlace, StoreReport


@pytest.fixture
def bench() -> IntakeBench:
    """Intake without a case."""
    return IntakeBench()


@pytest.fixture
def loser(bench: IntakeBench) -> UUID:
    """Give a case."""
    return bench.file()


@pytest.fixture
def survivor(bench: IntakeBench) -> UUID:
    """Give another case."""
    return bench.file(north=5)


def merged(bench: IntakeBench, loser: UUID, survivor: UUID) -> None:
    """Merge two cases to the end."""
    bench.merge(loser, survivor)
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()


@pytest.mark.choreography("intake", "MergeRequested")
def test_a_merge_marks_one_case_and_the_other_expects_it(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """The wish is a fact of the losing case; nothing has moved yet."""
    answer = bench.merge(loser, survivor)
    assert answer == {"case_id": str(loser), "survivor": str(survivor), "state": "merging"}
    fact = bench.bench.facts[-1]
    assert isinstance(fact, MergeRequested)
    assert (fact.case_id, fact.survivor) == (loser, survivor)
    assert bench.state(loser).is_merging
    assert bench.state(survivor).incoming == (loser,)
    assert bench.told(survivor) == ["CaseFiled"]


def test_the_reports_that_count_move_with_their_words(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """One fact each; who had left stays behind; the survivor expects nobody any more."""
    gone, stays = report_ids(bench.state(loser))[0], UUID(bench.report(loser)["report_id"])
    bench.withdraw(loser, gone)
    merged(bench, loser, survivor)
    assert report_ids(bench.state(survivor))[1:] == [stays]
    assert bench.told(survivor) == ["CaseFiled", "ReportAttached"]
    assert [report.standing for report in bench.state(loser).reports] == [
        Standing.WITHDRAWN,
        Standing.MOVED,
    ]
    merge = bench.state(loser).merge
    assert merge is not None
    assert merge.stage is MergeStage.DONE
    assert bench.state(survivor).incoming == ()
    moved = StoreMembership(report_id=stays, case_id=survivor, active=True)
    assert bench.effects(StoreMembership)[-1] == moved
    [job] = bench.jobs(MERGES_QUEUE)
    assert bench.effects(FinishJob) == [FinishJob(job_id=job.job_id, claim_no=1)]


def test_moving_twice_moves_once(bench: IntakeBench, loser: UUID, survivor: UUID) -> None:
    """A job whose claim ran out finds what was done: it only ends."""
    merged(bench, loser, survivor)
    before = (bench.state(loser), bench.state(survivor), len(bench.bench.facts))
    [job] = bench.jobs(MERGES_QUEUE)
    bench.do(job, claim_no=2)
    assert bench.effects(FinishJob)[-1].claim_no == 2
    assert (bench.state(loser), bench.state(survivor), len(bench.bench.facts)) == before


def test_reporters_hear_of_the_survivor_only(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """Its own end is no news for a merged case; the survivor's is, once for each."""
    merged(bench, loser, survivor)
    bench.closed(loser, Outcome.MERGED)
    assert bench.notices() == []
    bench.closed(survivor)
    everybody = report_ids(bench.state(survivor))
    assert bench.notices() == [(report_id, "closed_solved") for report_id in everybody]
    assert len(everybody) == 2


def test_a_survivor_that_was_closed_tells_the_newcomers_at_once(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """They hear its end, and nobody hears it twice."""
    bench.merge(loser, survivor)
    bench.closed(survivor)
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    assert bench.notices() == [
        (report_id, "closed_solved") for report_id in report_ids(bench.state(survivor))
    ]


def test_a_case_may_join_one_that_was_solved_and_closed(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """A person may take the offer that the receipt makes."""
    bench.closed(survivor)
    merged(bench, loser, survivor)
    assert len(bench.notices()) == 2


def test_many_cases_may_join_one(bench: IntakeBench, loser: UUID, survivor: UUID) -> None:
    """Each at its own time."""
    third = bench.file(north=9)
    for case_id in (loser, third):
        bench.merge(case_id, survivor)
    assert bench.state(survivor).incoming == (loser, third)
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    assert bench.state(survivor).incoming == (third,)


def refused(bench: IntakeBench, loser: UUID, survivor: UUID) -> type[IntakeError]:
    """Return why a merge is refused, and that nothing of it is left."""
    before = bench.state(loser), bench.state(survivor), len(bench.bench.facts)
    with pytest.raises(IntakeError) as caught:
        bench.merge(loser, survivor)
    assert (bench.state(loser), bench.state(survivor), len(bench.bench.facts)) == before
    return caught.type


def test_an_unknown_case_is_not_merged(bench: IntakeBench, loser: UUID) -> None:
    """On neither side."""
    assert refused(bench, uuid4(), loser) is UnknownCaseError
    assert refused(bench, loser, uuid4()) is UnknownCaseError


def test_a_case_that_never_was_is_not_merged(bench: IntakeBench, loser: UUID) -> None:
    """Rejected: its reporter was told why."""
    rejected = bench.file(division="110105")
    assert refused(bench, rejected, loser) is CaseEndedError
    assert refused(bench, loser, rejected) is CaseEndedError


def test_an_imported_history_is_not_merged(bench: IntakeBench, loser: UUID) -> None:
    """On neither side."""
    old = bench.file(replayed=True)
    assert refused(bench, old, loser) is ImportedHistoryError
    assert refused(bench, loser, old) is ImportedHistoryError


def test_a_closed_case_joins_no_other(bench: IntakeBench, loser: UUID, survivor: UUID) -> None:
    """It has its end."""
    bench.closed(loser)
    assert refused(bench, loser, survivor) is CaseEndedError


def test_a_withdrawn_case_takes_nobody(bench: IntakeBench, loser: UUID, survivor: UUID) -> None:
    """Neither while the router decides, nor after it."""
    bench.withdraw(survivor, report_ids(bench.state(survivor))[0])
    assert refused(bench, loser, survivor) is WithdrawalUnderWayError
    assert refused(bench, survivor, loser) is WithdrawalUnderWayError
    bench.closed(survivor, Outcome.WITHDRAWN)
    assert refused(bench, loser, survivor) is CaseEndedError


def test_a_case_on_its_way_goes_nowhere_else_and_takes_nobody(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """The refusal names its survivor, also when its reports have moved."""
    third = bench.file(north=9)
    bench.merge(loser, survivor)
    for one, other in ((loser, third), (third, loser), (loser, survivor)):
        with pytest.raises(MergeUnderWayError, match=str(survivor)):
            bench.merge(one, other)
    bench.handled(loser, Outcome.MERGED, survivor)
    assert refused(bench, loser, third) is MergeUnderWayError
    bench.settle_merges()
    for one, other in ((loser, third), (third, loser)):
        with pytest.raises(AlreadyMergedError, match=str(survivor)):
            bench.merge(one, other)


def test_a_case_that_expects_another_goes_nowhere(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """Its own id is that of the survivor; afterwards it may."""
    third = bench.file(north=9)
    bench.merge(loser, survivor)
    with pytest.raises(MergeUnderWayError, match=str(survivor)):
        bench.merge(survivor, third)
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    merged(bench, survivor, third)
    assert len(report_ids(bench.state(third))) == 3


def test_an_unmerged_report_is_filed_anew_with_its_own_particulars(
    bench: IntakeBench, loser: UUID
) -> None:
    """It leaves the case, counts no more there, and has one of its own, in one decision."""
    report_id = UUID(bench.report(loser, condition="missing")["report_id"])
    particulars = bench.effects(StoreReport)[-1].particulars
    answer = bench.unmerge(loser, report_id, particulars)
    case_id = UUID(answer["case_id"])
    assert answer == {"case_id": str(case_id), "report_id": str(report_id), "status": "filed"}
    filed, left = bench.bench.facts[-2:]
    assert isinstance(filed, CaseFiled)
    assert (filed.case_id, filed.matter.condition) == (case_id, "missing")
    assert filed.place.latitude is not None
    assert left.model_dump(include={"case_id", "report_id", "reason"}) == {
        "case_id": loser,
        "report_id": report_id,
        "reason": "unmerged",
    }
    assert filed.cause == left.cause
    moved = StoreMembership(report_id=report_id, case_id=case_id, active=True)
    assert bench.effects(StoreMembership) == [moved]
    assert bench.effects(StorePlace)[-1].case_id == case_id


def test_a_report_without_particulars_is_filed_as_its_case_was(
    bench: IntakeBench, loser: UUID
) -> None:
    """What was taken in before particulars were kept."""
    report_id = UUID(bench.report(loser, condition="missing")["report_id"])
    filed = bench.state(UUID(bench.unmerge(loser, report_id, None)["case_id"])).filing
    former = bench.state(loser).filing
    assert filed == former


def test_who_was_unmerged_hears_of_the_new_case_only(bench: IntakeBench, loser: UUID) -> None:
    """The former case's end is no news."""
    report_id = UUID(bench.report(loser)["report_id"])
    new = UUID(bench.unmerge(loser, report_id)["case_id"])
    bench.closed(loser)
    bench.closed(new)
    assert [told for told, _ in bench.notices()] == [
        *report_ids(bench.state(loser)),
        report_id,
    ]
    assert report_id not in report_ids(bench.state(loser))


def test_a_report_may_come_back_and_hears_no_end_twice(bench: IntakeBench, loser: UUID) -> None:
    """Closed, unmerged, merged again: each round of each case is told once."""
    report_id = UUID(bench.report(loser)["report_id"])
    bench.closed(loser)
    new = UUID(bench.unmerge(loser, report_id)["case_id"])
    merged(bench, new, loser)
    assert report_ids(bench.state(loser))[1] == report_id
    assert len(bench.notices()) == 2


def test_the_only_report_is_not_taken_out(bench: IntakeBench, loser: UUID) -> None:
    """Nor the only one that counts."""
    first, second = report_ids(bench.state(loser))[0], UUID(bench.report(loser)["report_id"])
    bench.withdraw(loser, first)
    with pytest.raises(LastReportError):
        bench.unmerge(loser, second)
    with pytest.raises(ReportWithdrawnError):
        bench.unmerge(loser, first)


def test_a_report_is_taken_out_of_the_case_it_is_in(
    bench: IntakeBench, loser: UUID, survivor: UUID
) -> None:
    """Of any other it is not; nor twice; nor while the case is on its way."""
    report_id = UUID(bench.report(loser)["report_id"])
    bench.report(survivor, north=5)
    with pytest.raises(ReportElsewhereError):
        bench.unmerge(survivor, report_id)
    bench.unmerge(loser, report_id)
    with pytest.raises(ReportElsewhereError):
        bench.unmerge(loser, report_id)
    bench.merge(loser, survivor)
    with pytest.raises(MergeUnderWayError):
        bench.unmerge(loser, report_ids(bench.state(loser))[0])
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    with pytest.raises(AlreadyMergedError):
        bench.unmerge(loser, report_id)


def test_nothing_is_taken_out_of_nothing(bench: IntakeBench) -> None:
    """An unknown case, and one of an imported history."""
    with pytest.raises(UnknownCaseError):
        bench.unmerge(uuid4(), uuid4())
    with pytest.raises(ImportedHistoryError):
        bench.unmerge(bench.file(replayed=True), uuid4())


def test_words_are_about_the_place_of_the_report(bench: IntakeBench, loser: UUID) -> None:
    """What is kept of a report has the place as it may be told."""
    kept = bench.effects(StoreReport)[0].particulars
    assert isinstance(kept, Particulars)
    filing = bench.state(loser).filing
    assert filing is not None
    assert (filing.latitude, filing.longitude) == (kept.place.latitude, kept.place.longitude)
