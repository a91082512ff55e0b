"""When a case was overdue, and how far the source's own flag agrees."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from civicloop.importer.causes import explain
from civicloop.importer.words import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from civicloop.importer.causes import Cause, Judged
    from civicloop.importer.mapping import Agreement

PER_THOUSAND: Final = 1_000
# Further ones are counted: with so many the mapping is wrong, not the rows.
MAX_LISTED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row on which the two judgements differ; without a ``cause`` nothing explains it."""

    row: Judged
    cause: Cause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Our judgement beside the source's flag; ``listed`` are the first rows that differ."""

    compared: int
    allowed: int
    listed: tuple[Difference, ...]
    by_cause: Mapping[Cause | None, int]

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(self.by_cause.values())

    @property
    def unexplained(self) -> int:
        """How many differ for no accepted cause."""
        return self.by_cause.get(None, 0)

    @property
    def agrees(self) -> bool:
        """Whether few enough rows differ, each for an accepted cause."""
        return self.unexplained == 0 and self.differing <= self.allowed


def is_overdue(due_at: datetime | None, handled_at: datetime | None, as_of: datetime) -> bool:
    """Tell whether a case was late when handled, or while still open at *as_of*.

    Equal times are on time; without a deadline every case is.
    """
    return due_at is not None and (handled_at or as_of) > due_at


def differs(row: Judged) -> bool:
    """Tell whether the source judged otherwise; one that did not judge counts as otherwise."""
    return row.flag is not (Flag.OVERDUE if row.overdue else Flag.ON_TIME)


def allowed_differences(rows: int, max_per_1000: int) -> int:
    """Return how many of so many rows may differ."""
    return rows * max_per_1000 // PER_THOUSAND


def compare(rows: Iterable[Judged], agreement: Agreement) -> Comparison:
    """Return how the two judgements of *rows* compare, one row at a time."""
    compared = 0
    listed: list[Difference] = []
    by_cause: Counter[Cause | None] = Counter()
    for row in rows:
        compared += 1
        if not differs(row):
            continue
        cause = explain(row, agreement.causes)
        by_cause[cause] += 1
        if len(listed) < MAX_LISTED:
            listed.append(Difference(row=row, cause=cause))
    return Comparison(
        compared=compared,
        allowed=allowed_differences(compared, agreement.max_per_1000),
        listed=tuple(listed),
        by_cause=by_cause,
    )
