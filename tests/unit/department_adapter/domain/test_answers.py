"""Returns and requests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.commands import Answer
from department_adapter.domain.errors import (
    ImpossibleTimeError,
    ReturnWindowClosedError,
    TaskClosedError,
)
from department_adapter.domain.model import TaskState
from department_adapter.domain.task import take_update
from department_adapter.testing import at

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

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("before", [[], [ACKNOWLEDGE], [PROGRESS]])
def test_a_task_can_be_returned_from_every_open_state(before: list[Answer]) -> None:
    """Also by a department that has begun; the ground is told."""
    case = after(queued(at(60)), before)
    *_, fact = take_update(case, update(RETURN), at(10))
    assert isinstance(fact, f.TaskReturned)
    assert (fact.task, fact.department, fact.ground) == (TASK, "water", "not_our_duty")
    assert only(after(case, [RETURN])).state is TaskState.RETURNED


def test_a_return_proves_the_delivery() -> None:
    """Nobody returns what never came."""
    assert names(take_update(queued(at(60)), update(RETURN), at(1))) == [
        "TaskDelivered",
        "TaskReturned",
    ]


def test_the_window_is_judged_by_now_and_includes_its_end() -> None:
    """Whenever the department says that it decided."""
    case = queued(at(10))
    assert take_update(case, update(RETURN), at(10))
    said_earlier = update(replace(RETURN, occurred_at=at(9)))
    with pytest.raises(ReturnWindowClosedError):
        take_update(case, said_earlier, at(10) + INSTANT)


def test_a_task_without_window_is_never_returned() -> None:
    """Settled disputes and decisions of superiors end there."""
    with pytest.raises(ReturnWindowClosedError):
        take_update(queued(None), update(RETURN), at(1))


def test_the_same_return_again_says_nothing_new() -> None:
    """Also when the window is closed by then; another ground is another return."""
    same = replace(RETURN, ground="not_our_duty")
    assert take_update(after(queued(at(10)), [RETURN]), update(same), at(99)) == ()
    other = replace(RETURN, ground="wrong_matter")
    for first, second in ((RETURN, other), (other, RETURN)):
        case = after(queued(at(10)), [first])
        with pytest.raises(TaskClosedError, match="returned"):
            take_update(case, update(second), at(9))


def test_a_return_of_a_task_that_ended_otherwise_is_refused() -> None:
    """The present state is told, not the window."""
    with pytest.raises(TaskClosedError, match="completed"):
        take_update(after(queued(None), [COMPLETE]), update(RETURN), at(11))


def test_a_return_in_the_future_is_impossible() -> None:
    """Its time is judged like that of every update."""
    with pytest.raises(ImpossibleTimeError):
        take_update(queued(at(60)), update(replace(RETURN, occurred_at=at(30))), at(1))


def test_a_request_is_known_by_its_update() -> None:
    """The decision names it by this id."""
    case = after(queued(), [ACKNOWLEDGE])
    (extension,) = take_update(case, update(EXTEND), at(11))
    assert isinstance(extension, f.ExtensionRequested)
    assert extension.request_id == update(EXTEND).update_id
    (suspension,) = take_update(case, update(SUSPEND), at(11))
    assert isinstance(suspension, f.SuspensionRequested)
    assert (suspension.request_id, suspension.kind, suspension.review_at) == (
        update(SUSPEND).update_id,
        "ledger",
        at(900),
    )


@pytest.mark.parametrize("answer", [EXTEND, SUSPEND])
@pytest.mark.parametrize("before", [[], [ACKNOWLEDGE], [PROGRESS]])
def test_a_request_moves_no_state(answer: Answer, before: list[Answer]) -> None:
    """The router decides; the work goes on."""
    case = after(queued(), [*before])
    told = take_update(case, update(answer), at(11))
    before_state = only(case).state if before else TaskState.DELIVERED
    assert only(after(case, [answer], 11)).state is before_state
    assert names(told)[:-1] == ([] if before else ["TaskDelivered"])


@pytest.mark.parametrize("answer", [EXTEND, SUSPEND])
def test_a_closed_task_asks_for_nothing(answer: Answer) -> None:
    """Nor does a second request under a new id repeat the first."""
    with pytest.raises(TaskClosedError):
        take_update(after(queued(), [COMPLETE]), update(answer), at(11))
