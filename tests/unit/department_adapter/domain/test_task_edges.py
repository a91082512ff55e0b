"""A task at the edges: names that are equal and not the same, and words that are none."""

from dataclasses import replace

import pytest

from department_adapter.domain.commands import Answer
from department_adapter.domain.errors import NoSuchTaskError, RequestPendingError, TaskClosedError
from department_adapter.domain.task import take_update
from department_adapter.testing import at

from .cases import (
    ACKNOWLEDGE,
    COMPLETE,
    EXTEND,
    PROGRESS,
    RETURN,
    SUSPEND,
    after,
    queued,
    update,
)


def test_a_department_is_known_by_its_name() -> None:
    """A name that was read elsewhere is another text of the same letters."""
    read_elsewhere = b"water".decode()
    said = update(ACKNOWLEDGE, department=read_elsewhere)
    assert take_update(queued(), said, at(1)) != ()


def test_no_other_word_repeats_a_completion_that_said_nothing() -> None:
    """A task was completed without a result: progress comes too late, and says so."""
    completed = after(queued(), [replace(COMPLETE, result=None)])
    with pytest.raises(TaskClosedError):
        take_update(completed, update(replace(PROGRESS, progress=None)), at(11))


def test_a_ground_is_known_by_its_letters() -> None:
    """The same return, read twice, is one return."""
    returned = after(queued(at(60)), [RETURN])
    read_elsewhere = replace(RETURN, ground=b"not_our_duty".decode())
    assert take_update(returned, update(read_elsewhere), at(11)) == ()


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        (EXTEND, [ACKNOWLEDGE, PROGRESS, SUSPEND, RETURN, COMPLETE]),
        (SUSPEND, [ACKNOWLEDGE, PROGRESS, EXTEND, RETURN, COMPLETE]),
    ],
    ids=["extension", "suspension"],
)
def test_who_waits_for_an_answer_may_say_anything_else(asked: Answer, others: list[Answer]) -> None:
    """Only the same request is refused."""
    waiting = after(queued(at(60)), [asked])
    for other in others:
        assert take_update(waiting, update(other), at(11)) != ()
    with pytest.raises(RequestPendingError):
        take_update(waiting, update(asked), at(11))


@pytest.mark.parametrize("other", ["parks", "zoo"])
def test_nobody_answers_for_another_department(other: str) -> None:
    """Wherever its name stands in the alphabet."""
    with pytest.raises(NoSuchTaskError):
        take_update(queued(), update(ACKNOWLEDGE, department=other), at(1))
