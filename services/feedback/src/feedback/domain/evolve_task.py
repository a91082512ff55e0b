"""Fold a fact about a task into its case: the router's part and the department's are apart."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from feedback.domain import facts
from feedback.domain.case import Case
from feedback.domain.counting import TASK_COUNTS
from feedback.domain.parts import GivenBy
from feedback.domain.task import Dispatch, MovedClock, Task


def fold_task(case: Case, fact: facts.TaskFact) -> Case:
    """Return *case* with a fact about one of its tasks in it; whichever is first makes the task."""
    task = _task(case, fact)
    if type(fact) in TASK_COUNTS:
        task = _counted(task, fact)
    if isinstance(fact, facts.TaskDispatched):
        return _dispatched(case, task, fact)
    fold = _FOLDS.get(type(fact))
    return _with_task(case, fold(task, fact) if fold else task)


def _dispatched(case: Case, task: Task, fact: facts.TaskDispatched) -> Case:
    given_by = _given_by(case, fact)
    dispatch = Dispatch(
        at=fact.occurred_at,
        role=fact.role,
        required=fact.required,
        round=fact.round,
        response_due_at=fact.response_due_at,
        due_at=fact.due_at,
        provisional=fact.provisional,
        given_by=given_by,
        by_rule=given_by is GivenBy.SETTLED and fact.task.task_no in case.settled_by_rule,
    )
    given = _with_task(case, replace(task, dispatch=dispatch))
    return _replaced(given, fact) if isinstance(fact, facts.TaskReassigned) else given


def _given_by(case: Case, fact: facts.TaskDispatched) -> GivenBy:
    if isinstance(fact, facts.TaskReassigned):
        return fact.given_by
    # A task that was born disputed is dispatched when its dispute has named the lead.
    return GivenBy.SETTLED if fact.task.task_no in case.settled else GivenBy.DUTY


def _replaced(case: Case, fact: facts.TaskReassigned) -> Case:
    tasks = [replace(t, replaced=t.replaced or t.ref.task_id == fact.replaces) for t in case.tasks]
    return replace(case, tasks=tuple(tasks))


def _extended(task: Task, fact: facts.DeadlineExtended) -> Task:
    # While it stands still no deadline can pass; the end of the suspension names the new one.
    stands = task.clock is not None and task.clock.suspended
    return task if stands else _moved(task, MovedClock(due_at=fact.due_at, at=fact.occurred_at))


def _suspended(task: Task, fact: facts.ClockSuspended) -> Task:
    left, since = fact.remaining_s, fact.occurred_at
    return _moved(task, MovedClock(due_at=None, suspended=True, remaining_s=left, at=since))


def _resumed(task: Task, fact: facts.ClockResumed) -> Task:
    return _moved(task, MovedClock(due_at=fact.due_at, at=fact.occurred_at))


def _moved(task: Task, clock: MovedClock) -> Task:
    before = (*task.moved_before, task.clock) if task.clock else ()
    return replace(task, clock=clock, moved_before=before)


def _delivered(task: Task, fact: facts.TaskDelivered) -> Task:
    return replace(task, delivered_at=_first(task.delivered_at, fact))


def _parked(task: Task, _fact: facts.DeliveryParked) -> Task:
    return replace(task, parked=task.parked + 1)


def _responded(task: Task, fact: facts.HandlerFact) -> Task:
    return replace(task, responded_at=_first(task.responded_at, fact))


def _acknowledged(task: Task, fact: facts.TaskAcknowledged) -> Task:
    return replace(_responded(task, fact), acknowledged_at=_first(task.acknowledged_at, fact))


def _returned(task: Task, fact: facts.TaskReturned) -> Task:
    return replace(task, returned_at=_first(task.returned_at, fact))


def _completed(task: Task, fact: facts.TaskCompleted) -> Task:
    return replace(_responded(task, fact), completed_at=_first(task.completed_at, fact))


_FOLDS: Final[Mapping[type[facts.TaskFact], Callable[[Task, Any], Task]]] = {
    facts.DeadlineExtended: _extended,
    facts.ClockSuspended: _suspended,
    facts.ClockResumed: _resumed,
    facts.TaskDelivered: _delivered,
    facts.DeliveryParked: _parked,
    facts.TaskAcknowledged: _acknowledged,
    facts.TaskReturned: _returned,
    facts.TaskProgressed: _responded,
    facts.TaskCompleted: _completed,
    facts.ExtensionRequested: _responded,
    facts.SuspensionRequested: _responded,
}


def _counted(task: Task, fact: facts.TaskFact) -> Task:
    count = TASK_COUNTS[type(fact)]
    return replace(task, counts={**task.counts, count: task.counts.get(count, 0) + 1})


def _task(case: Case, fact: facts.TaskFact) -> Task:
    for task in case.tasks:
        if task.ref.task_id == fact.task.task_id:
            return task
    return Task(ref=fact.task, department=fact.department)


def _with_task(case: Case, task: Task) -> Case:
    others = [t for t in case.tasks if t.ref.task_id != task.ref.task_id]
    ordered = sorted([*others, task], key=lambda t: (t.ref.task_no, t.ref.attempt))
    return replace(case, tasks=tuple(ordered))


def _first(known: datetime | None, fact: facts.Fact) -> datetime:
    return fact.occurred_at if known is None else min(known, fact.occurred_at)
