"""Who wins when two things happen at once: the router alone, on real topics, in both orders."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from civicloop_contracts.codes import MatterKind, Outcome, ReassignReason
from civicloop_contracts.facts.department import (
    SuspensionRequested,
    TaskAcknowledged,
    TaskCompleted,
    TaskReturned,
)
from civicloop_contracts.facts.feedback import CaseClosed, ReworkRequested
from civicloop_contracts.facts.intake import CaseFiled, WithdrawalRequested
from civicloop_contracts.facts.parts import Matter
from civicloop_contracts.facts.router import (
    CaseEscalated,
    CaseHandled,
    ClockSuspended,
    SuspensionRefused,
    TaskDispatched,
    TaskReassigned,
)
from civicloop_kit.ids import uuid7
from civicloop_local.testing import Backends, fresh_prefix

from .city import City
from .lone import LoneRoom, made

# Limits of seconds, so that a deadline can be waited for.
QUICK = Matter(standard_ref="demo", kind=MatterKind.MATTER, code="00001")


@pytest.fixture(scope="module")
def router(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneRoom]:
    """The router, with nobody beside it."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    city = City(backends=backends, prefix=prefix, folder=tmp_path_factory.mktemp("router"))
    try:
        city.start("router")
        yield LoneRoom(city=city, service="router")
    finally:
        city.end()
        backends.drop_databases(prefix)


def _dispatched(router: LoneRoom, **filing: Any) -> TaskDispatched:
    """File a case and return its first task."""
    case_id = uuid7()
    router.tell(made(CaseFiled, case_id, **filing))
    return router.wait_for(case_id, TaskDispatched)


def _answer(kind: type[Any], task: TaskDispatched, **changes: Any) -> Any:
    about = {"task": task.task, "department": task.department}
    return made(kind, task.case_id, **about, **changes)


def _suspension(task: TaskDispatched) -> SuspensionRequested:
    """Ask that the clock stands still until tomorrow."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    asked: SuspensionRequested = _answer(
        SuspensionRequested, task, request_id=uuid4(), review_at=tomorrow
    )
    return asked


def _outcomes(router: LoneRoom, case_id: UUID) -> list[Outcome]:
    return [fact.outcome for fact in router.facts(case_id, CaseHandled)]


@pytest.mark.race("withdraw and complete")
def test_completed_first_the_withdrawal_is_refused(router: LoneRoom) -> None:
    """The case is solved, and the reporter is told that it was."""
    task = _dispatched(router)
    router.tell(_answer(TaskCompleted, task))
    router.tell(made(WithdrawalRequested, task.case_id))
    assert router.names(task.case_id) == ["TaskDispatched", "CaseHandled", "WithdrawalRefused"]
    assert _outcomes(router, task.case_id) == [Outcome.SOLVED]


@pytest.mark.race("withdraw and complete")
def test_withdrawn_first_the_completion_is_late(router: LoneRoom) -> None:
    """The task is cancelled and what its department still says is remarked."""
    task = _dispatched(router)
    router.tell(made(WithdrawalRequested, task.case_id))
    router.tell(_answer(TaskCompleted, task))
    assert router.names(task.case_id) == [
        "TaskDispatched",
        "TaskCancelled",
        "CaseHandled",
        "Remarked late_answer",
    ]
    assert _outcomes(router, task.case_id) == [Outcome.WITHDRAWN]


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize("kind", [TaskAcknowledged, TaskReturned, TaskCompleted])
def test_an_answer_after_the_cancellation_plans_nothing(router: LoneRoom, kind: type) -> None:
    """It stays in the history as a remark."""
    task = _dispatched(router)
    router.tell(made(WithdrawalRequested, task.case_id))
    before = router.names(task.case_id)
    router.tell(_answer(kind, task))
    assert router.names(task.case_id) == [*before, "Remarked late_answer"]


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize("kind", [TaskAcknowledged, TaskReturned])
def test_a_cancellation_after_an_answer_ends_what_is_open(router: LoneRoom, kind: type) -> None:
    """Whoever has the task by then is told that it is over."""
    task = _dispatched(router)
    router.tell(_answer(kind, task))
    router.tell(made(WithdrawalRequested, task.case_id))
    assert router.names(task.case_id)[-2:] == ["TaskCancelled", "CaseHandled"]
    assert _outcomes(router, task.case_id) == [Outcome.WITHDRAWN]


@pytest.mark.race("return and reassignment by a superior")
def test_returned_first_the_superior_finds_the_task_closed(router: LoneRoom) -> None:
    """409, and the next attempt stands as the return made it."""
    task = _dispatched(router)
    router.tell(_answer(TaskReturned, task))
    with router.client("superior") as superior:
        path = f"/v1/tasks/{task.task.task_id}/reassignment"
        assert superior.post(path, json={"department": "fire"}).status_code == 409
    given = router.facts(task.case_id, TaskReassigned)
    assert [fact.reason for fact in given] == [ReassignReason.RETURNED]


@pytest.mark.race("return and reassignment by a superior")
def test_reassigned_first_the_return_finds_the_task_closed(router: LoneRoom) -> None:
    """The superior's word stands and the return is remarked."""
    task = _dispatched(router)
    with router.client("superior") as superior:
        path = f"/v1/tasks/{task.task.task_id}/reassignment"
        assert superior.post(path, json={"department": "fire"}).is_success
    router.tell(_answer(TaskReturned, task))
    given = router.facts(task.case_id, TaskReassigned)
    assert [(fact.department, fact.reason) for fact in given] == [("fire", ReassignReason.SUPERIOR)]
    assert router.names(task.case_id)[-1] == "Remarked task_closed"


@pytest.mark.race("escalation and handling")
def test_a_handled_case_does_not_climb(router: LoneRoom) -> None:
    """A case filed after it climbs; the handled one, whose deadlines passed before, does not."""
    handled = _dispatched(router, matter=QUICK)
    router.tell(_answer(TaskCompleted, handled))
    later = _dispatched(router, matter=QUICK)
    router.wait_for(later.case_id, CaseEscalated, 2)
    assert router.names(handled.case_id) == ["TaskDispatched", "CaseHandled"]


@pytest.mark.race("escalation and handling")
def test_a_case_that_climbed_is_handled_all_the_same(router: LoneRoom) -> None:
    """Both deadlines make it climb once each, and its end is one."""
    task = _dispatched(router, matter=QUICK)
    router.wait_for(task.case_id, CaseEscalated, 2)
    router.tell(_answer(TaskCompleted, task))
    names = router.names(task.case_id)
    assert names[-1] == "CaseHandled"
    assert (names.count("CaseEscalated"), names.count("CaseHandled")) == (2, 1)


@pytest.mark.race("deadline passes while suspended")
def test_a_suspended_task_has_no_deadline(router: LoneRoom) -> None:
    """A case filed after it climbs twice; the suspended one climbs not at all."""
    task = _dispatched(router, matter=QUICK)
    asked = _suspension(task)
    router.tell(asked)
    with router.client("superior") as superior:
        body = {"request_id": str(asked.request_id), "approved": True}
        path = f"/v1/tasks/{task.task.task_id}/suspension"
        assert superior.post(path, json=body).is_success
    later = _dispatched(router, matter=QUICK)
    router.wait_for(later.case_id, CaseEscalated, 2)
    assert len(router.facts(task.case_id, ClockSuspended)) == 1
    assert router.facts(task.case_id, CaseEscalated) == []


@pytest.mark.race("deadline passes while suspended")
def test_a_deadline_that_passed_before_is_not_taken_back(router: LoneRoom) -> None:
    """Who is overdue cannot suspend: it is refused at once."""
    task = _dispatched(router, matter=QUICK)
    router.wait_for(task.case_id, CaseEscalated, 2)
    router.tell(_suspension(task))
    assert len(router.facts(task.case_id, SuspensionRefused)) == 1
    assert router.facts(task.case_id, ClockSuspended) == []


@pytest.mark.race("rework after the case was withdrawn")
def test_rework_of_a_withdrawn_case_makes_no_task(router: LoneRoom) -> None:
    """The case has ended: a remark."""
    task = _dispatched(router)
    router.tell(made(WithdrawalRequested, task.case_id))
    router.tell(made(CaseClosed, task.case_id, outcome=Outcome.WITHDRAWN))
    router.tell(made(ReworkRequested, task.case_id))
    assert router.facts(task.case_id, TaskReassigned) == []
    assert router.names(task.case_id)[-1] == "Remarked case_ended"


@pytest.mark.race("rework after the case was withdrawn")
def test_a_case_in_rework_can_be_withdrawn(router: LoneRoom) -> None:
    """Rework came first: its task is cancelled."""
    task = _dispatched(router)
    router.tell(_answer(TaskCompleted, task))
    router.tell(made(ReworkRequested, task.case_id))
    router.tell(made(WithdrawalRequested, task.case_id))
    assert _outcomes(router, task.case_id) == [Outcome.SOLVED, Outcome.WITHDRAWN]
    assert router.names(task.case_id)[-3:] == ["TaskReassigned", "TaskCancelled", "CaseHandled"]


def test_nothing_is_held_in_the_end(router: LoneRoom) -> None:
    """No order of two things is a bug."""
    assert router.held() == 0
