"""What a case waits for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.domain.case import Case, evolve, evolve_all
from router.domain.commands import DispatchCase
from router.domain.decisions import decide
from router.domain.dispatch import Rulebook, plan_tasks
from router.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    Outcome,
    TaskAcknowledged,
    TaskCompleted,
    TaskProgressed,
)
from router.domain.identity import refer_task
from router.domain.parts import ExternalClock
from router.domain.timers import Timer, TimerName, timers

FileCase = Callable[..., CaseFiled]
Dispatch = Callable[[CaseFiled], Case]
CASE_ID = UUID("01980000-0000-7000-8000-000000000001")
T = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TASK = refer_task(CASE_ID, 1, 1)


@pytest.fixture
def dispatch(rules: Rulebook) -> Dispatch:
    """Return a case with its first decision taken."""

    def dispatched(filed: CaseFiled) -> Case:
        case = evolve(Case(case_id=CASE_ID), filed)
        facts = decide(case, DispatchCase(plan=plan_tasks(filed, rules, T)), T)
        return evolve_all(case, facts)

    return dispatched


@pytest.fixture
def alone(file_case: FileCase, dispatch: Dispatch) -> Case:
    """A case with a single task, given out, a loose cover's limits on it."""
    return dispatch(file_case(code="06001", condition="loose"))


RESPONSE = Timer(name=TimerName.RESPONSE_LIMIT, task_id=TASK.task_id, due_at=T + timedelta(hours=6))
RESOLUTION = Timer(
    name=TimerName.RESOLUTION_LIMIT, task_id=TASK.task_id, due_at=T + timedelta(days=2)
)


def test_a_dispatched_task_waits_for_both_limits(alone: Case) -> None:
    """The earlier one first."""
    assert timers(alone) == (RESPONSE, RESOLUTION)


@pytest.mark.parametrize("answer", [TaskAcknowledged, TaskProgressed])
def test_an_answer_stops_the_response_clock(answer: type[TaskAcknowledged], alone: Case) -> None:
    """The resolution clock runs on."""
    assert timers(evolve(alone, answer(occurred_at=T, task=TASK))) == (RESOLUTION,)


def test_a_completed_task_waits_for_nothing(alone: Case) -> None:
    """Both clocks have stopped."""
    assert timers(evolve(alone, TaskCompleted(occurred_at=T, task=TASK))) == ()


@pytest.mark.parametrize(
    "end",
    [
        CaseHandled(occurred_at=T, outcome=Outcome.SOLVED, round=1),
        CaseClosed(occurred_at=T, outcome=Outcome.SOLVED, round=1),
    ],
)
def test_a_case_that_is_not_open_waits_for_nothing(
    end: CaseHandled | CaseClosed, alone: Case
) -> None:
    """Handled is held by feedback's case, ended by nobody."""
    assert timers(evolve(alone, end)) == ()


def test_a_disputed_task_waits_for_its_conference(file_case: FileCase, dispatch: Dispatch) -> None:
    """Somebody has to lead by then."""
    case = dispatch(file_case(code="09001"))
    assert timers(case) == (
        Timer(name=TimerName.SETTLE_BY, task_id=TASK.task_id, due_at=T + timedelta(days=2)),
    )


def test_a_case_without_a_clock_waits_for_nothing(file_case: FileCase, dispatch: Dispatch) -> None:
    """The source system set no deadline: it counts as on time."""
    assert timers(dispatch(file_case(clock=ExternalClock(due_at=None)))) == ()


def test_every_task_has_timers_of_its_own(file_case: FileCase, dispatch: Dispatch) -> None:
    """Three departments, two clocks each, in the order of time."""
    waits = timers(dispatch(file_case()))
    assert len(waits) == 6
    assert [timer.due_at for timer in waits] == sorted(timer.due_at for timer in waits)
