"""What people find by id or in a work list."""

from datetime import timedelta

from tests.unit.router.domain.story import (
    CASE_ID,
    LEAD,
    POLICE,
    STREET_GOVERNMENT,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    request_no,
    told,
)

from router.domain.case import Case
from router.domain.codes import DisputeGround, RequestKind
from router.domain.desk import DisputeRow, RequestRow, TaskRow, changed_rows
from router.domain.facts import Fact, TaskAcknowledged
from router.domain.identity import dispute_id, request_row_id

DISPUTED = DisputeRow(
    dispute_id=dispute_id(LEAD),
    case_id=CASE_ID,
    task_id=LEAD.task_id,
    department=STREET_GOVERNMENT,
    ground=DisputeGround.NO_DUTY,
    opened_at=T,
    settle_by=T + timedelta(days=2),
    is_open=True,
)


def changes(router: Router, fact: Fact) -> list[object]:
    """Return the rows that change when a fact is read."""
    before = router.case
    router.read(fact)
    return list(changed_rows(before, router.case))


def test_every_task_is_found_by_its_id(busy: Router) -> None:
    """From the moment it is planned."""
    rows = changed_rows(Case(case_id=CASE_ID), busy.case)
    assert len(rows) == 3
    assert rows[0] == TaskRow(task_id=LEAD.task_id, case_id=CASE_ID)


def test_what_does_not_change_is_not_written_again(busy: Router) -> None:
    """An acknowledgement moves no row."""
    assert changes(busy, told(TaskAcknowledged)) == []
    assert changes(busy, back(LEAD)) == [TaskRow(task_id=attempt(2).task_id, case_id=CASE_ID)]


def test_an_open_dispute_is_listed_with_who_had_the_task(alone: Router) -> None:
    """Until it is settled."""
    assert changes(alone, back()) == [DISPUTED]
    before = alone.case
    alone.settle(DISPUTED.dispute_id, "roads")
    [task, dispute] = changed_rows(before, alone.case)
    assert task == TaskRow(task_id=attempt(2).task_id, case_id=CASE_ID)
    assert isinstance(dispute, DisputeRow)
    assert not dispute.is_open


def test_a_request_is_listed_with_its_deadline(alone: Router) -> None:
    """Until it is decided, or its task is over."""
    request = asked(RequestKind.LEDGER, review_in=timedelta(days=9))
    row = RequestRow(
        row_id=request_row_id(LEAD, request_no(1)),
        task_id=LEAD.task_id,
        request_id=request_no(1),
        case_id=CASE_ID,
        department=STREET_GOVERNMENT,
        kind=RequestKind.LEDGER,
        asked_at=T,
        review_at=T + timedelta(days=9),
        due_at=T + timedelta(days=2),
        is_pending=True,
    )
    assert changes(alone, request) == [row]
    [decided] = changes(alone, done())
    assert isinstance(decided, RequestRow)
    assert (decided.row_id, decided.is_pending) == (row.row_id, False)


def test_a_moved_deadline_is_shown_to_those_who_still_ask(alone: Router) -> None:
    """Of two requests one is granted: the other's row tells the new date."""
    alone.read_all(asked(number=1), asked(number=2))
    before = alone.case
    alone.answer(asked(number=1), approved=True)
    rows = [row for row in changed_rows(before, alone.case) if isinstance(row, RequestRow)]
    assert {(row.request_id, row.is_pending) for row in rows} == {
        (request_no(1), False),
        (request_no(2), True),
    }
    assert {row.due_at for row in rows if row.is_pending} == {T + timedelta(days=4)}


def test_two_departments_may_number_alike(busy: Router) -> None:
    """Their requests have rows of their own."""
    [one] = changes(busy, asked(task=LEAD))
    [other] = changes(busy, asked(task=POLICE))
    assert isinstance(one, RequestRow)
    assert isinstance(other, RequestRow)
    assert one.request_id == other.request_id
    assert one.row_id != other.row_id
