"""A case with one task of the water bureau, in any state, and what is said about it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from department_adapter.domain.commands import (
    Answer,
    AttemptResult,
    DeliveryKind,
    QueueTask,
    RecordDelivery,
    RecordUpdate,
    UpdateKind,
)
from department_adapter.domain.delivering import Verdict, judge_attempt
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, Task, TaskRef
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.domain.task import delivery_id, queue_task, take_update
from department_adapter.testing import CASE_ID, HANDLER, START, at, task_ref

POLICY = RetryPolicy(max_attempts=3)
TASK = TaskRef(task_id=task_ref().task_id, task_no=1, attempt=1)
ACKNOWLEDGE = Answer(kind=UpdateKind.ACKNOWLEDGE, handler=HANDLER)
PROGRESS = Answer(kind=UpdateKind.PROGRESS, handler=HANDLER, progress="on_site")
COMPLETE = Answer(kind=UpdateKind.COMPLETE, handler=HANDLER, result="repaired")
RETURN = Answer(kind=UpdateKind.RETURN, handler=HANDLER, ground="not_our_duty")
EXTEND = Answer(kind=UpdateKind.REQUEST_EXTENSION, handler=HANDLER)
SUSPEND = Answer(
    kind=UpdateKind.REQUEST_SUSPENSION, handler=HANDLER, suspension="ledger", review_at=at(900)
)


def queued(return_until: datetime | None = None) -> CaseTasks:
    """Return a case whose one task waits for its delivery."""
    command = QueueTask(
        task=TASK,
        department="water",
        dispatched_at=START,
        sequence=1,
        return_until=return_until,
    )
    case = CaseTasks(case_id=CASE_ID)
    return evolve_all(case, queue_task(case, command))


def update(answer: Answer, department: str = "water", task_id: UUID = TASK.task_id) -> RecordUpdate:
    """Return an update; the same words come under the same id."""
    update_id = uuid5(task_id, answer.kind)
    return RecordUpdate(update_id=update_id, task_id=task_id, department=department, answer=answer)


def after(case: CaseTasks, answers: Iterable[Answer], minutes: float = 10) -> CaseTasks:
    """Return the case after some updates."""
    for answer in answers:
        case = evolve_all(case, take_update(case, update(answer), at(minutes)))
    return case


def attempt(
    kind: DeliveryKind = DeliveryKind.DISPATCH,
    result: AttemptResult = AttemptResult.DELIVERED,
    **fields: Any,
) -> RecordDelivery:
    """Return how an attempt ended."""
    sequence = 1 if kind is DeliveryKind.DISPATCH else 2
    return RecordDelivery(
        task_id=TASK.task_id,
        delivery_id=delivery_id(TASK, kind, sequence),
        kind=kind,
        claim_no=1,
        result=result,
        **fields,
    )


def judged(
    case: CaseTasks, record: RecordDelivery, now: datetime = START
) -> tuple[CaseTasks, Verdict]:
    """Return the case after an attempt, and what follows from it."""
    verdict = judge_attempt(case, record, now, POLICY)
    return evolve_all(case, verdict.happenings), verdict


def only(case: CaseTasks) -> Task:
    """Return the one task."""
    (task,) = case.tasks
    return task


def names(happenings: Iterable[object]) -> list[str]:
    """Return what happened."""
    return [type(item).__name__ for item in happenings]
