"""The words that intake's rules are written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Channel(StrEnum):
    """Where a report came in (上报渠道)."""

    PATROL = "patrol"
    SNAP = "snap"
    RIDER_SNAP = "rider_snap"
    COUNCIL = "council"
    HOTLINE = "hotline"
    SENSOR = "sensor"
    SUPERIOR = "superior"
    IMPORT = "import"


class MatterKind(StrEnum):
    """A fixed asset (部件), or something that happened (事项)."""

    COMPONENT = "component"
    MATTER = "matter"


class PlaceClass(StrEnum):
    """Whether a matter lies in public space, or on somebody's premises."""

    PUBLIC = "public"
    PREMISES = "premises"


class Precision(StrEnum):
    """How exactly a place may be told."""

    EXACT = "exact"
    COARSE = "coarse"


class RejectReason(StrEnum):
    """Why no case was filed (不予立案)."""

    OUTSIDE_JURISDICTION = "outside_jurisdiction"
    UNKNOWN_MATTER = "unknown_matter"


class Outcome(StrEnum):
    """How a case ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Status(StrEnum):
    """The public status of a case."""

    FILED = "filed"
    HANDLING = "handling"
    VERIFYING = "verifying"
    CALLING_BACK = "calling_back"
    CLOSED = "closed"
    REJECTED = "rejected"


class WithdrawReason(StrEnum):
    """Why a report left its case."""

    BY_REPORTER = "by_reporter"
    UNMERGED = "unmerged"


class SealedKind(StrEnum):
    """What of a reporter the vault keeps."""

    NARRATIVE = "narrative"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """An entry of one standard and, where known, its filing condition."""

    standard_ref: str
    kind: MatterKind
    code: str
    condition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A position in WGS 84 degrees, and the H3 cell that it lies in."""

    latitude: float
    longitude: float
    h3_cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is, as exactly as the matter's class allows."""

    division: str
    precision: Precision
    latitude: float | None = None
    longitude: float | None = None
    h3_cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a report is about, as far as a fact may tell it: enough to file it anew."""

    matter: Matter
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalClock:
    """A source system's own deadline; None means that it set none."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A reporter's words or contact, encrypted with the reporter's own key."""

    kind: SealedKind
    content: bytes
