"""The closed lists and groups of fields that this room's facts are written in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class Outcome(StrEnum):
    """How a case was handled and how it ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"
    ASSIST = "assist"


class Tier(StrEnum):
    """Levels of the territory (块), lowest first."""

    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"
    CITY = "city"


class GivenBy(StrEnum):
    """Why a department has a task: its duty on paper, or what led to the next attempt."""

    DUTY = "duty"
    RETURNED = "returned"
    SUPERIOR = "superior"
    SETTLED = "settled"
    REWORK = "rework"
    REOPENED = "reopened"


class ReworkReason(StrEnum):
    """Why work has to be done again (返工)."""

    VERIFICATION_FAILED = "verification_failed"
    NOT_SOLVED = "not_solved"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    CASE_ENDED = "case_ended"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """Which task. A next attempt is another task, with another id."""

    task_id: UUID
    task_no: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """An entry of one standard and, where known, its filing condition."""

    standard_ref: str
    kind: str
    code: str
    condition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is, as exactly as intake was allowed to say."""

    division: str
    precision: str
    latitude: float | None = None
    longitude: float | None = None
    h3_cell: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a case is about.

    ``source_clock``: the deadline is the source system's, in ``due_at``; None there is no deadline.
    """

    channel: str
    matter: Matter
    place: Place
    source_clock: bool = False
    due_at: datetime | None = None
    lead: str | None = None


_ABOVE: Final = dict(zip(Tier, [*list(Tier)[1:], Tier.CITY], strict=True))


def tier_above(tier: Tier) -> Tier:
    """Return the next tier up; nothing is above the city."""
    return _ABOVE[tier]
