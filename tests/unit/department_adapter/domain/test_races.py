"""Who wins when two things happen at once: each race in both orders."""

from dataclasses import replace
from uuid import uuid5

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.commands import Answer
from department_adapter.domain.errors import NoSuchTaskError, TaskClosedError
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, TaskState
from department_adapter.domain.task import end_task, take_update
from department_adapter.testing import CASE_ID, at

from .cases import (
    ACKNOWLEDGE,
    COMPLETE,
    EXTEND,
    PROGRESS,
    RETURN,
    SUSPEND,
    TASK,
    after,
    names,
    only,
    queued,
    update,
)


def cancelled(case: CaseTasks) -> CaseTasks:
    """Return the case after the router's cancellation was read."""
    return evolve_all(case, end_task(case, TASK.task_id, at(11)))


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize(
    ("answer", "fact"),
    [(COMPLETE, "TaskCompleted"), (RETURN, "TaskReturned"), (ACKNOWLEDGE, "TaskAcknowledged")],
)
def test_an_answer_before_the_cancellation_stands(answer: Answer, fact: str) -> None:
    """It is a fact. An end stays the end that it was; an acknowledged task is cancelled."""
    happened = take_update(queued(at(60)), update(answer), at(10))
    assert names(happened)[-1] == fact
    case = evolve_all(queued(at(60)), happened)
    ends = case.tasks[0].state.is_closed
    assert (end_task(case, TASK.task_id, at(11)) == ()) is ends
    assert (only(cancelled(case)).state is TaskState.CANCELLED) is not ends


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize("answer", [ACKNOWLEDGE, PROGRESS, COMPLETE, RETURN, EXTEND, SUSPEND])
def test_after_the_cancellation_no_answer_is_a_fact(answer: Answer) -> None:
    """The department learns that its task is cancelled."""
    for case in (queued(at(60)), after(queued(at(60)), [ACKNOWLEDGE])):
        with pytest.raises(TaskClosedError, match="cancelled"):
            take_update(cancelled(case), update(answer), at(12))


@pytest.mark.race("two completions of one task")
@pytest.mark.parametrize(("first", "second"), [("repaired", "removed"), ("removed", "repaired")])
def test_the_first_completion_stands(first: str, second: str) -> None:
    """An equal one is a repeat without a fact, another one a conflict without a fact."""
    case = after(queued(), [replace(COMPLETE, result=first)])
    assert take_update(case, update(replace(COMPLETE, result=first)), at(20)) == ()
    with pytest.raises(TaskClosedError, match="completed"):
        take_update(case, update(replace(COMPLETE, result=second)), at(20))


@pytest.mark.race("an update older than what is recorded (by occurred_at)")
@pytest.mark.parametrize("older_first", [True, False])
def test_each_update_keeps_its_time_and_none_moves_a_state_back(*, older_first: bool) -> None:
    """In whatever order the two are read, the task ends in progress."""
    older = replace(ACKNOWLEDGE, occurred_at=at(5))
    newer = replace(PROGRESS, occurred_at=at(8))
    case, told = queued(), list[f.Answered]()
    for answer in (older, newer) if older_first else (newer, older):
        happened = take_update(case, update(answer), at(10))
        told += [item for item in happened if isinstance(item, f.Answered)]
        case = evolve_all(case, happened)
    assert only(case).state is TaskState.IN_PROGRESS
    assert {type(item): item.occurred_at for item in told} == {
        f.TaskAcknowledged: at(5),
        f.TaskProgressed: at(8),
    }


@pytest.mark.race("update for an unknown, foreign or closed task")
@pytest.mark.parametrize("ended_first", [True, False])
def test_unknown_and_foreign_tasks_are_one_answer_and_closed_ones_another(
    *, ended_first: bool
) -> None:
    """Before and after the end, nobody learns which tasks others have."""
    case = after(queued(), [COMPLETE]) if ended_first else queued()
    foreign = update(PROGRESS, department="power")
    unknown = update(PROGRESS, task_id=uuid5(CASE_ID, "other"))
    refusals = []
    for wrong in (foreign, unknown):
        with pytest.raises(NoSuchTaskError) as refused:
            take_update(case, wrong, at(20))
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1
    if ended_first:
        with pytest.raises(TaskClosedError, match="completed") as closed:
            take_update(case, update(PROGRESS), at(20))
        assert closed.value.state == TaskState.COMPLETED
    else:
        assert take_update(case, update(PROGRESS), at(20))
