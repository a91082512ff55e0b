"""Reminders (催办): a department hears that a deadline comes near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.decided import ReminderIssued

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.clocks import Clock
    from router.domain.codes import ClockKind
    from router.domain.task import Task


def remind(
    task: Task, kind: ClockKind, clock: Clock | None, now: datetime
) -> tuple[ReminderIssued, ...]:
    """Remind the department of a task of one of its clocks, if it has that clock."""
    if clock is None or task.department is None:
        return ()
    return (
        ReminderIssued(
            occurred_at=now,
            task=task.ref,
            department=task.department,
            clock=kind,
            due_at=clock.due_at,
        ),
    )
