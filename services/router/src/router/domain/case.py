"""The state of a case in the router, folded from facts.

Each source folds into a part of its own (intake: ``filed``, ``rejected``; departments: ``answers``;
feedback: ``round``, ``reworks``, ``closed_round``; our own facts: the rest), and every status is
derived from the parts. So it does not matter which source is read first, and nothing moves a state
backwards. The classes here are stored: msgspec writes them as JSON.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from router.domain.answers import Answer, fold_answer
from router.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    CaseRejected,
    CaseReopened,
    DisputeGround,
    DisputeOpened,
    Fact,
    Outcome,
    OwnFact,
    ReworkRequested,
    RoundFact,
    TaskAnswer,
    TaskCancelled,
    TaskDispatched,
    TaskRole,
)
from router.domain.parts import TaskRef
from router.domain.territory import Tier


class CaseStatus(StrEnum):
    """States of a case in this room; ENDED is terminal within its round."""

    OPEN = "open"
    HANDLED = "handled"
    ENDED = "ended"


class TaskStatus(StrEnum):
    """States of a task in this room; RETURNED, COMPLETED and CANCELLED are terminal."""

    WAITING = "waiting"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    SUSPENDED = "suspended"
    DISPUTED = "disputed"
    RETURNED = "returned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do."""
        return self not in {TaskStatus.RETURNED, TaskStatus.COMPLETED, TaskStatus.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Who leads is to be named by ``settle_by``."""

    dispute_id: UUID
    ground: DisputeGround
    settle_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What we decided about a task. No department: nobody was found to do it."""

    ref: TaskRef
    role: TaskRole
    required: bool
    department: str | None = None
    dispatched_at: datetime | None = None
    response_due_at: datetime | None = None
    resolution_due_at: datetime | None = None
    provisional: bool = False
    return_until: datetime | None = None
    dispute: Dispute | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. ``tasks`` keeps every attempt.

    ``handlings`` counts CaseHandled and ``reworks`` ReworkRequested over all rounds: a case is
    handled when each former handling has been taken back by a rework or a reopening, and one more
    has come.
    """

    case_id: UUID
    filed: CaseFiled | None = None
    rejected: bool = False
    answers: tuple[Answer, ...] = ()
    round: int = 1
    reworks: int = 0
    closed_round: int = 0
    tier: Tier = Tier.SUBDISTRICT
    tasks: tuple[Task, ...] = ()
    handlings: int = 0
    outcome: Outcome | None = None
    catalog_version: str | None = None
    calendar_version: str | None = None

    @property
    def status(self) -> CaseStatus:
        """Open, handled or ended."""
        if self.rejected or self.closed_round >= self.round:
            return CaseStatus.ENDED
        if self.handlings >= self.round + self.reworks:
            return CaseStatus.HANDLED
        return CaseStatus.OPEN


def evolve(case: Case, fact: Fact) -> Case:
    """Return *case* after *fact*. Total: a fact that says nothing new leaves it as it is."""
    match fact:
        case CaseFiled():
            return replace(case, filed=case.filed or fact)
        case CaseRejected():
            return replace(case, rejected=True)
        case TaskAnswer():
            return _fold_answer(case, fact)
        case RoundFact():
            return _fold_round(case, fact)
        case OwnFact():
            return _fold_own(case, fact)
        case _:
            return case


def evolve_all(case: Case, facts: Iterable[Fact]) -> Case:
    """Return *case* after *facts*, in their order."""
    for fact in facts:
        case = evolve(case, fact)
    return case


def find_task(case: Case, task_id: UUID) -> Task | None:
    """Return the task with this id, or None if we have not given it out."""
    return next((task for task in case.tasks if task.ref.task_id == task_id), None)


def find_answer(case: Case, task_id: UUID) -> Answer:
    """Return what the department told of a task; empty if it told nothing."""
    known = next((answer for answer in case.answers if answer.task_id == task_id), None)
    return known or Answer(task_id=task_id)


def status_of(task: Task, answer: Answer) -> TaskStatus:
    """Return the status of *task*; a cancellation stands, whatever its department still told."""
    if task.cancelled_at:
        return TaskStatus.CANCELLED
    if answer.completed_at:
        return TaskStatus.COMPLETED
    if answer.returned_at:
        return TaskStatus.RETURNED
    if task.dispute:
        return TaskStatus.DISPUTED
    if answer.acknowledged_at or answer.progressed_at:
        return TaskStatus.ACKNOWLEDGED
    return TaskStatus.DISPATCHED


def task_status(case: Case, task: Task) -> TaskStatus:
    """Return the status of a task of *case*."""
    return status_of(task, find_answer(case, task.ref.task_id))


def is_work_done(case: Case) -> bool:
    """Tell whether the newest attempt of each required task is completed."""
    newest: dict[int, Task] = {}
    for task in case.tasks:
        known = newest.get(task.ref.task_no)
        if task.required and (known is None or known.ref.attempt < task.ref.attempt):
            newest[task.ref.task_no] = task
    return bool(newest) and all(
        task_status(case, task) is TaskStatus.COMPLETED for task in newest.values()
    )


def _fold_answer(case: Case, fact: TaskAnswer) -> Case:
    answer = fold_answer(find_answer(case, fact.task.task_id), fact)
    others = tuple(a for a in case.answers if a.task_id != answer.task_id)
    return replace(case, answers=(*others, answer))


def _fold_round(case: Case, fact: RoundFact) -> Case:
    match fact:
        case ReworkRequested():
            return replace(case, reworks=case.reworks + 1)
        case CaseReopened():
            return replace(case, round=max(case.round, fact.round))
        case CaseClosed():
            return replace(case, closed_round=max(case.closed_round, fact.round))
        case _:
            return case


def _fold_own(case: Case, fact: OwnFact) -> Case:
    match fact:
        case TaskDispatched():
            return _fold_dispatch(case, fact)
        case DisputeOpened():
            return _fold_dispute(case, fact)
        case TaskCancelled():
            task = find_task(case, fact.task.task_id)
            return _put(case, replace(task, cancelled_at=fact.occurred_at)) if task else case
        case CaseHandled():
            return replace(case, handlings=case.handlings + 1, outcome=fact.outcome)
        case _:
            return case


def _fold_dispatch(case: Case, fact: TaskDispatched) -> Case:
    task = Task(
        ref=fact.task,
        role=fact.role,
        required=fact.required,
        department=fact.department,
        dispatched_at=fact.occurred_at,
        response_due_at=fact.response_due_at,
        resolution_due_at=fact.resolution_due_at,
        provisional=fact.provisional,
        return_until=fact.return_until,
    )
    return replace(
        _put(case, task),
        tier=fact.tier,
        catalog_version=fact.catalog_version,
        calendar_version=fact.calendar_version,
    )


def _fold_dispute(case: Case, fact: DisputeOpened) -> Case:
    """A task that we have not given out is born disputed: a case needs somebody to lead it."""
    born = Task(ref=fact.task, role=TaskRole.LEAD, required=True)
    task = find_task(case, fact.task.task_id) or born
    dispute = Dispute(dispute_id=fact.dispute_id, ground=fact.ground, settle_by=fact.settle_by)
    return _put(case, replace(task, dispute=dispute))


def _put(case: Case, task: Task) -> Case:
    """Return *case* with *task* in place of the one with its id, or added."""
    others = tuple(t for t in case.tasks if t.ref.task_id != task.ref.task_id)
    return replace(case, tasks=tuple(sorted((*others, task), key=_order)))


def _order(task: Task) -> tuple[int, int]:
    return task.ref.task_no, task.ref.attempt
