"""Who wins when two things happen at once: the department adapter alone, in both orders."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from civicloop_contracts.facts.department import (
    TaskAcknowledged,
    TaskCompleted,
    TaskProgressed,
    TaskReturned,
)
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched
from civicloop_kit.ids import uuid7
from civicloop_local.testing import Backends, fresh_prefix

from .city import City
from .lone import LoneRoom, made, new_task

LEAD = "water-supply"
ANSWERS = [
    ({"kind": "acknowledge"}, TaskAcknowledged),
    ({"kind": "return", "ground": "not_our_duty"}, TaskReturned),
    ({"kind": "complete", "result": "repaired"}, TaskCompleted),
]


@pytest.fixture(scope="module")
def adapter(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneRoom]:
    """The adapter, with nobody beside it."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    city = City(backends=backends, prefix=prefix, folder=tmp_path_factory.mktemp("adapter"))
    try:
        city.start("department-adapter")
        yield LoneRoom(city=city, service="department-adapter")
    finally:
        city.end()
        backends.drop_databases(prefix)


def _given(adapter: LoneRoom) -> TaskDispatched:
    """Give the department a task that it may return for an hour."""
    until = datetime.now(UTC) + timedelta(hours=1)
    given = made(TaskDispatched, uuid7(), task=new_task(), department=LEAD, return_until=until)
    adapter.tell(given)
    return given


def _cancelled(task: TaskDispatched) -> TaskCancelled:
    return made(TaskCancelled, task.case_id, task=task.task, department=task.department)


def _say(
    adapter: LoneRoom, task: TaskDispatched, update: dict[str, Any], who: str = LEAD
) -> httpx.Response:
    body = {"update_id": str(uuid4()), **update}
    with adapter.client(f"department:{who}") as department:
        return department.post(f"/v1/tasks/{task.task.task_id}/updates", json=body)


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize(("update", "kind"), ANSWERS)
def test_an_answer_before_the_cancellation_stands(
    adapter: LoneRoom, update: dict[str, Any], kind: type[Any]
) -> None:
    """It was recorded first: it is a fact, and no cancellation takes it back."""
    task = _given(adapter)
    assert _say(adapter, task, update).status_code == 201
    adapter.tell(_cancelled(task))
    assert len(adapter.facts(task.case_id, kind)) == 1


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize(("update", "kind"), ANSWERS)
def test_an_answer_after_the_cancellation_is_refused(
    adapter: LoneRoom, update: dict[str, Any], kind: type[Any]
) -> None:
    """409, and no fact."""
    task = _given(adapter)
    adapter.tell(_cancelled(task))
    assert _say(adapter, task, update).status_code == 409
    assert adapter.facts(task.case_id, kind) == []


@pytest.mark.race("two completions of one task")
@pytest.mark.parametrize(("first", "second"), [("repaired", "cleaned"), ("cleaned", "repaired")])
def test_the_first_completion_stands(adapter: LoneRoom, first: str, second: str) -> None:
    """An equal one is a repeat, a different one a conflict; there is one fact."""
    task = _given(adapter)
    assert _say(adapter, task, {"kind": "complete", "result": first}).status_code == 201
    assert _say(adapter, task, {"kind": "complete", "result": first}).status_code == 200
    assert _say(adapter, task, {"kind": "complete", "result": second}).status_code == 409
    assert [fact.result for fact in adapter.facts(task.case_id, TaskCompleted)] == [first]


@pytest.mark.race("an update older than what is recorded (by occurred_at)")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_older_update_keeps_its_time_and_moves_nothing_back(
    adapter: LoneRoom, order: tuple[int, int]
) -> None:
    """Whichever is heard first, the task is in progress, and each fact has its own time."""
    task = _given(adapter)
    early, late = task.occurred_at, datetime.now(UTC)
    updates = [
        {"kind": "acknowledge", "occurred_at": early.isoformat()},
        {"kind": "progress", "progress": "on_site", "occurred_at": late.isoformat()},
    ]
    states = [_say(adapter, task, updates[number]).json()["state"] for number in order]
    assert states[-1] == "in_progress"
    assert [f.occurred_at for f in adapter.facts(task.case_id, TaskAcknowledged)] == [early]
    assert [f.occurred_at for f in adapter.facts(task.case_id, TaskProgressed)] == [late]


@pytest.mark.race("update for an unknown, foreign or closed task")
def test_unknown_and_foreign_tasks_are_answered_alike(adapter: LoneRoom) -> None:
    """Nobody learns which tasks others have, before or after they end."""
    task = _given(adapter)
    unknown = made(TaskDispatched, uuid7(), task=new_task(), department=LEAD)
    acknowledge = {"kind": "acknowledge"}
    answers = [_say(adapter, unknown, acknowledge), _say(adapter, task, acknowledge, who="fire")]
    adapter.tell(_cancelled(task))
    answers.append(_say(adapter, task, acknowledge, who="fire"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.race("update for an unknown, foreign or closed task")
def test_a_closed_task_tells_its_state(adapter: LoneRoom) -> None:
    """409 with the present state, for its own department."""
    task = _given(adapter)
    assert _say(adapter, task, {"kind": "complete", "result": "repaired"}).status_code == 201
    answer = _say(adapter, task, {"kind": "acknowledge"})
    assert answer.status_code == 409
    assert "completed" in answer.json()["detail"]


def test_nothing_is_held_in_the_end(adapter: LoneRoom) -> None:
    """No order of two things is a bug."""
    assert adapter.held() == 0
