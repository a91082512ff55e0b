"""Timers at the edges: a task that left the hands of its department before it answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.domain.answers import Answer
from router.domain.case import Case, Dispute, Task
from router.domain.facts import DisputeGround, TaskRole
from router.domain.identity import dispute_id, refer_task
from router.domain.timers import TimerName, timers

CASE_ID = UUID("01980000-0000-7000-8000-000000000001")
T = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TASK = Task(
    ref=refer_task(CASE_ID, 1, 1),
    role=TaskRole.LEAD,
    required=True,
    department="water",
    response_due_at=T,
    resolution_due_at=T + timedelta(days=1),
)
DISPUTE = Dispute(
    dispute_id=dispute_id(TASK.ref), ground=DisputeGround.NO_DUTY, settle_by=T + timedelta(days=2)
)


def _names(task: Task, *answers: Answer) -> list[TimerName]:
    case = Case(case_id=CASE_ID, tasks=(task,), answers=answers)
    return [timer.name for timer in timers(case)]


def test_a_disputed_task_waits_only_for_its_settlement() -> None:
    """Its department's limits no longer run."""
    assert _names(replace(TASK, dispute=DISPUTE)) == [TimerName.SETTLE_BY]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(task_id=TASK.ref.task_id, returned_at=T),
        Answer(task_id=TASK.ref.task_id, completed_at=T),
    ],
)
def test_a_task_that_was_answered_waits_for_nothing(answer: Answer) -> None:
    """Returned or completed, also when it was never acknowledged."""
    assert _names(TASK, answer) == []
    assert _names(replace(TASK, dispute=DISPUTE), answer) == []
    assert _names(replace(TASK, cancelled_at=T)) == []
