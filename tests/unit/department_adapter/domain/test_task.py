"""The life of a task."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from department_adapter.domain import facts as f
from department_adapter.domain.commands import (
    Answer,
    QueueTask,
    RecordUpdate,
    Remark,
    UpdateKind,
)
from department_adapter.domain.errors import NoSuchTaskError, TaskClosedError
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, Task, TaskRef, TaskState
from department_adapter.domain.task import end_task, queue_task, take_update
from department_adapter.testing import CASE_ID, HANDLER, START, at

TASK = TaskRef(task_id=uuid5(CASE_ID, "1/1"), task_no=1, attempt=1)
ACKNOWLEDGE = Answer(kind=UpdateKind.ACKNOWLEDGE, handler=HANDLER)
PROGRESS = Answer(kind=UpdateKind.PROGRESS, handler=HANDLER, progress="on_site")
COMPLETE = Answer(kind=UpdateKind.COMPLETE, handler=HANDLER, result="repaired")


def queued() -> CaseTasks:
    """Return a case with one task that is to be delivered."""
    case = CaseTasks(case_id=CASE_ID)
    command = QueueTask(task=TASK, department="water", dispatched_at=START, sequence=1)
    return evolve_all(case, queue_task(case, command))


def update(answer: Answer, department: str = "water", task_id: UUID = TASK.task_id) -> RecordUpdate:
    """Return an update."""
    update_id = uuid5(task_id, answer.kind)
    return RecordUpdate(update_id=update_id, task_id=task_id, department=department, answer=answer)


def after(case: CaseTasks, answers: Iterable[Answer], minutes: float = 10) -> CaseTasks:
    """Return the case after some updates."""
    for answer in answers:
        case = evolve_all(case, take_update(case, update(answer), at(minutes)))
    return case


def only(case: CaseTasks) -> Task:
    """Return the one task."""
    (task,) = case.tasks
    return task


def names(happenings: Iterable[object]) -> list[str]:
    """Return what happened."""
    return [type(item).__name__ for item in happenings]


def test_a_dispatch_waits_under_an_id_made_of_its_cause() -> None:
    """The delivery id is the task, the kind, and the number of the fact that caused it."""
    task = only(queued())
    assert (task.state, task.delivery_id) == (TaskState.QUEUED, f"{TASK.task_id}/dispatch/1")


def test_a_dispatch_that_is_known_changes_nothing() -> None:
    """The same task is queued once."""
    command = QueueTask(task=TASK, department="water", dispatched_at=at(9), sequence=7)
    assert queue_task(queued(), command) == ()


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([ACKNOWLEDGE], TaskState.ACKNOWLEDGED),
        ([PROGRESS], TaskState.IN_PROGRESS),
        ([PROGRESS, ACKNOWLEDGE], TaskState.IN_PROGRESS),
        ([ACKNOWLEDGE, PROGRESS, COMPLETE], TaskState.COMPLETED),
        ([COMPLETE], TaskState.COMPLETED),
    ],
)
def test_updates_move_a_task_forward_only(answers: list[Answer], state: TaskState) -> None:
    """A state is never left for an earlier one, in whatever order updates come."""
    assert only(after(queued(), answers)).state is state


def test_the_first_answer_proves_the_delivery() -> None:
    """TaskDelivered comes before the first answer, once."""
    case = queued()
    first = take_update(case, update(ACKNOWLEDGE), at(1))
    assert names(first) == ["TaskDelivered", "TaskAcknowledged"]
    second = take_update(evolve_all(case, first), update(PROGRESS), at(2))
    assert names(second) == ["TaskProgressed"]


def test_a_second_acknowledgement_says_nothing_new() -> None:
    """Acknowledged is acknowledged."""
    assert take_update(after(queued(), [ACKNOWLEDGE]), update(ACKNOWLEDGE), at(9)) == ()


def test_an_equal_completion_is_a_repeat_and_another_a_conflict() -> None:
    """Done is done, with one result."""
    case = after(queued(), [COMPLETE])
    assert take_update(case, update(COMPLETE), at(20)) == ()
    with pytest.raises(TaskClosedError, match="completed"):
        take_update(case, update(replace(COMPLETE, result="removed")), at(20))


def test_other_words_make_another_completion() -> None:
    """The same result with another remark is not the same."""
    said = replace(COMPLETE, remark=Remark(remark_id=CASE_ID, sealed=b"x", words="a" * 16))
    with pytest.raises(TaskClosedError):
        take_update(after(queued(), [COMPLETE]), update(said), at(20))


@pytest.mark.parametrize("answer", [ACKNOWLEDGE, PROGRESS])
def test_a_closed_task_takes_no_update(answer: Answer) -> None:
    """After the end there is nothing to say."""
    with pytest.raises(TaskClosedError):
        take_update(after(queued(), [COMPLETE]), update(answer), at(20))


@pytest.mark.parametrize(
    "wrong", [update(ACKNOWLEDGE, department="power"), update(ACKNOWLEDGE, task_id=CASE_ID)]
)
def test_unknown_and_foreign_tasks_are_the_same(wrong: RecordUpdate) -> None:
    """Nobody learns that another department's task exists."""
    with pytest.raises(NoSuchTaskError):
        take_update(queued(), wrong, at(1))


def test_an_update_keeps_its_own_time() -> None:
    """A fact says when it happened, even when something newer is known."""
    case = after(queued(), [PROGRESS], minutes=10)
    (fact,) = take_update(case, update(replace(ACKNOWLEDGE, occurred_at=at(5))), at(11))
    assert isinstance(fact, f.TaskAcknowledged)
    assert fact.occurred_at == at(5)


def test_late_news_is_remarked() -> None:
    """What is told too late counts from now, and the department's record says so."""
    old = update(replace(ACKNOWLEDGE, occurred_at=at(1)))
    *_, acknowledged, remark = take_update(queued(), old, at(60))
    assert acknowledged.occurred_at == at(60)
    assert isinstance(remark, f.Remarked)
    assert remark.code is f.RemarkCode.LATE_CLOCK


def test_a_cancelled_task_is_over() -> None:
    """A cancellation ends the task at once."""
    case = queued()
    case = evolve_all(case, end_task(case, TASK.task_id, at(5)))
    assert (only(case).state, only(case).cancelled_at) == (TaskState.CANCELLED, at(5))
    with pytest.raises(TaskClosedError, match="cancelled"):
        take_update(case, update(COMPLETE), at(6))


def test_cancel_and_complete_the_first_one_read_wins() -> None:
    """A completion recorded before the cancellation was read stands."""
    done = after(queued(), [COMPLETE])
    assert end_task(done, TASK.task_id, at(11)) == ()


def test_the_cancellation_of_an_unknown_task_changes_nothing() -> None:
    """What was never dispatched here cannot end here."""
    assert end_task(CaseTasks(case_id=CASE_ID), TASK.task_id, at(5)) == ()


@given(st.lists(st.sampled_from([ACKNOWLEDGE, PROGRESS, COMPLETE]), max_size=8))
def test_any_order_of_updates_ends_well(answers: list[Answer]) -> None:
    """States only move forward, and the state survives being written and read."""
    case, seen = queued(), list[Any]()
    for minutes, answer in enumerate(answers):
        try:
            happened = take_update(case, update(answer), START + timedelta(minutes=minutes))
        except TaskClosedError:
            assert only(case).state is TaskState.COMPLETED
            continue
        before = only(case).state
        case = evolve_all(case, happened)
        seen += happened
        assert before.later(only(case).state) is only(case).state
    assert sum(isinstance(item, f.TaskDelivered) for item in seen) == min(len(seen), 1)
    assert msgspec.json.decode(msgspec.json.encode(case), type=CaseTasks) == case
