"""What the router does with the clocks of a task in the model."""

from collections.abc import Iterator

from tests.integration.feedback.model import ROUTER, Act, Attempt, CaseModel
from tests.unit.feedback.telling import at

from civicloop_contracts import codes
from civicloop_contracts.facts import router

_LIMIT_H = 8
_MAX_EXTENSIONS = 2


def clock_acts(case: CaseModel, task: Attempt) -> Iterator[Act]:
    """Yield what can happen to the clocks of a task that somebody works on."""
    if not task.live:
        return
    if case.likely(0.2):
        yield lambda: case.tell_of(task, ROUTER, router.ReminderIssued)
        tier = codes.Tier.DISTRICT
        yield lambda: case.tell_of(task, ROUTER, router.SupervisionIssued, tier=tier)
    if task.wants_extension:
        yield lambda: _decide_extension(case, task)
    if task.wants_suspension and task.router == "open":
        yield lambda: _decide_suspension(case, task)
    if task.router == "suspended" and case.likely(0.1):
        yield lambda: _resume(case, task)


def _decide_extension(case: CaseModel, task: Attempt) -> None:
    task.wants_extension = False
    if task.due is None or task.extensions == _MAX_EXTENSIONS or case.likely(0.3):
        case.tell_of(task, ROUTER, router.ExtensionRefused)
        return
    task.extensions += 1
    task.due += _LIMIT_H
    fields = {"due_at": at(task.due), "extensions": task.extensions}
    case.tell_of(task, ROUTER, router.DeadlineExtended, **fields)


def _decide_suspension(case: CaseModel, task: Attempt) -> None:
    task.wants_suspension = False
    late = task.due is not None and task.due < case.hours
    if late or case.likely(0.3):
        case.tell_of(task, ROUTER, router.SuspensionRefused)
        return
    task.router = "suspended"
    left = None if task.due is None else int((task.due - case.hours) * 3600)
    case.tell_of(task, ROUTER, router.ClockSuspended, remaining_s=left)


def _resume(case: CaseModel, task: Attempt) -> None:
    task.router = "open"
    if task.due is not None:
        task.due = case.hours + 4
    due_at = None if task.due is None else at(task.due)
    case.tell_of(task, ROUTER, router.ClockResumed, due_at=due_at)
