"""The closed list of causes for which a source's flag may differ from our judgement.

A cause is a predicate over the row, never a list of rows. One that a real file needs is added here,
with a test on rows that it must and must not hold for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from civicloop.importer.words import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Cause(StrEnum):
    """Why a row may differ."""

    SOURCE_LEFT_FLAG_BLANK = "source_left_flag_blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row, judged by us and by its source."""

    line: int
    source_id: str
    case_id: str | None
    overdue: bool
    flag: Flag


def _is_blank(row: Judged) -> bool:
    return row.flag is Flag.BLANK


PREDICATES: Final[Mapping[Cause, Callable[[Judged], bool]]] = MappingProxyType(
    {Cause.SOURCE_LEFT_FLAG_BLANK: _is_blank}
)


def explain(row: Judged, accepted: Sequence[Cause]) -> Cause | None:
    """Return the first accepted cause whose predicate holds."""
    return next((cause for cause in accepted if PREDICATES[cause](row)), None)
