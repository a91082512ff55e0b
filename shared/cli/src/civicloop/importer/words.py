"""The words that a source's rows are told in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from civicloop_contracts.codes import Channel


class Reason(StrEnum):
    """Why a line is not imported; a row's reason is the first of these that holds."""

    ROW_BROKEN = "row_broken"
    TEXT_UNREADABLE = "text_unreadable"
    SOURCE_ID_MISSING = "source_id_missing"
    SOURCE_ID_REPEATED = "source_id_repeated"
    OPENED_AT_MISSING = "opened_at_missing"
    TIME_UNREADABLE = "time_unreadable"
    TIME_SKIPPED = "time_skipped"
    LATER_THAN_AS_OF = "later_than_as_of"
    STATUS_UNKNOWN = "status_unknown"
    CHANNEL_UNKNOWN = "channel_unknown"
    DEPARTMENT_UNKNOWN = "department_unknown"
    MATTER_UNKNOWN = "matter_unknown"
    DIVISION_UNKNOWN = "division_unknown"
    HANDLED_BEFORE_OPENED = "handled_before_opened"
    STATUS_CONTRADICTS_HANDLED_AT = "status_contradicts_handled_at"
    FLAG_UNKNOWN = "flag_unknown"
    POSITION_UNUSABLE = "position_unusable"
    # What intake answers, after all of the above.
    OUTSIDE_JURISDICTION = "outside_jurisdiction"
    UNKNOWN_MATTER = "unknown_matter"
    ID_REUSED = "id_reused"
    REFUSED = "refused"
    FAILED = "failed"


class Flag(StrEnum):
    """The source's own judgement of a row."""

    ON_TIME = "on_time"
    OVERDUE = "overdue"
    BLANK = "blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file: the number of its first line, the header's being 1, and its fields."""

    line: int
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that is not imported; ``column`` is the source's name of what is wrong, or empty."""

    line: int
    reason: Reason
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row, understood. ``position`` is latitude and longitude in WGS 84 degrees."""

    line: int
    source_id: str
    opened_at: datetime
    due_at: datetime | None
    handled_at: datetime | None
    channel: Channel
    department: str
    matter: str
    division: str
    position: tuple[float, float] | None
    flag: Flag
