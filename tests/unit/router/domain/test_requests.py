"""More time: extension (延期), suspension (挂起) and the long-term ledger (挂账)."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    STREET,
    STREET_GOVERNMENT,
    WITHDRAW,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    names,
    only,
    parked,
    request_no,
    rework,
    told,
)

from router.domain.case import CaseStatus, pending_requests
from router.domain.codes import RequestKind
from router.domain.decided import ClockSuspended, DeadlineExtended, RequestRefused, TaskReassigned
from router.domain.errors import NoPendingRequestError, UnknownTaskError
from router.domain.facts import ClockRequested, TaskAcknowledged
from router.domain.parts import ExternalClock
from router.domain.task import TaskStatus

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
RESOLUTION = T + 2 * DAY
SUSPENSION = asked(RequestKind.SUSPENSION, review_in=30 * DAY)
LEDGER = asked(RequestKind.LEDGER, review_in=300 * DAY)


def refused(request: ClockRequested, now: timedelta = timedelta()) -> list[RequestRefused]:
    """Return the refusal of a request to the subdistrict's task."""
    return [
        RequestRefused(
            occurred_at=T + now,
            task=request.task,
            department=STREET_GOVERNMENT,
            request_id=request.request_id,
            kind=request.kind,
        )
    ]


def pending(router: Router) -> list[ClockRequested]:
    """Return what waits for a superior, as it was asked."""
    return [
        told(
            ClockRequested,
            task.ref,
            request_id=request.request_id,
            kind=request.kind,
            review_at=request.review_at,
        )
        for task, request in pending_requests(router.case)
    ]


@pytest.mark.parametrize("request_", [asked(), SUSPENSION, LEDGER], ids=lambda r: r.kind)
def test_a_request_waits_for_a_superior(request_: ClockRequested, alone: Router) -> None:
    """Nothing is said to it, and the task is where it was."""
    assert alone.read(request_) == []
    assert pending(alone) == [request_]
    assert alone.status() is TaskStatus.DISPATCHED


def test_an_approved_extension_adds_one_original_limit(alone: Router) -> None:
    """Two working days after the old deadline, whenever it is approved."""
    alone.read(asked())
    alone.now = T + HOUR
    fact = only(DeadlineExtended, alone.answer(asked(), approved=True))
    assert (fact.task, fact.department, fact.extensions) == (LEAD, STREET_GOVERNMENT, 1)
    assert fact.clock.due_at == T + 4 * DAY
    assert alone.task().clocks.resolution == fact.clock
    assert pending(alone) == []


def test_at_most_two_extensions_are_granted(alone: Router) -> None:
    """The third request is refused at once."""
    for number in (1, 2):
        alone.read(asked(number=number))
        fact = only(DeadlineExtended, alone.answer(asked(number=number), approved=True))
        assert fact.extensions == number
    assert alone.read(asked(number=3)) == refused(asked(number=3))
    assert pending(alone) == []


def test_a_refused_extension_does_not_count(alone: Router) -> None:
    """Two may still follow."""
    alone.read(asked(number=1))
    assert alone.answer(asked(number=1), approved=False) == refused(asked(number=1))
    alone.read(asked(number=2))
    fact = only(DeadlineExtended, alone.answer(asked(number=2), approved=True))
    assert fact.extensions == 1


def test_what_has_become_impossible_is_refused_when_it_is_decided(alone: Router) -> None:
    """Three asked at once: the third one is one too many."""
    alone.read_all(*(asked(number=number) for number in (1, 2, 3)))
    for number in (1, 2):
        alone.answer(asked(number=number), approved=True)
    assert alone.answer(asked(number=3), approved=True) == refused(asked(number=3))


def test_the_clock_of_a_source_system_is_extended_by_its_span(
    router: Router, file_case: FileCase
) -> None:
    """From the filing to the deadline that the source had set."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T + 8 * HOUR)))
    router.now = T + 2 * HOUR
    for number in (1, 2):
        router.read(asked(number=number))
        fact = only(DeadlineExtended, router.answer(asked(number=number), approved=True))
        assert fact.clock.due_at == T + (number + 1) * 8 * HOUR
        assert fact.clock.remind_at == fact.clock.due_at - 2 * HOUR


@pytest.mark.parametrize("due", [timedelta(), -HOUR])
def test_a_deadline_that_had_passed_at_the_filing_has_no_limit_to_add(
    due: timedelta, router: Router, file_case: FileCase
) -> None:
    """Nothing, or less, was given to it."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T + due)))
    assert router.read(asked()) == refused(asked())


@pytest.mark.parametrize("request_", [asked(), SUSPENSION, LEDGER], ids=lambda r: r.kind)
def test_where_there_is_no_deadline_there_is_nothing_to_ask_for(
    request_: ClockRequested, router: Router, file_case: FileCase
) -> None:
    """The source system set none."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=None)))
    assert router.read(request_) == refused(request_)


def test_an_approved_suspension_stops_the_clock(alone: Router) -> None:
    """What is left is kept, until the date of review."""
    alone.read_all(told(TaskAcknowledged), SUSPENSION)
    alone.now = T + HOUR
    fact = only(ClockSuspended, alone.answer(SUSPENSION, approved=True))
    assert fact.remaining_s == 15 * 3600
    assert (fact.review_at, fact.kind) == (T + 30 * DAY, RequestKind.SUSPENSION)
    assert alone.status() is TaskStatus.SUSPENDED
    assert [timer.due_at for timer in alone.timers] == [T + 30 * DAY]


@pytest.mark.race("deadline passes while suspended")
def test_a_deadline_does_not_pass_while_suspended(alone: Router) -> None:
    """Suspended first: weeks later nothing has been said, and what was left is counted on."""
    alone.read(SUSPENSION)
    alone.answer(SUSPENSION, approved=True)
    assert alone.wait_until(T + 29 * DAY) == []
    assert names(alone.wait_until(T + 31 * DAY)) == ["ClockResumed"]
    assert alone.task().clocks.resolution_due_at == T + 32 * DAY


@pytest.mark.race("deadline passes while suspended")
@pytest.mark.parametrize("request_", [SUSPENSION, LEDGER], ids=lambda r: r.kind)
def test_what_is_overdue_is_not_suspended(request_: ClockRequested, alone: Router) -> None:
    """Passed first: it was late, and stays so."""
    alone.read(request_)
    alone.wait_until(RESOLUTION + SECOND)
    assert alone.answer(request_, approved=True) == refused(request_, 2 * DAY + SECOND)
    assert alone.status() is TaskStatus.DISPATCHED


def test_in_its_last_second_a_clock_may_still_be_stopped(alone: Router) -> None:
    """Due is not overdue."""
    alone.read(SUSPENSION)
    alone.now = RESOLUTION
    assert only(ClockSuspended, alone.answer(SUSPENSION, approved=True)).remaining_s == 0


@pytest.mark.parametrize("late", [SECOND, 40 * DAY])
def test_what_is_overdue_is_not_extended(late: timedelta, alone: Router) -> None:
    """It was late, and stays so; a deadline that is granted never lies in the past."""
    alone.read(asked())
    alone.wait_until(RESOLUTION + late)
    assert alone.answer(asked(), approved=True) == refused(asked(), 2 * DAY + late)
    assert alone.read(asked(number=2)) == refused(asked(number=2), 2 * DAY + late)


def test_in_its_last_second_a_deadline_may_still_be_extended(alone: Router) -> None:
    """Due is not overdue."""
    alone.read(asked())
    alone.now = RESOLUTION
    assert only(DeadlineExtended, alone.answer(asked(), approved=True)).clock.due_at == T + 4 * DAY


@pytest.mark.parametrize(
    ("review_in", "granted"),
    [
        (None, False),
        (-SECOND, False),
        (timedelta(), False),
        (SECOND, True),
        (366 * DAY, True),
        (366 * DAY + SECOND, False),
    ],
)
def test_a_review_lies_ahead_and_within_a_year(
    review_in: timedelta | None, granted: bool, alone: Router
) -> None:
    """Anything else is refused at once."""
    request = asked(RequestKind.SUSPENSION, review_in=review_in)
    assert alone.read(request) == ([] if granted else refused(request))


def test_a_review_that_has_come_meanwhile_is_refused(alone: Router) -> None:
    """It waited too long for its superior."""
    request = asked(RequestKind.SUSPENSION, review_in=HOUR)
    alone.read(request)
    alone.now = T + HOUR
    assert alone.answer(request, approved=True) == refused(request, HOUR)


def test_a_case_goes_to_the_ledger_once(alone: Router) -> None:
    """A second time is refused, a plain suspension is not."""
    alone.read(LEDGER)
    alone.answer(LEDGER, approved=True)
    alone.wait_until(T + 300 * DAY)
    alone.now = T
    again = asked(RequestKind.LEDGER, number=2, review_in=DAY)
    assert alone.read(again) == refused(again)
    assert alone.read(asked(RequestKind.SUSPENSION, number=3, review_in=DAY)) == []


def test_a_suspension_is_not_the_ledger(alone: Router) -> None:
    """It may come again."""
    for number in (1, 2):
        request = asked(RequestKind.SUSPENSION, number=number, review_in=number * DAY)
        assert alone.read(request) == []
        assert names(alone.answer(request, approved=True)) == ["ClockSuspended"]
        alone.wait_until(T + number * DAY)


def test_a_suspended_clock_is_not_suspended_again(alone: Router) -> None:
    """It stands still already."""
    alone.read(SUSPENSION)
    alone.answer(SUSPENSION, approved=True)
    again = asked(RequestKind.SUSPENSION, number=2, review_in=DAY)
    assert alone.read(again) == refused(again)


def test_a_suspended_deadline_may_be_extended(alone: Router) -> None:
    """What is left grows by the limit, and is counted on: it does not pass meanwhile."""
    alone.read_all(SUSPENSION, asked(number=2))
    alone.answer(SUSPENSION, approved=True)
    alone.now = T + 3 * DAY
    assert names(alone.answer(asked(number=2), approved=True)) == ["DeadlineExtended"]
    assert alone.status() is TaskStatus.SUSPENDED
    alone.wait_until(T + 30 * DAY)
    assert alone.task().clocks.resolution_due_at == T + 36 * DAY


def test_an_extension_into_the_past_is_refused_while_suspended(alone: Router) -> None:
    """Nobody is told of a deadline that is over; it may be asked for when the clock runs again."""
    alone.read_all(SUSPENSION, asked(number=2))
    alone.answer(SUSPENSION, approved=True)
    alone.now = T + 4 * DAY
    assert alone.answer(asked(number=2), approved=True) == refused(asked(number=2), 4 * DAY)
    alone.wait_until(T + 30 * DAY)
    alone.read(asked(number=3))
    assert names(alone.answer(asked(number=3), approved=True)) == ["DeadlineExtended"]


def test_a_suspended_task_may_be_completed(alone: Router) -> None:
    """And done again after a rework, on a clock that runs."""
    alone.read(SUSPENSION)
    alone.answer(SUSPENSION, approved=True)
    assert names(alone.read(done())) == ["CaseHandled"]
    assert only(TaskReassigned, alone.read(rework(1))).clocks.resolution_due_at == RESOLUTION
    assert alone.status(attempt(2)) is TaskStatus.DISPATCHED


def test_a_suspended_task_may_be_cancelled(alone: Router) -> None:
    """Nobody reports it any more."""
    alone.read(SUSPENSION)
    alone.answer(SUSPENSION, approved=True)
    assert names(alone.read(WITHDRAW)) == ["TaskCancelled", "CaseHandled"]
    assert alone.timers == ()


def test_a_suspended_deadline_of_a_source_system_runs_on_for_the_next(
    router: Router, file_case: FileCase
) -> None:
    """A superior gives the task away while it stands still: with what was left."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T + 8 * HOUR)))
    router.read(SUSPENSION)
    router.answer(SUSPENSION, approved=True)
    router.now = T + DAY
    [given] = router.reassign(LEAD, "roads")
    assert isinstance(given, TaskReassigned)
    assert given.clocks.resolution_due_at == T + DAY + 8 * HOUR


@pytest.mark.parametrize("end", [done(STREET), back(STREET), parked(STREET, unknown=True)])
def test_requests_about_closed_or_disputed_tasks_are_refused(end: object, busy: Router) -> None:
    """Whatever closed it."""
    busy.read(end)  # type: ignore[arg-type] # each is a fact
    request = asked(task=STREET)
    assert busy.read(request) == refused(request)


def test_requests_about_replaced_and_cancelled_tasks_are_refused(busy: Router) -> None:
    """Not remarked: the department hears of its own request."""
    busy.reassign(STREET, "roads")
    assert busy.read(asked(task=STREET)) == refused(asked(task=STREET))
    busy.solve()
    late = asked(task=LEAD, number=2)
    assert names(busy.read(late)) == ["RequestRefused"]


@pytest.mark.parametrize("end", [done(), WITHDRAW])
def test_a_pending_request_ends_with_its_task(end: object, alone: Router) -> None:
    """Nobody has to decide it any more."""
    alone.read_all(asked(), end)  # type: ignore[arg-type] # each is a fact
    assert alone.case.status is CaseStatus.HANDLED
    assert pending(alone) == []
    with pytest.raises(NoPendingRequestError):
        alone.answer(asked(), approved=True)


def test_a_request_is_decided_once(alone: Router) -> None:
    """The second decision finds nothing."""
    alone.read(asked())
    alone.answer(asked(), approved=True)
    with pytest.raises(NoPendingRequestError):
        alone.answer(asked(), approved=False)


def test_a_request_is_decided_at_its_own_door(alone: Router) -> None:
    """An extension is not granted as a suspension."""
    alone.read(asked())
    with pytest.raises(NoPendingRequestError):
        alone.answer(asked(), approved=True, kinds=[RequestKind.SUSPENSION, RequestKind.LEDGER])


def test_a_request_is_decided_for_its_own_task(busy: Router) -> None:
    """Two departments may have numbered theirs alike."""
    busy.read_all(asked(task=LEAD), asked(task=STREET))
    fact = only(DeadlineExtended, busy.answer(asked(task=STREET), approved=True))
    assert fact.task == STREET
    assert [task.ref for task, _ in pending_requests(busy.case)] == [LEAD]
    with pytest.raises(NoPendingRequestError):
        busy.answer(asked(task=STREET), approved=True)


def test_an_unknown_task_has_no_requests(alone: Router) -> None:
    """Nor has one of another case."""
    with pytest.raises(UnknownTaskError):
        alone.answer(asked(task=attempt(7)), approved=True)


def test_what_is_asked_of_an_unknown_task_is_remarked(alone: Router) -> None:
    """It was never given out in this case."""
    assert names(alone.read(asked(task=attempt(7)))) == ["Remarked"]


def test_what_was_asked_before_the_filing_waits_like_the_rest(
    router: Router, file_case: FileCase
) -> None:
    """The departments' topic was faster."""
    assert router.read(asked()) == []
    router.read(file_case(code="06001"))
    assert [request.request_id for _, request in pending_requests(router.case)] == [request_no(1)]
