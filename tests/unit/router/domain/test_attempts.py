"""Next attempts: what they take over and what begins anew."""

from datetime import timedelta

from tests.unit.router.domain.story import STREET, FileCase, Router, T, asked, only

from router.domain.decided import TaskReassigned
from router.domain.parts import ExternalClock


def test_by_order_a_task_begins_without_extensions(busy: Router) -> None:
    """Its limits are new, so the next department may ask as often as the first one."""
    busy.read(asked(task=STREET))
    busy.answer(asked(task=STREET), approved=True)
    assert busy.task(STREET).extensions == 1
    assert only(TaskReassigned, busy.reassign(STREET, "roads")).extensions == 0


def test_the_extensions_of_a_foreign_deadline_stay_counted(
    router: Router, file_case: FileCase
) -> None:
    """The deadline stays as it is, with what was added to it."""
    router.read(file_case(clock=ExternalClock(due_at=T + timedelta(hours=8))))
    router.read(asked(task=STREET))
    router.answer(asked(task=STREET), approved=True)
    assert only(TaskReassigned, router.reassign(STREET, "roads")).extensions == 1
