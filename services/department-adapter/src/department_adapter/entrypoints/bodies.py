"""What callers send and get. Strict: unknown fields and unprintable text are refused."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from civicloop_contracts.codes import (
    ProgressCode,
    ResultCode,
    ReturnGround,
    SuspensionKind,
)
from civicloop_contracts.fact import DepartmentCode
from civicloop_kit.bodies import Body, Text, Time
from department_adapter.domain.commands import DeliveryKind, UpdateKind
from department_adapter.domain.model import ParkReason, TaskState

MAX_REMARK_CHARS: Final = 2_000


# The field that each kind of update needs, and that no other takes.
_FIELD_OF: Final = {
    "progress": UpdateKind.PROGRESS,
    "result": UpdateKind.COMPLETE,
    "ground": UpdateKind.RETURN,
    "suspension": UpdateKind.REQUEST_SUSPENSION,
    "review_at": UpdateKind.REQUEST_SUSPENSION,
}
_WITH_REMARK: Final = frozenset({UpdateKind.PROGRESS, UpdateKind.COMPLETE})
RemarkText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_REMARK_CHARS),
    Text,
]


class UpdateBody(Body):
    """What a department says about its task.

    ``update_id`` is the department's own: the same one again gets the same answer. Each kind has
    its fields: `progress` a ``progress``, `complete` a ``result`` (both may carry a ``remark``),
    `return` a ``ground``, `request_suspension` a ``suspension`` and a ``review_at``. A request is
    decided by a superior; its id is the ``update_id``.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "update_id": "0f6c3c1e-8d4e-4a44-9c53-0a6f7d1f6f1b",
                    "kind": "complete",
                    "occurred_at": "2026-05-09T10:30:00+08:00",
                    "result": "repaired",
                }
            ]
        }
    )

    update_id: UUID
    kind: UpdateKind
    occurred_at: Time | None = None
    progress: ProgressCode | None = None
    result: ResultCode | None = None
    ground: ReturnGround | None = None
    suspension: SuspensionKind | None = None
    review_at: Time | None = None
    remark: Annotated[RemarkText | None, Field(repr=False)] = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        for name, kind in _FIELD_OF.items():
            if (getattr(self, name) is not None) != (self.kind is kind):
                code, said = f"{name}_with_kind", f"{name} goes with kind {kind}"
                raise PydanticCustomError(code, said)
        if self.remark is not None and self.kind not in _WITH_REMARK:
            raise PydanticCustomError(
                "remark_with_kind", "a remark goes with kind progress or complete"
            )
        return self


class UpdateAnswer(BaseModel):
    """What became of an update; ``repeated``: it said what was known."""

    update_id: UUID
    task_id: UUID
    state: TaskState
    fact: Literal["applied", "repeated"]


class UpdateView(BaseModel):
    """An update as it was taken; ``state`` is the task's state after it."""

    update_id: UUID
    kind: UpdateKind
    fact: Literal["applied", "repeated"]
    state: TaskState
    occurred_at: datetime | None
    recorded_at: datetime


class UpdatesView(BaseModel):
    """All updates of a task, the oldest first."""

    task_id: UUID
    state: TaskState
    updates: tuple[UpdateView, ...]


class TaskView(BaseModel):
    """A task as its department and operators see it.

    ``resolution_due_at`` moves with extensions and is null while the clock stands still;
    ``return_until`` null: it cannot be returned.
    """

    task_id: UUID
    case_id: UUID
    department: DepartmentCode
    role: str
    state: TaskState
    dispatched_at: datetime
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    return_until: datetime | None
    updated_at: datetime


class ReleasedView(BaseModel):
    """A task of which what was parked is tried now."""

    task_id: UUID
    state: TaskState


class ParkedView(BaseModel):
    """A delivery that waits for its ``owner``, and is tried again at ``review_at``."""

    task_id: UUID
    case_id: UUID
    department: DepartmentCode
    delivery_id: str
    kind: DeliveryKind
    reason: ParkReason
    owner: Literal["operator"] = "operator"
    parked_at: datetime
    review_at: datetime


class ParkedPage(BaseModel):
    """What is parked, by task id; ``next`` is the ``cursor`` of the next page."""

    parked: tuple[ParkedView, ...]
    next: UUID | None
