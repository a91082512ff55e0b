"""Order holds within a source only: no interleaving breaks a case, and none leaves it to nobody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.router.domain.story import (
    CASE_ID,
    LEAD,
    MERGE,
    POLICE,
    STREET,
    WITHDRAW,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    closed,
    names,
    parked,
    rework,
    told,
)

from civicloop_contracts.transitions import load_transitions, moves_of
from civicloop_kit.room import Stamp
from router.domain.case import CaseStatus, answer_of, pending_requests, task_status, tasks_in_hand
from router.domain.codes import RequestKind
from router.domain.commands import DecideRequest
from router.domain.decided import CaseHandled, DisputeOpened, DisputeSettled, OwnFact
from router.domain.errors import RefusedError
from router.domain.facts import (
    CaseReopened,
    Fact,
    ReportAttached,
    ReportWithdrawn,
    TaskAcknowledged,
    TaskCompleted,
    TaskDelivered,
    TaskProgressed,
    TaskReturned,
)
from router.domain.identity import dispute_id
from router.domain.task import TaskStatus
from router.written import to_contract

ANSWERS = (TaskDelivered, TaskAcknowledged, TaskProgressed, TaskReturned, TaskCompleted)
TASKS = [attempt(number, task) for task in (LEAD, POLICE, STREET) for number in (1, 2, 3)]

told_of_tasks = st.one_of(
    st.builds(told, st.sampled_from(ANSWERS), st.sampled_from(TASKS), st.integers(0, 99)),
    st.builds(parked, st.sampled_from(TASKS), unknown=st.booleans()),
    st.builds(
        asked,
        st.sampled_from(RequestKind),
        st.sampled_from(TASKS),
        st.integers(1, 3),
        st.sampled_from([None, timedelta(days=1), timedelta(days=9)]),
    ),
)
told_by_intake = st.sampled_from(
    [ReportAttached(occurred_at=T), ReportWithdrawn(occurred_at=T), WITHDRAW, MERGE]
)
told_by_feedback = st.sampled_from(
    [
        rework(1),
        rework(2, 3),
        rework(9),
        rework(1, round_no=2),
        closed(),
        closed(2),
        CaseReopened(occurred_at=T, round=2),
    ]
)
orders = st.sampled_from(["settle", "reassign", "approve", "refuse", "supervise", "wait"])


def illegal_steps(said: list[OwnFact]) -> list[str]:
    """Fold what was said as an auditor does; return each step that the table does not allow."""
    found, states = [], dict[tuple[str, object], str]()
    stamp = Stamp(case_id=CASE_ID, recorded_at=T, cause="timer:due", replay=None)
    for fact in (to_contract(own, stamp) for own in said):
        for thing in load_transitions().things_of["/router/tasks"]:
            for move in moves_of(fact, thing):
                key = (thing.name, move.task_id)
                before = states.get(key, thing.start)
                after = thing.after(move.step, before)
                if after is None:
                    found.append(f"{move.step} of {thing.name} when {before}")
                states[key] = after or before
    return found


def held(router: Router) -> bool:
    """Tell whether somebody or some timer moves the case on."""
    if router.case.filed is None or router.case.status is not CaseStatus.OPEN:
        return True  # intake's, feedback's, or over
    return bool(router.timers or tasks_in_hand(router.case))


def unanswered(router: Router) -> list[object]:
    """Return what was asked for about tasks that are over, and got no answer."""
    over = {TaskStatus.RETURNED, TaskStatus.COMPLETED, TaskStatus.CANCELLED}
    return [
        request
        for task in router.case.tasks
        if task.department and task_status(router.case, task) in over
        for request in answer_of(router.case, task).requests
        if request.request_id not in task.decided
    ]


def obey(router: Router, order: str, task: int) -> Iterator[OwnFact]:
    """Let a superior do something, to whatever task."""
    ref = TASKS[task]
    try:
        match order:
            case "settle":
                yield from router.settle(dispute_id(ref), "roads")
            case "reassign":
                yield from router.reassign(ref, "fire")
            case "approve" | "refuse":
                for asking, request in list(pending_requests(router.case)):
                    yield from router.obey(
                        DecideRequest(
                            task_id=asking.ref.task_id,
                            request_id=request.request_id,
                            kinds=frozenset(RequestKind),
                            approved=order == "approve",
                        )
                    )
            case "supervise":
                yield from router.supervise()
            case _:
                yield from router.wait_until(router.now + timedelta(hours=30))
    except RefusedError:
        return


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
@given(
    data=st.data(),
    code=st.sampled_from(["01001", "06001", "09001"]),
    intake=st.lists(told_by_intake, max_size=4),
    departments=st.lists(told_of_tasks, max_size=12),
    feedback=st.lists(told_by_feedback, max_size=5),
    superiors=st.lists(st.tuples(orders, st.integers(0, 8)), max_size=6),
)
def test_no_order_raises_and_no_case_is_left_to_nobody(  # noqa: PLR0913, PLR0917 - drawn
    data: st.DataObject,
    file_case: FileCase,
    rules: object,
    code: str,
    intake: list[Fact],
    departments: list[Fact],
    feedback: list[Fact],
    superiors: list[tuple[str, int]],
) -> None:
    """Whatever each source tells, in whatever order the sources are read, with people in between.

    No dispute is opened or settled twice, or over help that is not required, and no request about a
    task that is over is left open.
    """
    router = Router(rules)  # type: ignore[arg-type] # the fixture's type
    sources: list[list[object]] = [
        [file_case(code=code, condition="loose"), *intake],
        list(departments),
        list(feedback),
        list(superiors),
    ]
    said: list[OwnFact] = []
    while any(sources):
        source = data.draw(st.sampled_from([source for source in sources if source]))
        match source.pop(0):
            case Fact() as fact:
                said += router.read(fact)
            case (str() as order, int() as task):
                said += obey(router, order, task)
        assert held(router), names(said)
        assert unanswered(router) == [] or router.case.status is not CaseStatus.OPEN
    assert illegal_steps(said) == []
    opened = [fact.dispute_id for fact in said if isinstance(fact, DisputeOpened)]
    settled = [fact.dispute_id for fact in said if isinstance(fact, DisputeSettled)]
    assert len(set(opened)) == len(opened)
    assert len(set(settled)) == len(settled)
    assert set(settled) <= set(opened)
    assert all(task.required for task in router.case.tasks if task.disputes)


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
)
def test_a_bent_story_ends_the_same_in_every_order(
    order: tuple[int, ...], router: Router, file_case: FileCase
) -> None:
    """Returned once, passed on, done, sent back once, done again: every pair of topics swapped."""
    first, second, third = attempt(1), attempt(2), attempt(3)
    sources: list[list[Fact]] = [
        [file_case(), ReportAttached(occurred_at=T)],
        [
            told(TaskReturned, first),
            told(TaskCompleted, second),
            told(TaskCompleted, POLICE),
            told(TaskCompleted, third),
        ],
        [rework(1), closed()],
    ]
    said = router.read_all(*[fact for number in order for fact in sources[number]])
    assert router.case.status is CaseStatus.ENDED
    if order.index(2) > order.index(1) and order.index(2) > order.index(0):
        assert sum(isinstance(fact, CaseHandled) for fact in said) == 2
