"""What departments do in the model, late answers included."""

from collections.abc import Iterator
from typing import Final

from tests.integration.feedback.model import DESKS, Act, Attempt, CaseModel

from civicloop_contracts.facts import department

_AT_WORK: Final = ("delivered", "acknowledged", "in_progress")
# A department may know of something before the record of it.
_MINUTES: Final = 0.1


def desk_acts(case: CaseModel) -> Iterator[Act]:
    """Yield what departments can do next."""
    for task in case.tasks:
        if task.department and not task.answered:
            # What is closed for the router may be answered before its department hears of it.
            if task.router == "closed" and not case.likely(0.1):
                continue
            yield from _acts(case, task)


def _acts(case: CaseModel, task: Attempt) -> Iterator[Act]:
    if task.desk not in _AT_WORK:
        yield lambda: _answer(case, task, department.TaskDelivered, "delivered")
        if case.likely(0.3):
            yield lambda: _answer(case, task, department.DeliveryParked, "parked")
        return
    if task.desk in {"delivered", "in_progress"}:
        after = "acknowledged" if task.desk == "delivered" else "in_progress"
        yield lambda: _answer(case, task, department.TaskAcknowledged, after)
    yield lambda: _answer(case, task, department.TaskProgressed, "in_progress")
    yield lambda: _answer(case, task, department.TaskCompleted, "completed")
    if task.returnable:
        yield lambda: _answer(case, task, department.TaskReturned, "returned")
    if not task.wants_extension:
        yield lambda: _ask_for_extension(case, task)
    if not task.wants_suspension:
        yield lambda: _ask_for_suspension(case, task)


def _answer(
    case: CaseModel, task: Attempt, kind: type[department.DepartmentFact], desk: str
) -> None:
    task.desk = desk
    hours = case.hours
    case.hours -= _MINUTES * case.chance.choice([0, 0, 1])
    case.tell_of(task, DESKS, kind)
    case.hours = hours


def _ask_for_extension(case: CaseModel, task: Attempt) -> None:
    task.wants_extension = True
    case.tell_of(task, DESKS, department.ExtensionRequested)


def _ask_for_suspension(case: CaseModel, task: Attempt) -> None:
    task.wants_suspension = True
    case.tell_of(task, DESKS, department.SuspensionRequested)
