"""Reports: what follows when one is handed in, joins, is taken back or added to."""

from uuid import UUID

import pytest
from tests.unit.intake.bench import CONTACT, IntakeBench, report_ids, submission

from civicloop_contracts.facts.intake import CaseSupplemented, ReportAttached, ReportWithdrawn
from civicloop_kit.jobs import QueueJob
from civicloop_kit.room import Decision
from intake.domain.commands import SubmitReport
from intake.domain.duplicates import OFF
from intake.domain.errors import AlreadyFiledError, CaseEndedError
from intake.domain.facts import CaseClosed, CaseFiled, CaseRejected
from intake.domain.model import Channel, Outcome, Particulars, Status
from intake.domain.state import CaseState, new_case
from intake.handlers import follow_case, submit_report
from intake.ports import (
    StoreMembership,
    StorePlace,
    StoreReport,
    StoreSealed,
    StoreSupplement,
)
from intake.testing import NEAR, NOW, PREMISES_CODE, sample_rules

CASE = new_case(UUID(int=7))
REPORT_ID = UUID(int=1)
CLOSED = CaseClosed(round=1, outcome=Outcome.SOLVED, occurred_at=NOW)


def submitted(command: SubmitReport, state: CaseState = CASE) -> Decision[CaseState]:
    """Return what is decided about a report."""
    rules = sample_rules(NEAR)
    return submit_report(rules, {state.case_id: state}, command, NOW)[state.case_id]


def test_a_filed_report_leaves_a_fact_its_rows_and_its_sealed_words() -> None:
    """One decision has everything that one commit saves."""
    decision = submitted(submission(report_id=REPORT_ID, source_id="101"))
    [fact] = decision.facts
    assert isinstance(fact, CaseFiled)
    report, sealed, place = decision.effects
    assert report == StoreReport(
        report_id=REPORT_ID,
        case_id=CASE.case_id,
        channel=Channel.SNAP,
        received_at=NOW,
        state="filed",
        source_id="101",
        particulars=Particulars(matter=fact.matter, place=fact.place),
    )
    assert sealed == StoreSealed(report_id=REPORT_ID, sealed=CONTACT)
    assert isinstance(place, StorePlace)
    assert (place.case_id, place.filed_at) == (CASE.case_id, NOW)
    assert decision.reply == {
        "case_id": str(CASE.case_id),
        "report_id": str(REPORT_ID),
        "status": "filed",
    }


@pytest.mark.choreography("intake", "CaseRejected")
def test_a_rejected_report_is_kept_and_its_reporter_told() -> None:
    """A rejection is an end: it is answered, stored and told; no report can join it."""
    decision = submitted(submission(division="110105"))
    assert [type(fact) for fact in decision.facts] == [CaseRejected]
    assert decision.reply is not None
    assert (decision.reply["status"], decision.reply["reason"]) == (
        "rejected",
        "outside_jurisdiction",
    )
    report, sealed, notice = decision.effects
    assert isinstance(report, StoreReport)
    assert (report.state, report.particulars) == (Status.REJECTED, None)
    assert isinstance(sealed, StoreSealed)
    assert isinstance(notice, QueueJob)


def test_a_case_is_filed_once() -> None:
    """A second report for the same case is refused."""
    with pytest.raises(AlreadyFiledError):
        submitted(submission(), submitted(submission()).state)


@pytest.mark.parametrize(
    "command", [submission(code=PREMISES_CODE), submission(replayed=True, source_id="1")]
)
def test_no_place_is_kept_where_nothing_may_join(command: SubmitReport) -> None:
    """Premises are told by nobody, and an imported history is not added to."""
    assert StorePlace not in {type(effect) for effect in submitted(command).effects}


def test_without_duplicates_no_place_is_kept() -> None:
    """Who switches it off pays nothing for it."""
    bench = IntakeBench(OFF)
    first = bench.file()
    assert bench.report(first)["case_id"] != str(first)
    assert bench.effects(StorePlace) == []


def test_an_end_that_is_read_first_is_told_when_the_report_comes() -> None:
    """Feedback may be read before our own filing is known again: nobody is forgotten."""
    early = follow_case(CASE, CLOSED, NOW)
    assert early.effects == ()
    late = submitted(submission(), early.state)
    assert QueueJob in {type(effect) for effect in late.effects}


@pytest.mark.choreography("intake", "ReportAttached")
def test_an_evident_duplicate_joins_the_open_case() -> None:
    """The receipt has that case; the report is kept, told, and no case of its own is made."""
    bench = IntakeBench()
    first = bench.file()
    receipt = bench.report(first, north=0.3, condition="missing")
    report_id = UUID(receipt["report_id"])
    assert receipt == {
        "case_id": str(first),
        "report_id": str(report_id),
        "status": "filed",
        "joined": True,
    }
    assert report_ids(bench.state(first))[1] == report_id
    attached = bench.bench.facts[-1]
    assert isinstance(attached, ReportAttached)
    assert (attached.case_id, attached.report_id, attached.channel) == (first, report_id, "snap")
    kept = bench.effects(StoreReport)[-1]
    assert (kept.case_id, kept.particulars.matter.condition) == (first, "missing")
    assert len(bench.effects(StorePlace)) == 1
    assert len(bench.effects(StoreSealed)) == 2


def test_every_reporter_of_a_joined_case_hears_its_end() -> None:
    """One notice each."""
    bench = IntakeBench()
    first = bench.file()
    bench.report(first)
    bench.closed(first)
    told = [report_id for report_id, text in bench.notices() if text == "closed_solved"]
    assert told == report_ids(bench.state(first))


def test_a_report_that_would_be_rejected_joins_nothing() -> None:
    """Whatever is near it."""
    bench = IntakeBench()
    first = bench.file()
    receipt = bench.report(first, division="110105")
    assert receipt["status"] == "rejected"
    assert len(bench.state(first).reports) == 1


@pytest.mark.choreography("intake", "ReportWithdrawn")
def test_a_withdrawn_report_counts_no_more_and_the_case_goes_on() -> None:
    """Others still want it solved; asked again it is the same answer and nothing new."""
    bench = IntakeBench()
    case_id = bench.file()
    report_id = UUID(bench.report(case_id)["report_id"])
    answers = [bench.withdraw(case_id, report_id) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0] == {
        "case_id": str(case_id),
        "report_id": str(report_id),
        "withdrawal": "accepted",
    }
    assert bench.told(case_id) == ["CaseFiled", "ReportAttached", "ReportWithdrawn"]
    fact = bench.bench.facts[-1]
    assert isinstance(fact, ReportWithdrawn)
    assert (fact.report_id, fact.reason) == (report_id, "by_reporter")
    members = bench.effects(StoreMembership)
    assert members == [StoreMembership(report_id=report_id, case_id=case_id, active=False)]


@pytest.mark.choreography("intake", "WithdrawalRequested")
def test_with_its_last_report_a_case_is_to_end() -> None:
    """The router decides; the answer says so, also when it is asked again."""
    bench = IntakeBench()
    case_id = bench.file()
    [report_id] = report_ids(bench.state(case_id))
    answers = [bench.withdraw(case_id, report_id) for _ in range(2)]
    assert [answer["withdrawal"] for answer in answers] == ["requested"] * 2
    assert bench.told(case_id) == ["CaseFiled", "ReportWithdrawn", "WithdrawalRequested"]


def test_of_two_that_withdraw_the_last_one_ends_the_case() -> None:
    """The first was only accepted, whenever it is asked again."""
    bench = IntakeBench()
    case_id = bench.file()
    bench.report(case_id)
    first, last = report_ids(bench.state(case_id))
    assert bench.withdraw(case_id, first)["withdrawal"] == "accepted"
    assert bench.withdraw(case_id, last)["withdrawal"] == "requested"
    assert bench.withdraw(case_id, first)["withdrawal"] == "accepted"


def test_who_withdrew_hears_only_that_the_case_was_withdrawn() -> None:
    """Solved is no news for one who left; withdrawn is."""
    for outcome, texts in ((Outcome.SOLVED, []), (Outcome.WITHDRAWN, ["closed_withdrawn"])):
        bench = IntakeBench()
        case_id = bench.file()
        bench.withdraw(case_id, report_ids(bench.state(case_id))[0])
        bench.closed(case_id, outcome)
        assert [text for _, text in bench.notices()] == texts


@pytest.mark.choreography("intake", "CaseSupplemented")
def test_a_supplement_is_kept_sealed_and_told_without_a_word() -> None:
    """The fact names the report and the supplement."""
    bench = IntakeBench()
    case_id = bench.file()
    [report_id] = report_ids(bench.state(case_id))
    answer = bench.supplement(case_id, report_id)
    fact = bench.bench.facts[-1]
    assert isinstance(fact, CaseSupplemented)
    assert answer == {
        "case_id": str(case_id),
        "report_id": str(report_id),
        "supplement_id": str(fact.supplement_id),
        "reaches_departments": True,
    }
    [kept] = bench.effects(StoreSupplement)
    assert (kept.supplement_id, kept.report_id, kept.at) == (fact.supplement_id, report_id, NOW)
    assert "sealed=" not in repr(kept)


def test_a_supplement_tells_when_departments_are_done() -> None:
    """It is kept, and read when the case is worked on again."""
    bench = IntakeBench()
    case_id = bench.file()
    [report_id] = report_ids(bench.state(case_id))
    bench.handled(case_id, Outcome.SOLVED)
    assert bench.supplement(case_id, report_id)["reaches_departments"] is False
    assert isinstance(bench.bench.facts[-1], CaseSupplemented)
    bench.reworked(case_id)
    assert bench.supplement(case_id, report_id)["reaches_departments"] is True


def test_a_closed_case_takes_no_supplement() -> None:
    """Nobody works on it any more."""
    bench = IntakeBench()
    case_id = bench.file()
    bench.closed(case_id)
    with pytest.raises(CaseEndedError):
        bench.supplement(case_id, report_ids(bench.state(case_id))[0])
