"""What a department asks for, one at a time."""

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.commands import Answer
from department_adapter.domain.errors import RequestPendingError
from department_adapter.domain.evolving import evolve
from department_adapter.domain.task import take_update
from department_adapter.testing import at

from .cases import EXTEND, PROGRESS, SUSPEND, TASK, after, names, queued, update

EXTENSION = f.ExtensionDecided(task=TASK, department="water", occurred_at=at(11))
SUSPENSION = f.SuspensionDecided(task=TASK, department="water", occurred_at=at(11))


@pytest.mark.parametrize("asked", [EXTEND, SUSPEND])
def test_a_second_request_waits_for_the_decision_of_the_first(asked: Answer) -> None:
    """A superior has one request of a kind to decide."""
    with pytest.raises(RequestPendingError):
        take_update(after(queued(), [asked]), update(asked), at(12))


@pytest.mark.parametrize(("asked", "other"), [(EXTEND, SUSPEND), (SUSPEND, EXTEND)])
def test_requests_of_two_kinds_do_not_wait_for_each_other(asked: Answer, other: Answer) -> None:
    """Nor does any other update."""
    case = after(queued(), [asked])
    assert len(take_update(case, update(other), at(12))) == 1
    assert names(take_update(case, update(PROGRESS), at(12))) == ["TaskProgressed"]


@pytest.mark.parametrize(
    ("asked", "own", "foreign"),
    [(EXTEND, EXTENSION, SUSPENSION), (SUSPEND, SUSPENSION, EXTENSION)],
)
def test_after_its_decision_the_department_may_ask_again(
    asked: Answer, own: f.Decided, foreign: f.Decided
) -> None:
    """The decision of the other kind changes nothing."""
    case = evolve(after(queued(), [asked]), foreign)
    with pytest.raises(RequestPendingError):
        take_update(case, update(asked), at(12))
    assert len(take_update(evolve(case, own), update(asked), at(12))) == 1
