"""What was handed in a moment ago: it may be on its way into the tables, where nobody finds it yet.

A report looks for duplicates before its transaction begins. Two that come together would not find
each other; here the second finds the first, whose command is decided before its own.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from math import floor
from typing import TYPE_CHECKING, Final

from intake.domain.duplicates import METRES_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from intake.domain.duplicates import Nearness, Spot

# Longer than a look into the tables and a commit may take together.
KEEP: Final = timedelta(seconds=30)
# Where a crowd reports, the first ones are enough to find the case: the rest has joined it.
MAX_NEAR: Final = 8
# Cells are wide enough up to the 75th degree; beyond it a pair may be missed here.
WIDTHS_PER_HEIGHT: Final = 4
_Cell = tuple[tuple[str, str, str], int, int]


class RecentReports:
    """The reports of the last moments, by matter and place."""

    def __init__(self, nearness: Nearness) -> None:
        self._within_m = nearness.within_m
        self._height = max(nearness.within_m, 1.0) / METRES_PER_DEGREE
        self._cells: dict[_Cell, deque[tuple[UUID, Spot]]] = {}
        self._ages: deque[tuple[datetime, _Cell]] = deque()

    def near(self, spot: Spot, now: datetime) -> list[UUID]:
        """Return the oldest cases that reports about the same, near *spot*, may have become."""
        self._forget(now - KEEP)
        found = (
            case_id
            for cell in self._around(spot)
            for case_id, known in self._cells.get(cell, ())
            if known.is_near(spot, self._within_m)
        )
        # Ids sort by time.
        return sorted(found)[:MAX_NEAR]

    def add(self, case_id: UUID, spot: Spot, now: datetime) -> None:
        """Remember a report for a moment."""
        cell = self._cell(spot)
        self._cells.setdefault(cell, deque()).append((case_id, spot))
        self._ages.append((now, cell))

    def _forget(self, before: datetime) -> None:
        while self._ages and self._ages[0][0] < before:
            _, cell = self._ages.popleft()
            reports = self._cells[cell]
            reports.popleft()
            if not reports:
                del self._cells[cell]

    def _around(self, spot: Spot) -> Iterator[_Cell]:
        key, row, column = self._cell(spot)
        for rows in (-1, 0, 1):
            for columns in (-1, 0, 1):
                yield key, row + rows, column + columns

    def _cell(self, spot: Spot) -> _Cell:
        row = floor(spot.latitude / self._height)
        column = floor(spot.longitude / (self._height * WIDTHS_PER_HEIGHT))
        return spot.key, row, column
