"""Who wins when two things happen at once: intake's part of the table, in both orders."""

from uuid import UUID

import pytest
from tests.unit.intake.bench import IntakeBench, report_ids

from intake.domain.errors import CaseEndedError, MergeUnderWayError
from intake.domain.model import Outcome


@pytest.fixture
def bench() -> IntakeBench:
    """Intake without a case."""
    return IntakeBench()


def only(bench: IntakeBench, case_id: UUID) -> UUID:
    """Return the one report of a case."""
    [report] = bench.state(case_id).reports
    return report.report_id


@pytest.mark.race("merge of A into B while B is merged into A")
def test_the_second_of_two_opposite_merges_is_refused(bench: IntakeBench) -> None:
    """Whichever is decided first; the refusal names the survivor, and one case is left."""
    for turned in (False, True):
        one, other = bench.file(), bench.file(north=5)
        loser, survivor = (other, one) if turned else (one, other)
        bench.merge(loser, survivor)
        with pytest.raises(MergeUnderWayError, match=str(survivor)):
            bench.merge(survivor, loser)
        bench.handled(loser, Outcome.MERGED, survivor)
        bench.settle_merges()
        assert len(report_ids(bench.state(survivor))) == 2
        assert report_ids(bench.state(loser)) == []


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
def test_a_survivor_whose_last_reporter_leaves_goes_on_for_those_who_come(
    bench: IntakeBench,
) -> None:
    """Merge first: the report is withdrawn, the case is not; the newcomers take it over."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    assert bench.withdraw(survivor, only(bench, survivor))["withdrawal"] == "accepted"
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    assert bench.told(survivor) == ["CaseFiled", "ReportWithdrawn", "ReportAttached"]
    assert report_ids(bench.state(survivor)) == [only(bench, loser)]


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
def test_a_withdrawal_that_came_first_lets_nobody_in(bench: IntakeBench) -> None:
    """Withdrawal first: the case is ending, and the merge is refused."""
    loser, survivor = bench.file(), bench.file(north=5)
    assert bench.withdraw(survivor, only(bench, survivor))["withdrawal"] == "requested"
    with pytest.raises(Exception, match="last reporter of the case has withdrawn"):
        bench.merge(loser, survivor)


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
@pytest.mark.parametrize("refused", [True, False])
def test_a_survivor_that_nobody_comes_to_is_withdrawn_after_all(
    bench: IntakeBench, *, refused: bool
) -> None:
    """The merge was refused, or those who should have come had left too."""
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.withdraw(survivor, only(bench, survivor))
    if refused:
        bench.merge_refused(loser, survivor)
    else:
        bench.withdraw(loser, only(bench, loser))
        bench.handled(loser, Outcome.MERGED, survivor)
    bench.settle_merges()
    assert bench.told(survivor) == ["CaseFiled", "ReportWithdrawn", "WithdrawalRequested"]
    assert bench.state(survivor).withdrawing


def test_of_two_merges_the_last_one_decides_whether_anybody_comes(bench: IntakeBench) -> None:
    """While one is under way the survivor waits."""
    first, second, survivor = bench.file(), bench.file(north=9), bench.file(north=5)
    for loser in (first, second):
        bench.merge(loser, survivor)
    bench.withdraw(survivor, only(bench, survivor))
    bench.merge_refused(first, survivor)
    bench.settle_merges()
    assert not bench.state(survivor).withdrawing
    bench.merge_refused(second, survivor)
    bench.settle_merges()
    assert bench.state(survivor).withdrawing


@pytest.mark.race("reopen and a new report at the same place")
def test_a_report_after_the_end_has_its_own_case_and_is_offered_the_old_one(
    bench: IntakeBench,
) -> None:
    """Report first, then reopened: two cases, which a person may merge."""
    old = bench.file()
    bench.closed(old)
    receipt = bench.report(old)
    assert receipt["may_belong_to"] == str(old)
    assert receipt["status"] == "filed"
    assert "joined" not in receipt
    new = UUID(receipt["case_id"])
    bench.reopened(old)
    bench.merge(new, old)
    bench.handled(new, Outcome.MERGED, old)
    bench.settle_merges()
    assert len(report_ids(bench.state(old))) == 2


@pytest.mark.race("reopen and a new report at the same place")
def test_a_report_after_the_reopening_joins(bench: IntakeBench) -> None:
    """Reopened first: the case is open, and the newcomer hears of the new round only."""
    old = bench.file()
    bench.closed(old)
    bench.reopened(old)
    receipt = bench.report(old)
    assert (receipt["case_id"], receipt["joined"]) == (str(old), True)
    bench.closed(old, round_=2)
    assert len(bench.notices()) == 3


@pytest.mark.race("withdraw and complete")
def test_a_refused_withdrawal_ends_alike_in_both_orders_of_the_topics() -> None:
    """Completed first: the reporter is told of the refusal and of the end, whichever is read."""
    ends = []
    for refusal_first in (True, False):
        city = IntakeBench()
        case_id = city.file(report_id=UUID(int=1))
        city.withdraw(case_id, UUID(int=1))
        city.handled(case_id, Outcome.SOLVED)
        if refusal_first:
            city.withdrawal_refused(case_id)
        city.closed(case_id)
        if not refusal_first:
            city.withdrawal_refused(case_id)
        ends.append((city.state(case_id), {text for _, text in city.notices()}))
    assert [texts for _, texts in ends] == [{"withdrawal_refused", "closed_solved"}] * 2
    states = [state for state, _ in ends]
    assert [state.reports for state in states] == [states[0].reports] * 2
    assert not any(state.withdrawing for state in states)


@pytest.mark.race("withdraw and complete")
def test_a_granted_withdrawal_ends_the_case(bench: IntakeBench) -> None:
    """Withdrawn first: the reporter hears that, once, and nothing else."""
    case_id = bench.file()
    report_id = only(bench, case_id)
    bench.withdraw(case_id, report_id)
    bench.handled(case_id, Outcome.WITHDRAWN)
    bench.closed(case_id, Outcome.WITHDRAWN)
    assert bench.notices() == [(report_id, "closed_withdrawn")]


@pytest.mark.race("withdraw and complete")
def test_a_withdrawal_after_the_end_is_refused_at_the_door(bench: IntakeBench) -> None:
    """Closed before the wish was read here: nothing goes to the router."""
    case_id = bench.file()
    bench.closed(case_id)
    with pytest.raises(CaseEndedError):
        bench.withdraw(case_id, only(bench, case_id))
    assert bench.told(case_id) == ["CaseFiled"]
