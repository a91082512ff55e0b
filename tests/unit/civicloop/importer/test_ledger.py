"""The ledger: what became of each line, and the counts that follow from it."""

from __future__ import annotations

from datetime import UTC, datetime

from civicloop.importer.ledger import Ledger, Totals
from civicloop.importer.words import Flag, Line, Reason, Reject
from civicloop_contracts.codes import Channel

TIME = datetime(2024, 5, 2, tzinfo=UTC)


def _line(number: int, *, handled: bool = True, department: str = "made-roads") -> Line:
    return Line(
        line=number,
        source_id=f"A{number}",
        opened_at=TIME,
        due_at=None,
        handled_at=TIME if handled else None,
        channel=Channel.SNAP,
        department=department,
        matter="01001",
        division="110101",
        position=None,
        flag=Flag.OVERDUE if number == 2 else Flag.ON_TIME,
    )


def test_an_id_is_new_once(ledger: Ledger) -> None:
    """Imported or not."""
    assert ledger.is_new("A1")
    assert not ledger.is_new("A1")
    assert ledger.is_new("a1")


def test_lines_are_counted_per_department_and_in_all(ledger: Ledger) -> None:
    """Closed ones, repeated ones, and both judgements."""
    for number in (2, 3):
        ledger.add(_line(number))
    ledger.add(_line(4, handled=False, department="made-parks"))
    for number in (2, 3, 4):
        ledger.file(number, f"case-{number}", repeated=number == 3)
    ledger.judge("case-2", overdue=True, handled=True)
    assert ledger.totals() == Totals(
        filed=3,
        closed=2,
        repeated=1,
        overdue=1,
        overdue_source=1,
        on_time_source=2,
        unjudged=2,
    )
    assert {code: it.filed for code, it in ledger.departments().items()} == {
        "made-parks": 1,
        "made-roads": 2,
    }


def test_a_handled_line_is_not_judged_before_its_handling_is_known(ledger: Ledger) -> None:
    """An open one is judged as soon as its case is there."""
    ledger.add(_line(2))
    ledger.add(_line(3, handled=False))
    for number in (2, 3):
        ledger.file(number, f"case-{number}", repeated=False)
        ledger.judge(f"case-{number}", overdue=False, handled=False)
    assert [it["line"] for it in ledger.unjudged(5)] == [2]
    ledger.judge("case-2", overdue=False, handled=True)
    assert [it.line for it in ledger.judged()] == [2, 3]


def test_a_rejected_line_is_no_line_any_more(ledger: Ledger) -> None:
    """Intake's refusals come after the line was noted; rejects are told in the file's order."""
    ledger.add(_line(5))
    ledger.reject(Reject(line=5, reason=Reason.ID_REUSED))
    ledger.reject(Reject(line=3, reason=Reason.ROW_BROKEN, column="id"))
    assert ledger.totals().filed == 0
    assert [it.line for it in ledger.rejects()] == [3, 5]
    assert ledger.reject_counts() == {Reason.ID_REUSED: 1, Reason.ROW_BROKEN: 1}


def test_an_empty_ledger_counts_nothing(ledger: Ledger) -> None:
    """Zero, not nothing."""
    assert ledger.totals() == Totals(
        filed=0, closed=0, repeated=0, overdue=0, overdue_source=0, on_time_source=0, unjudged=0
    )
