"""Each report is in exactly one case, after following merges."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from civicloop.audit.findings import Findings
from civicloop.audit.journals import Answer, JournalError, read_answers
from civicloop.audit.membership import Membership
from civicloop.audit.snapshot import Receipt
from civicloop_contracts.fact import Fact

Make = Callable[..., Fact]
ONE, TWO, THREE = uuid4(), uuid4(), uuid4()
REPORT = uuid4()


@pytest.fixture
def members() -> Membership:
    """Nobody is anywhere yet."""
    return Membership()


@pytest.fixture
def filed(members: Membership, make: Make) -> Membership:
    """One report is in case one."""
    members.fold(make("CaseFiled", case_id=ONE, report_id=REPORT))
    return members


def _texts(members: Membership, case_id: UUID, report_id: UUID = REPORT) -> list[str]:
    findings = Findings()
    members.check_receipt(Receipt(case_id=case_id, report_id=report_id), findings)
    return [violation.text for violation in findings.violations]


def _merge(members: Membership, make: Make, loser: UUID, survivor: UUID) -> None:
    members.fold(make("CaseHandled", case_id=loser, outcome="merged", survivor=survivor))
    members.fold(make("ReportAttached", case_id=survivor, report_id=REPORT, channel="patrol"))


def test_a_report_is_where_its_receipt_says(filed: Membership) -> None:
    """Filed and told."""
    assert _texts(filed, ONE) == []


def test_a_report_in_another_case_is_found(filed: Membership) -> None:
    """The caller would ask after the wrong case."""
    assert _texts(filed, TWO) == [f"report {REPORT} is in case {ONE}"]


def test_a_report_in_two_cases_is_found(filed: Membership, make: Make) -> None:
    """Doubled."""
    filed.fold(make("CaseFiled", case_id=TWO, report_id=REPORT))
    assert _texts(filed, ONE) == [f"report {REPORT} is in 2 cases"]


def test_a_merged_report_is_in_the_survivor(filed: Membership, make: Make) -> None:
    """Through a chain of merges, for whichever of its cases the receipt names."""
    _merge(filed, make, ONE, TWO)
    _merge(filed, make, TWO, THREE)
    assert filed.homes(REPORT) == {THREE}
    assert _texts(filed, ONE) == []


def test_an_unmerged_report_is_in_its_new_case_only(filed: Membership, make: Make) -> None:
    """Unmerging is filing anew."""
    filed.fold(make("ReportWithdrawn", case_id=ONE, report_id=REPORT, reason="unmerged"))
    filed.fold(make("CaseFiled", case_id=TWO, report_id=REPORT))
    assert filed.homes(REPORT) == {TWO}


def _unmerge(members: Membership, make: Make, former: UUID, new: UUID) -> None:
    members.fold(make("ReportWithdrawn", case_id=former, report_id=REPORT, reason="unmerged"))
    members.fold(make("CaseFiled", case_id=new, report_id=REPORT))


def test_a_receipt_may_name_the_case_that_a_report_was_taken_out_of(
    filed: Membership, make: Make
) -> None:
    """The caller was told the truth when he was told; a person has changed it since."""
    _unmerge(filed, make, ONE, TWO)
    assert _texts(filed, ONE) == _texts(filed, TWO) == []
    assert _texts(filed, THREE) == [f"report {REPORT} is in case {TWO}"]


def test_a_report_that_was_merged_and_taken_out_is_in_one_case(
    filed: Membership, make: Make
) -> None:
    """It is in none of the cases that had joined the one it left."""
    _merge(filed, make, ONE, TWO)
    _unmerge(filed, make, TWO, THREE)
    assert filed.homes(REPORT) == {THREE}
    assert [_texts(filed, case_id) for case_id in (ONE, TWO, THREE)] == [[], [], []]


def test_a_report_may_come_back(filed: Membership, make: Make) -> None:
    """Taken out by mistake, its new case is merged again."""
    _unmerge(filed, make, ONE, TWO)
    _merge(filed, make, TWO, ONE)
    assert filed.homes(REPORT) == {ONE}
    assert [_texts(filed, case_id) for case_id in (ONE, TWO)] == [[], []]


def test_a_case_that_it_left_may_be_merged_later(filed: Membership, make: Make) -> None:
    """That is none of the report's business, and its receipt is still true."""
    _unmerge(filed, make, ONE, TWO)
    filed.fold(make("CaseHandled", case_id=ONE, outcome="merged", survivor=THREE))
    assert filed.homes(REPORT) == {TWO}
    assert _texts(filed, ONE) == []


def test_an_answer_may_name_it_too(filed: Membership, make: Make) -> None:
    """A client's journal is judged as its receipts are."""
    _unmerge(filed, make, ONE, TWO)
    findings = Findings()
    filed.check_answers([_answer(1, REPORT, ONE, "a"), _answer(2, REPORT, THREE, "b")], findings)
    assert [v.text for v in findings.violations] == [f"line 2: report {REPORT} is in another case"]


def test_a_report_that_its_reporter_withdrew_stays_known(filed: Membership, make: Make) -> None:
    """It is still in the case of which it was withdrawn."""
    filed.fold(make("ReportWithdrawn", case_id=ONE, report_id=REPORT, reason="by_reporter"))
    assert _texts(filed, ONE) == []


def test_a_forged_ring_of_merges_ends(filed: Membership, make: Make) -> None:
    """The auditor does not follow it for ever."""
    _merge(filed, make, ONE, TWO)
    _merge(filed, make, TWO, ONE)
    assert filed.homes(REPORT)


def test_one_key_stands_for_one_report(filed: Membership, make: Make) -> None:
    """A retried request must not be filed twice."""
    other = uuid4()
    filed.fold(make("CaseFiled", case_id=TWO, report_id=other))
    answers = [_answer(1, REPORT, ONE), _answer(2, other, TWO)]
    findings = Findings()
    filed.check_answers(answers, findings)
    assert [v.text for v in findings.violations] == [
        "line 2: key 'k' was answered with two reports"
    ]


def test_an_answered_report_must_be_there(filed: Membership) -> None:
    """In exactly one case, the one that was told; without an answer nothing is known."""
    findings = Findings()
    answers = [
        _answer(1, uuid4(), ONE, key="a"),
        _answer(2, REPORT, TWO, key="b"),
        _answer(3, None, None, key="c"),
    ]
    filed.check_answers(answers, findings)
    assert [v.line.split(": ")[1] for v in findings.violations] == ["line 1", "line 2"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"key": "a", "outcome": "maybe"}', "needs key and outcome"),
        ('{"key": "a", "outcome": "ok"}', "an ok needs its report_id"),
        ('{"key": "a", "outcome": "ok", "report_id": "x"}', "is no UUID"),
    ],
)
def test_a_line_that_is_no_answer_is_named(line: str, message: str) -> None:
    """With file and line."""
    with pytest.raises(JournalError, match=f"client.jsonl, line 2: .*{message}"):
        list(read_answers("client.jsonl", ["", line]))


def _answer(line: int, report_id: UUID | None, case_id: UUID | None, key: str = "k") -> Answer:
    return Answer(file="f", line=line, key=key, outcome="ok", report_id=report_id, case_id=case_id)
