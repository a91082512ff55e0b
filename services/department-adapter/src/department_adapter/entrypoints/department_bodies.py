"""What operators send and get about departments."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from civicloop_contracts.fact import DepartmentCode
from civicloop_kit.bodies import Body, Time
from department_adapter.domain.department import (
    DEFAULT_CONCURRENCY,
    MAX_CONCURRENCY,
    DepartmentState,
    TransportName,
)
from department_adapter.ports import BreakerState

MAX_NAME_CHARS: Final = 64
MAX_URL_CHARS: Final = 2_048
DepartmentName = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_NAME_CHARS)
]


class DepartmentBody(Body):
    """How to reach a department; a webhook needs a ``url``, one that pulls comes by itself.

    Without a ``state`` a known one keeps its own, a pause too, and a new one is active.
    """

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
    state: Literal[DepartmentState.ACTIVE, DepartmentState.DISABLED] | None = None

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
    paused_until: datetime | None
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


class PauseBody(Body):
    """Until when a department is left alone: in the future, at most 30 days from now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"until": "2026-05-09T18:00:00+08:00"}]}
    )

    until: Time


class RemovedView(BaseModel):
    """A department that was removed; its ``open_tasks`` are parked, and go elsewhere."""

    code: DepartmentCode
    open_tasks: int
