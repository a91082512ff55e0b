"""What facts are made of: the matter, the place, the outside clock, the reference to a task."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class MatterKind(StrEnum):
    """A fixed asset with an owner (部件), or something that happened (事项)."""

    COMPONENT = "component"
    MATTER = "matter"


class Precision(StrEnum):
    """How exactly a place may be told."""

    EXACT = "exact"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterKey:
    """The key of a catalog entry; a code alone means different things in different standards."""

    standard_ref: str
    kind: MatterKind
    code: str

    def __str__(self) -> str:
        return f"{self.standard_ref}/{self.kind}/{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a case is about, and its filing condition (立案条件) where known."""

    standard_ref: str
    kind: MatterKind
    code: str
    condition: str | None = None

    @property
    def key(self) -> MatterKey:
        """Its entry in the catalog."""
        return MatterKey(standard_ref=self.standard_ref, kind=self.kind, code=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a case is: division code, and a point (WGS 84) or H3 cell where told."""

    division: str
    precision: Precision
    latitude: float | None = None
    longitude: float | None = None
    h3_cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalClock:
    """The source system's own deadline. ``due_at`` None: it set none, the case has no clock."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """Which task. A next attempt is another task, with another id."""

    task_id: UUID
    task_no: int
    attempt: int
