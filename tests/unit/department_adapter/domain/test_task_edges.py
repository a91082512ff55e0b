"""A task at the edges: names that are equal and not the same, words that are none."""

from dataclasses import replace

import pytest

from department_adapter.domain.errors import TaskClosedError
from department_adapter.domain.task import take_update
from department_adapter.testing import at

from .cases import ACKNOWLEDGE, COMPLETE, PROGRESS, after, queued, update


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
