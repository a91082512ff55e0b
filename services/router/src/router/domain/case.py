"""The state of a case in the router, and what can be seen in it.

Each source has a part of its own (intake: ``filed``, ``reporters``; departments:
``answers``; feedback: ``round``, ``send_backs``, ``closed_round``; our own facts: the rest), and
every status is derived from the parts. So it does not matter which source is read first, and
nothing moves a state backwards. The classes here are stored: msgspec writes them as JSON.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from router.domain.answers import Answer, Request
from router.domain.codes import Outcome, TaskRole
from router.domain.facts import CaseFiled
from router.domain.identity import dispute_id
from router.domain.task import Task, TaskStatus, WaitingTask, status_of
from router.domain.terms import Terms
from router.domain.territory import Tier

# No rework and no reopening undoes these.
FOR_GOOD: Final = frozenset({Outcome.WITHDRAWN, Outcome.MERGED})


class CaseStatus(StrEnum):
    """States of a case in this room; ENDED is terminal within its round."""

    OPEN = "open"
    HANDLED = "handled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """feedback sends the case back: the numbered tasks (返工), or with none a reopening."""

    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. ``tasks`` keeps every attempt, ``waiting`` what no department knows of yet.

    ``handlings`` counts CaseHandled over all rounds, ``taken_back`` how many of them a rework or a
    reopening has undone by giving out next attempts, ``send_backs`` those that were asked for.
    """

    case_id: UUID
    filed: CaseFiled | None = None
    terms: Terms | None = None
    reporters: int = 0
    answers: tuple[Answer, ...] = ()
    round: int = 1
    send_backs: tuple[SendBack, ...] = ()
    closed_round: int = 0
    tier: Tier = Tier.SUBDISTRICT
    tasks: tuple[Task, ...] = ()
    waiting: tuple[WaitingTask, ...] = ()
    handlings: int = 0
    taken_back: int = 0
    outcome: Outcome | None = None
    major: bool = False
    ledger_used: bool = False

    @property
    def status(self) -> CaseStatus:
        """Open, handled or ended."""
        if self.closed_round >= self.round:
            return CaseStatus.ENDED
        if self.outcome in FOR_GOOD or self.handlings > len(self.send_backs):
            return CaseStatus.HANDLED
        return CaseStatus.OPEN


def find_task(case: Case, task_id: UUID) -> Task | None:
    """Return the task with this id, or None if we have not given it out."""
    return next((task for task in case.tasks if task.ref.task_id == task_id), None)


def find_dispute(case: Case, wanted: UUID) -> Task | None:
    """Return the task that has, or once had, the dispute with this id."""
    return next(
        (
            task
            for task in case.tasks
            for number in range(1, task.disputes + 1)
            if dispute_id(task.ref, number) == wanted
        ),
        None,
    )


def find_answer(case: Case, task_id: UUID) -> Answer:
    """Return what the department told of a task; empty if it told nothing."""
    known = next((answer for answer in case.answers if answer.task_id == task_id), None)
    return known or Answer(task_id=task_id)


def answer_of(case: Case, task: Task) -> Answer:
    """Return what the department told of a task of *case*."""
    return find_answer(case, task.ref.task_id)


def task_status(case: Case, task: Task) -> TaskStatus:
    """Return the status of a task of *case*."""
    return status_of(task, answer_of(case, task))


def newest_attempts(case: Case) -> tuple[Task, ...]:
    """Return the newest attempt of each task, by number."""
    newest: dict[int, Task] = {}
    for task in case.tasks:
        known = newest.get(task.ref.task_no)
        if known is None or known.ref.attempt < task.ref.attempt:
            newest[task.ref.task_no] = task
    return tuple(newest[number] for number in sorted(newest))


def lead_task(case: Case) -> Task | None:
    """Return the newest attempt of whoever leads (主办)."""
    return next((task for task in newest_attempts(case) if task.role is TaskRole.LEAD), None)


def tasks_in_hand(case: Case) -> tuple[Task, ...]:
    """Return the tasks that some department has and has not finished."""
    return tuple(task for task in case.tasks if task_status(case, task).is_in_hand)


def pending_requests(case: Case) -> Iterator[tuple[Task, Request]]:
    """Return what departments asked for and nobody has decided, task by task."""
    if case.status is not CaseStatus.OPEN:
        return
    for task in tasks_in_hand(case):
        for request in answer_of(case, task).requests:
            if request.request_id not in task.decided:
                yield task, request


def is_work_done(case: Case) -> bool:
    """Tell whether the newest attempt of each required task is completed, and none waits."""
    required = [task for task in newest_attempts(case) if task.required]
    return (
        bool(required)
        and all(task_status(case, task) is TaskStatus.COMPLETED for task in required)
        and not any(task.required for task in case.waiting)
    )


def next_attempt(case: Case, task: Task) -> int:
    """Return the number of the attempt that would follow those of this task."""
    return 1 + max(t.ref.attempt for t in case.tasks if t.ref.task_no == task.ref.task_no)
