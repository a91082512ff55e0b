"""A case and its tasks as they are kept."""

from dataclasses import replace
from uuid import UUID

import pytest

from department_adapter.domain.model import CaseTasks, Task, TaskRef, TaskState
from department_adapter.testing import CASE_ID, START


def task(number: int) -> Task:
    """Return the n-th task."""
    ref = TaskRef(task_id=UUID(int=number), task_no=number, attempt=1)
    return Task(ref=ref, department="water", delivery_id="d", dispatched_at=START)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1)])
def test_each_task_is_found_by_its_id(order: tuple[int, ...]) -> None:
    """Whatever was dispatched before it; what never was is not found."""
    case = CaseTasks(case_id=CASE_ID, tasks=tuple(task(number) for number in order))
    for number in order:
        assert case.find(UUID(int=number)) == task(number)
    assert case.find(UUID(int=0)) is None
    assert case.find(UUID(int=4)) is None


def test_a_task_that_tells_no_place_leaves_the_first_one_free() -> None:
    """The fact that causes a delivery gives its place."""
    assert task(1).next_ordinal(1) == 1


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1)])
def test_a_changed_task_takes_its_own_place(order: tuple[int, ...]) -> None:
    """The others stay as they are, and where they are."""
    case = CaseTasks(case_id=CASE_ID, tasks=tuple(task(number) for number in order))
    changed = case.with_task(replace(task(2), failures=3))
    assert [(t.ref.task_no, t.failures) for t in changed.tasks] == [
        (number, 3 if number == 2 else 0) for number in order
    ]


@pytest.mark.parametrize("state", TaskState)
def test_only_what_is_not_over_is_still_to_be_handled(state: TaskState) -> None:
    """Returned, completed and cancelled tasks are over."""
    case = CaseTasks(case_id=CASE_ID, tasks=(task(1), replace(task(2), state=state)))
    over = state in {TaskState.RETURNED, TaskState.COMPLETED, TaskState.CANCELLED}
    assert [t.ref.task_no for t in case.open_tasks] == ([1] if over else [1, 2])
