"""What a case waits for."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    FileCase,
    Router,
    T,
    asked,
    back,
    closed,
    done,
    told,
)

from router.domain.codes import RequestKind
from router.domain.facts import Fact, TaskAcknowledged, TaskProgressed
from router.domain.parts import ExternalClock, TaskRef
from router.domain.timers import Timer, TimerName, next_timer


def timer(name: TimerName, after: timedelta, task: TaskRef = LEAD) -> Timer:
    """Return a timer, counted from the filing."""
    return Timer(name=name, task_id=task.task_id, due_at=T + after)


# Monday 10:00: four and sixteen working hours, a quarter of them left.
RESPONSE_REMINDER = timer(TimerName.RESPONSE_REMINDER, timedelta(hours=5))
RESPONSE = timer(TimerName.RESPONSE_LIMIT, timedelta(hours=6))
RESOLUTION_REMINDER = timer(TimerName.RESOLUTION_REMINDER, timedelta(days=1, hours=6))
RESOLUTION = timer(TimerName.RESOLUTION_LIMIT, timedelta(days=2))


def test_a_dispatched_task_waits_for_both_limits(alone: Router) -> None:
    """A reminder before each; the earliest first."""
    assert alone.timers == (RESPONSE_REMINDER, RESPONSE, RESOLUTION_REMINDER, RESOLUTION)
    assert next_timer(alone.case) == RESPONSE_REMINDER.due_at


@pytest.mark.parametrize(
    "answer",
    [
        told(TaskAcknowledged),
        told(TaskProgressed),
        asked(),
        asked(RequestKind.SUSPENSION, review_in=timedelta(days=1)),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_an_answer_stops_the_response_clock(answer: Fact, alone: Router) -> None:
    """Whoever asks for time has answered too. The resolution clock runs on."""
    assert alone.read(answer) == []
    assert alone.timers == (RESOLUTION_REMINDER, RESOLUTION)


def test_a_completed_task_waits_for_nothing(busy: Router) -> None:
    """Its clocks have stopped, while the others' run on."""
    busy.read(done(LEAD))
    assert LEAD.task_id not in {timer.task_id for timer in busy.timers}
    assert POLICE.task_id in {timer.task_id for timer in busy.timers}


def test_a_returned_task_waits_for_nothing_itself(alone: Router) -> None:
    """What became of it does."""
    alone.read(back())
    assert [timer.name for timer in alone.timers] == [TimerName.SETTLE_BY]


def test_a_case_that_is_not_open_waits_for_nothing(busy: Router) -> None:
    """Handled is held by feedback's case, ended by nobody."""
    busy.solve()
    assert busy.timers == ()
    assert next_timer(busy.case) is None
    busy.read(closed())
    assert busy.timers == ()


def test_a_disputed_task_waits_for_its_conference(unowned: Router) -> None:
    """Somebody has to lead by then."""
    assert unowned.timers == (timer(TimerName.SETTLE_BY, timedelta(days=2)),)


def test_a_case_without_a_clock_waits_for_nothing(router: Router, file_case: FileCase) -> None:
    """The source system set no deadline: it counts as on time."""
    router.read(file_case(clock=ExternalClock(due_at=None)))
    assert router.timers == ()


def test_every_task_has_timers_of_its_own(busy: Router) -> None:
    """Three departments, two clocks each with its reminder, in the order of time."""
    assert len(busy.timers) == 12
    assert [t.due_at for t in busy.timers] == sorted(t.due_at for t in busy.timers)


def test_the_clock_of_a_source_system_reminds_too(router: Router, file_case: FileCase) -> None:
    """When the same share of its span is left."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T + timedelta(hours=8))))
    assert router.timers == (
        timer(TimerName.RESOLUTION_REMINDER, timedelta(hours=6)),
        timer(TimerName.RESOLUTION_LIMIT, timedelta(hours=8)),
    )


def test_a_deadline_that_had_passed_before_is_passed_at_once(
    router: Router, file_case: FileCase
) -> None:
    """It is no sooner reminded of than it passes."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T - timedelta(hours=8))))
    assert {t.due_at for t in router.timers} == {T - timedelta(hours=8)}
