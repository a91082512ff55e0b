"""What people find by id or in a work list: tasks, disputes and requests, as rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from router.domain.case import pending_requests
from router.domain.identity import request_row_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from router.domain.answers import Request
    from router.domain.case import Case
    from router.domain.codes import DisputeGround, RequestKind
    from router.domain.task import Dispute, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """Which case a task is of."""

    task_id: UUID
    case_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow:
    """A dispute, and whether it waits for a conference. ``department`` had the task."""

    dispute_id: UUID
    case_id: UUID
    task_id: UUID
    department: str | None
    ground: DisputeGround
    opened_at: datetime
    settle_by: datetime
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """What a department asks for, and whether it waits for a superior.

    ``row_id`` is unique, a ``request_id`` is for its department only. ``due_at`` is the deadline
    that it has now.
    """

    row_id: UUID
    task_id: UUID
    request_id: UUID
    case_id: UUID
    department: str
    kind: RequestKind
    asked_at: datetime
    review_at: datetime | None
    due_at: datetime | None
    is_pending: bool


DeskRow = TaskRow | DisputeRow | RequestRow


def changed_rows(before: Case, after: Case) -> tuple[DeskRow, ...]:
    """Return the rows that a decision has added or changed."""
    if _is_same(before, after):
        return ()
    known, now = dict(_rows(before)), dict(_rows(after))
    changed = tuple(row for key, row in now.items() if known.get(key) != row)
    decided = tuple(
        replace(row, is_pending=False)
        for key, row in known.items()
        if key not in now and isinstance(row, RequestRow)
    )
    return changed + decided


def _is_same(before: Case, after: Case) -> bool:
    """Tell at a glance whether nothing has changed of which there are rows."""
    return (
        after.tasks is before.tasks
        and after.waiting is before.waiting
        and after.answers is before.answers
        and after.status is before.status
    )


def _rows(case: Case) -> Iterator[tuple[tuple[UUID, UUID], DeskRow]]:
    """Return every row of a case, by its task and what it is about."""
    for ref in (*(task.ref for task in case.tasks), *(task.ref for task in case.waiting)):
        yield (ref.task_id, ref.task_id), TaskRow(task_id=ref.task_id, case_id=case.case_id)
    for task in case.tasks:
        if task.dispute:
            yield (task.ref.task_id, task.dispute.dispute_id), _dispute(case, task, task.dispute)
    for task, request in pending_requests(case):
        row = _request(case, task, request)
        yield (task.ref.task_id, row.row_id), row


def _dispute(case: Case, task: Task, dispute: Dispute) -> DisputeRow:
    return DisputeRow(
        dispute_id=dispute.dispute_id,
        case_id=case.case_id,
        task_id=task.ref.task_id,
        department=task.department,
        ground=dispute.ground,
        opened_at=dispute.opened_at,
        settle_by=dispute.settle_by,
        is_open=dispute.settled is None,
    )


def _request(case: Case, task: Task, request: Request) -> RequestRow:
    return RequestRow(
        row_id=request_row_id(task.ref, request.request_id),
        task_id=task.ref.task_id,
        request_id=request.request_id,
        case_id=case.case_id,
        department=task.department or "",
        kind=request.kind,
        asked_at=request.asked_at,
        review_at=request.review_at,
        due_at=task.clocks.resolution_due_at,
        is_pending=True,
    )
