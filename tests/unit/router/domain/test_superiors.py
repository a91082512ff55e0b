"""What superiors order: supervision (督办), and another department for a task."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    STREET,
    STREET_GOVERNMENT,
    WITHDRAW,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    closed,
    done,
    names,
    parked,
    told,
)

from router.domain.codes import ReassignReason, RequestKind
from router.domain.decided import SupervisionIssued, TaskReassigned
from router.domain.errors import (
    NothingInHandError,
    TaskClosedError,
    TaskDisputedError,
    UnknownCaseError,
    UnknownTaskError,
)
from router.domain.facts import Fact, TaskAcknowledged, TaskCompleted
from router.domain.task import TaskStatus
from router.domain.territory import Tier


def test_supervision_reaches_every_department_at_work(busy: Router) -> None:
    """With the tier of the case; acknowledged and suspended tasks included."""
    suspension = asked(RequestKind.SUSPENSION, POLICE, review_in=timedelta(days=1))
    busy.read_all(told(TaskAcknowledged), suspension)
    busy.answer(suspension, approved=True)
    assert busy.supervise() == [
        SupervisionIssued(occurred_at=T, task=task, department=department, tier=Tier.CITY)
        for task, department in (
            (LEAD, "water"),
            (POLICE, "traffic-police"),
            (STREET, STREET_GOVERNMENT),
        )
    ]


def test_supervision_passes_over_who_has_nothing_to_do(busy: Router) -> None:
    """Done, returned or in dispute: nobody is to be pressed."""
    busy.read_all(done(LEAD), parked(POLICE, unknown=True))
    assert [f.task for f in busy.supervise() if isinstance(f, SupervisionIssued)] == [STREET]


@pytest.mark.parametrize("end", [WITHDRAW, closed()])
def test_where_nobody_works_there_is_nothing_to_supervise(end: Fact, busy: Router) -> None:
    """Handled or ended."""
    busy.read(end)
    with pytest.raises(NothingInHandError):
        busy.supervise()


def test_a_case_in_dispute_has_nobody_to_supervise(unowned: Router) -> None:
    """Nobody leads it yet."""
    with pytest.raises(NothingInHandError):
        unowned.supervise()


def test_an_unknown_case_is_not_supervised(router: Router) -> None:
    """Also when something of it was read, but not its filing."""
    with pytest.raises(UnknownCaseError):
        router.supervise()


def test_a_superior_gives_a_task_to_another_department(busy: Router) -> None:
    """Limits from now, not returnable; the first department is out of it."""
    busy.now = T + timedelta(hours=1)
    [fact] = busy.reassign(LEAD, "roads")
    assert isinstance(fact, TaskReassigned)
    assert (fact.task, fact.department, fact.replaces) == (attempt(2), "roads", LEAD.task_id)
    assert (fact.reason, fact.return_until) == (ReassignReason.SUPERIOR, None)
    assert fact.clocks.resolution_due_at == T + timedelta(hours=3)
    assert busy.status() is TaskStatus.CANCELLED
    assert names(busy.read(done(LEAD))) == ["Remarked"]
    assert busy.status() is TaskStatus.CANCELLED


def test_help_stays_help_when_it_is_reassigned(busy: Router) -> None:
    """Required or not, as it was."""
    [fact] = busy.reassign(STREET, "roads")
    assert isinstance(fact, TaskReassigned)
    assert not fact.required


@pytest.mark.race("return and reassignment by a superior")
def test_a_returned_task_is_closed_for_a_superior(busy: Router) -> None:
    """The return was read first: it has gone elsewhere already."""
    busy.read(back())
    with pytest.raises(TaskClosedError):
        busy.reassign(LEAD, "roads")
    assert names(busy.reassign(attempt(2), "roads")) == ["TaskReassigned"]


@pytest.mark.race("return and reassignment by a superior")
def test_a_reassigned_task_is_closed_for_a_return(busy: Router) -> None:
    """The other order: the return is remarked, and nothing is passed on."""
    busy.reassign(LEAD, "roads")
    assert names(busy.read(back())) == ["Remarked"]
    assert busy.status(attempt(2)) is TaskStatus.DISPATCHED


@pytest.mark.parametrize("end", [done(), WITHDRAW, closed()])
def test_a_closed_task_is_not_reassigned(end: TaskCompleted, busy: Router) -> None:
    """Completed, cancelled, or of a case that has ended."""
    busy.read(end)
    with pytest.raises(TaskClosedError):
        busy.reassign(LEAD, "roads")


def test_a_disputed_task_is_not_reassigned(alone: Router) -> None:
    """Its dispute has a door of its own."""
    alone.read(back())
    with pytest.raises(TaskDisputedError):
        alone.reassign(LEAD, "roads")


def test_an_unknown_task_is_not_reassigned(busy: Router, file_case: FileCase) -> None:
    """It is of another case, or of none."""
    busy.read(file_case())
    with pytest.raises(UnknownTaskError):
        busy.reassign(attempt(7), "roads")
