"""Ids that a decision makes: derived, so that deciding again makes the same ones."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from router.domain.parts import TaskRef

# Never change it: every task id in every topic is derived from it.
_TASKS: Final = UUID("6f4f1c1e-5d0a-5c52-9d5e-3c6b1f0a7e21")


def refer_task(case_id: UUID, task_no: int, attempt: int) -> TaskRef:
    """Return the reference of a task of a case."""
    task_id = uuid5(_TASKS, f"{case_id}/{task_no}/{attempt}")
    return TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


def dispute_id(task: TaskRef, number: int = 1) -> UUID:
    """Return the id of a dispute over *task*: its first, or a later one over the same attempt."""
    return uuid5(task.task_id, "dispute" if number == 1 else f"dispute/{number}")


def request_row_id(task: TaskRef, request_id: UUID) -> UUID:
    """Return an id for a request that no other has: departments number their own only."""
    return uuid5(task.task_id, f"request/{request_id}")
