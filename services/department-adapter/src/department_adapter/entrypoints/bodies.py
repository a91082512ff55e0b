"""What callers send and get. Strict: unknown fields and unprintable text are refused."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from civicloop_contracts.codes import ProgressCode, ResultCode
from civicloop_contracts.fact import DepartmentCode
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.department import (
    DEFAULT_CONCURRENCY,
    MAX_CONCURRENCY,
    DepartmentState,
    TransportName,
)
from department_adapter.domain.model import TaskState
from department_adapter.ports import BreakerState

MAX_REMARK_CHARS: Final = 2_000
MAX_NAME_CHARS: Final = 64
MAX_URL_CHARS: Final = 2_048


def _refuse_nul(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("string_nul", "NUL is not allowed")
    return text


def _refuse_number(value: object) -> object:
    # A number would be read as seconds since 1970, silently.
    if isinstance(value, str | datetime) or value is None:
        return value
    raise PydanticCustomError("datetime_text", "A time is text, as 2026-05-09T08:00:00+08:00")


Time = Annotated[AwareDatetime, BeforeValidator(_refuse_number)]
RemarkText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_REMARK_CHARS),
    AfterValidator(_refuse_nul),
]
DepartmentName = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_NAME_CHARS)
]


class Body(BaseModel):
    """Something that a caller sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class UpdateBody(Body):
    """What a department says about its task.

    ``update_id`` is the department's own: the same one again gets the same answer. ``progress``
    goes with kind `progress`, ``result`` with kind `complete`; both may carry a ``remark``.
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
    remark: Annotated[RemarkText | None, Field(repr=False)] = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if (self.progress is not None) != (self.kind is UpdateKind.PROGRESS):
            raise PydanticCustomError("progress_with_kind", "progress goes with kind progress")
        if (self.result is not None) != (self.kind is UpdateKind.COMPLETE):
            raise PydanticCustomError("result_with_kind", "result goes with kind complete")
        if self.remark is not None and self.kind is UpdateKind.ACKNOWLEDGE:
            raise PydanticCustomError("remark_with_kind", "an acknowledgement takes no remark")
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
    """A task as its department and operators see it."""

    task_id: UUID
    case_id: UUID
    department: DepartmentCode
    role: str
    state: TaskState
    dispatched_at: datetime
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    updated_at: datetime


class DepartmentBody(Body):
    """How to reach a department; a webhook needs a ``url``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name_zh": "水利局",
                    "name_en": "Water bureau",
                    "transport": "webhook",
                    "url": "https://water.example.org/hooks/civicloop",
                    "concurrency": 8,
                }
            ]
        }
    )

    name_zh: DepartmentName
    name_en: DepartmentName
    transport: TransportName
    url: Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_CHARS)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY)] = DEFAULT_CONCURRENCY
    state: DepartmentState = DepartmentState.ACTIVE

    @model_validator(mode="after")
    def _has_its_address(self) -> Self:
        if (self.url is not None) != (self.transport is TransportName.WEBHOOK):
            raise PydanticCustomError("url_with_transport", "url goes with transport webhook")
        return self


class DepartmentView(BaseModel):
    """A department, and how it is with it now: in this process, and waiting in all."""

    code: DepartmentCode
    name_zh: str
    name_en: str
    transport: TransportName
    url: str | None
    concurrency: int
    state: DepartmentState
    breaker: BreakerState
    in_flight: int
    waiting: int
    secret: Annotated[
        str | None, Field(repr=False, description="The webhook secret, shown this once only.")
    ] = None


class DepartmentsView(BaseModel):
    """The registry."""

    departments: tuple[DepartmentView, ...]


class SecretView(BaseModel):
    """A new webhook secret, shown this once; the old one signs beside it for a while."""

    code: DepartmentCode
    secret: Annotated[str, Field(repr=False)]
    previous_valid_until: datetime


class CheckView(BaseModel):
    """One thing that was tried; ``fix`` says what to do about it."""

    name: str
    ok: bool
    fix: str | None


class ProbeView(BaseModel):
    """How a department's webhook answers."""

    code: DepartmentCode
    ok: bool
    checks: tuple[CheckView, ...]
