"""Nothing waits for nobody: required work of an open case has a timer, or a department that has it.

`tests/quality/test_holders.py` names the timer of each state; here random histories look for a
state that has none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.router.domain.story import (
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    names,
    only,
    parked,
    rework,
    told,
)

from router.domain.case import CaseStatus, answer_of, newest_attempts, task_status
from router.domain.codes import DisputeGround, RequestKind
from router.domain.decided import DisputeOpened
from router.domain.disputes import is_last_resort
from router.domain.errors import RefusedError
from router.domain.facts import (
    TaskAcknowledged,
    TaskCompleted,
    TaskDelivered,
    TaskProgressed,
    TaskReturned,
)
from router.domain.parts import ExternalClock
from router.domain.task import Task, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.domain.rulebook import Rulebook

HOUR = timedelta(hours=1)
# As in the story of a missing manhole cover: one hour to answer, two to have it done.
RESPONSE, RESOLUTION = T + HOUR, T + 2 * HOUR

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(TaskDelivered, TaskAcknowledged, TaskProgressed, TaskReturned, TaskCompleted),
                *("park", "unknown", "extend", "suspend", "approve", "reassign", "settle"),
                *("rework", "wait"),
            ]
        ),
        st.integers(0, 2),
        st.sampled_from([timedelta(), HOUR / 2, HOUR, 3 * HOUR, 50 * HOUR]),
    ),
    max_size=14,
)
clocks = st.sampled_from([None, ExternalClock(due_at=T + 8 * HOUR)])


def late_return(router: Router) -> None:
    """Let the lead acknowledge, overstay its limit, and return within its longer window."""
    router.read_all(*(told(TaskDelivered, task.ref) for task in router.case.tasks))
    router.read(told(TaskAcknowledged))
    router.wait_until(RESOLUTION + HOUR)
    assert names(router.read(back())) == ["TaskReassigned"]


def test_what_nobody_fetches_after_a_late_return_is_disputed_at_its_response_limit(
    busy: Router,
) -> None:
    """The deadline that it took over has passed already, and would not be looked at again."""
    late_return(busy)
    said = busy.wait_until(RESOLUTION + 2 * HOUR)
    opened = only(DisputeOpened, said)
    assert (opened.task, opened.ground) == (attempt(2), DisputeGround.UNDELIVERABLE)
    assert "CaseEscalated" not in names(said)


def test_what_has_arrived_after_a_late_return_is_late_like_any_other(busy: Router) -> None:
    """Its department has it: the case climbs."""
    late_return(busy)
    busy.read(told(TaskDelivered, attempt(2)))
    assert names(busy.wait_until(RESOLUTION + 2 * HOUR)) == ["ReminderIssued", "CaseEscalated"]


def test_both_limits_at_once_dispute_what_nobody_fetched(
    router: Router, file_case: FileCase
) -> None:
    """The end of one would mark the other as passed too."""
    router.read(file_case(code="06001", condition="loose"))
    [task] = router.case.tasks
    clocks = replace(task.clocks, resolution=task.clocks.response)
    router.case = replace(router.case, tasks=(replace(task, clocks=clocks),))
    assert "DisputeOpened" in names(router.wait_until(T + 6 * HOUR))


def test_parked_after_the_response_limit_is_disputed_at_once(alone: Router) -> None:
    """The reminder and the limit are behind it: people decide."""
    alone.wake_up(T + 6 * HOUR)
    assert only(DisputeOpened, alone.read(parked())).ground is DisputeGround.UNDELIVERABLE
    assert alone.status() is TaskStatus.DISPUTED


@pytest.mark.parametrize("due_at", [None, T - HOUR])
def test_parked_without_a_deadline_ahead_is_disputed_at_once(
    due_at: datetime | None, router: Router, file_case: FileCase
) -> None:
    """The source system set none, or one that had passed: no timer would ever look at it."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=due_at)))
    router.wait_until(T)
    assert names(router.read(parked())) == ["DisputeOpened"]


def is_held(router: Router, task: Task) -> bool:
    """Tell whether a timer looks at a task again, or somebody has it who was told of its end.

    Two are held outside the router: what was given by rule to the city's own government, by the
    operator of its delivery, and what has the clock of a source system, by the department's queue.
    """
    case = router.case
    if any(timer.task_id == task.ref.task_id for timer in router.timers):
        return True
    if not task_status(case, task).is_in_hand:
        return task_status(case, task) is TaskStatus.COMPLETED
    own_limits = case.terms is not None and case.terms.limits is not None
    has_it = answer_of(case, task).has_arrived or is_last_resort(case, task, router.rules)
    return has_it or not own_limits


def are_held(router: Router) -> bool:
    """Tell whether all that an open case cannot do without is held."""
    if router.case.status is not CaseStatus.OPEN:
        return True
    return all(is_held(router, task) for task in newest_attempts(router.case) if task.required)


def act(router: Router, what: Any, number: int) -> None:
    """Let a department or a superior do something about the newest attempt of a task."""
    newest = newest_attempts(router.case)
    task = newest[number % len(newest)]
    request = asked(
        RequestKind.SUSPENSION if what == "suspend" else RequestKind.EXTENSION,
        task.ref,
        len(answer_of(router.case, task).requests),
        router.now - T + HOUR,
    )
    deeds: dict[Any, Callable[[], Any]] = {
        "park": lambda: router.read(parked(task.ref)),
        "unknown": lambda: router.read(parked(task.ref, unknown=True)),
        "extend": lambda: router.read(request),
        "suspend": lambda: router.read(request),
        "approve": lambda: approve(router, task),
        "reassign": lambda: router.reassign(task.ref, "fire"),
        "settle": lambda: task.dispute and router.settle(task.dispute.dispute_id, "roads"),
        "rework": lambda: router.read(rework(1)),
        "wait": lambda: None,
    }
    deeds.get(what, lambda: router.read(told(what, task.ref)))()


def approve(router: Router, task: Task) -> None:
    """Grant the oldest thing that the department of a task asked for."""
    for request in answer_of(router.case, task).requests:
        if request.request_id not in task.decided:
            question = told(
                type(asked()), task.ref, request_id=request.request_id, kind=request.kind
            )
            router.answer(question, approved=True)
            return


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(code=st.sampled_from(["01001", "06001", "09001"]), clock=clocks, steps=steps)
def test_required_work_of_an_open_case_is_always_held(
    code: str,
    clock: ExternalClock | None,
    steps: list[tuple[Any, int, timedelta]],
    rules: Rulebook,
    file_case: FileCase,
) -> None:
    """Whatever departments tell and superiors order, with time passing in between."""
    router = Router(rules)
    condition = "missing" if code == "01001" else "loose"
    router.read(file_case(code=code, condition=condition, clock=clock))
    for what, number, pause in steps:
        router.wait_until(router.now + pause)
        try:
            act(router, what, number)
        except RefusedError:
            continue
        assert are_held(router)
    router.wait_until(router.now + 50 * HOUR)
    assert are_held(router)
