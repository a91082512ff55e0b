"""The room on a bench, and the commands that come to it."""

from typing import Any
from uuid import UUID, uuid4

from civicloop_kit.command import CaseCommand
from civicloop_kit.testing import FakeClock, RoomBench
from department_adapter.domain.commands import (
    AbandonTask,
    Answer,
    AttemptResult,
    DeliveryKind,
    RecordDelivery,
    RecordUpdate,
    ReleaseTask,
    UpdateKind,
)
from department_adapter.domain.model import CaseTasks
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.main import make_room
from department_adapter.testing import CASE_ID, HANDLER, START, task_ref

TASK_ID = task_ref().task_id
Bench = RoomBench[CaseTasks]


def new_bench(clock: FakeClock | None = None) -> Bench:
    """Return the room."""
    return RoomBench(make_room(RetryPolicy(), lambda: None), clock or FakeClock(START))


def recorded(
    result: AttemptResult = AttemptResult.DELIVERED,
    kind: DeliveryKind = DeliveryKind.DISPATCH,
    sequence: int = 1,
) -> CaseCommand:
    """Return the command that records an attempt."""
    body = RecordDelivery(
        task_id=TASK_ID,
        delivery_id=f"{TASK_ID}/{kind}/{sequence}",
        kind=kind,
        claim_no=3,
        result=result,
    )
    return CaseCommand(case_id=CASE_ID, body=body, principal="department-adapter")


def updated(
    kind: UpdateKind = UpdateKind.ACKNOWLEDGE,
    task_id: UUID = TASK_ID,
    department: str = "water",
    **fields: Any,
) -> CaseCommand:
    """Return the command of an update."""
    body = RecordUpdate(
        update_id=uuid4(),
        task_id=task_id,
        department=department,
        answer=Answer(kind=kind, handler=HANDLER, **fields),
    )
    return CaseCommand(case_id=CASE_ID, body=body, principal=f"department:{department}")


def released(task_id: UUID = TASK_ID) -> CaseCommand:
    """Return the command of a release."""
    return CaseCommand(case_id=CASE_ID, body=ReleaseTask(task_id=task_id), principal="operator")


def abandoned(task_id: UUID = TASK_ID) -> CaseCommand:
    """Return the command that follows from a removal."""
    body = AbandonTask(task_id=task_id)
    return CaseCommand(case_id=CASE_ID, body=body, principal="department-adapter")


def effects(bench: Bench, kind: type[Any]) -> list[Any]:
    """Return the effects of a kind."""
    return [effect for effect in bench.effects if isinstance(effect, kind)]
