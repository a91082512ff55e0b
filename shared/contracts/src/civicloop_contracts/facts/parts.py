"""Groups of fields that several facts share."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from civicloop_contracts.codes import MatterKind, Precision
from civicloop_contracts.fact import (
    ConditionCode,
    DivisionCode,
    H3Cell,
    MatterCode,
    Part,
    StandardRef,
)

TaskNo = Annotated[int, Field(ge=1, le=999)]
Attempt = Annotated[int, Field(ge=1, le=999)]
Round = Annotated[int, Field(ge=1, le=99)]


class Matter(Part):
    """What it is about: an entry of one standard and, where known, its filing condition."""

    standard_ref: StandardRef
    kind: MatterKind
    code: MatterCode
    condition: ConditionCode | None = None


class Place(Part):
    """Where it is, as exactly as the matter's class allows (WGS 84).

    ``division`` is a district (6 digits), subdistrict (9) or community (12).
    """

    division: DivisionCode
    precision: Precision
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    h3_cell: H3Cell | None = None

    @model_validator(mode="after")
    def _coarse_means_coarse(self) -> "Place":
        exact = self.latitude is not None or self.longitude is not None
        if exact and self.precision is Precision.COARSE:
            message = "a coarse place has no coordinates"
            raise ValueError(message)
        return self


class ExternalClock(Part):
    """A deadline that the source system set: it replaces catalog and calendar.

    ``due_at`` None means that the source set no deadline; such a case counts as on time.
    """

    due_at: AwareDatetime | None


class TaskRef(Part):
    """Which task. A next attempt is another task, with another id."""

    task_id: UUID
    task_no: TaskNo
    attempt: Attempt
