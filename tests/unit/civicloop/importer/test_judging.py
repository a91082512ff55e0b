"""Our judgement beside the source's: the rule, its edges, and what may differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from civicloop.importer.causes import Cause, Judged
from civicloop.importer.judging import (
    MAX_LISTED,
    allowed_differences,
    compare,
    differs,
    is_overdue,
)
from civicloop.importer.mapping import Agreement
from civicloop.importer.words import Flag

DUE = datetime(2024, 5, 3, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ACCEPTED = Agreement(max_per_1000=1, causes=[Cause.SOURCE_LEFT_FLAG_BLANK])


def _judged(line: int, flag: Flag, *, overdue: bool = False) -> Judged:
    return Judged(line=line, source_id=f"A{line}", case_id=None, overdue=overdue, flag=flag)


@pytest.mark.parametrize(
    ("due_at", "handled_at", "as_of", "overdue"),
    [
        (DUE, DUE - SECOND, DUE + SECOND, False),
        (DUE, DUE, DUE + SECOND, False),
        (DUE, DUE + SECOND, DUE + SECOND, True),
        (DUE, None, DUE - SECOND, False),
        (DUE, None, DUE, False),
        (DUE, None, DUE + SECOND, True),
        (None, None, DUE, False),
        (None, DUE, DUE, False),
    ],
)
def test_late_is_later_than_due(
    due_at: datetime | None, handled_at: datetime | None, as_of: datetime, *, overdue: bool
) -> None:
    """When handled, or while still open when the source was read; a tie is on time."""
    assert is_overdue(due_at, handled_at, as_of) is overdue


@pytest.mark.parametrize(
    ("overdue", "flag", "differing"),
    [
        (True, Flag.OVERDUE, False),
        (False, Flag.ON_TIME, False),
        (True, Flag.ON_TIME, True),
        (False, Flag.OVERDUE, True),
        (True, Flag.BLANK, True),
        (False, Flag.BLANK, True),
    ],
)
def test_a_row_differs_unless_both_say_the_same(
    flag: Flag, *, overdue: bool, differing: bool
) -> None:
    """A source that did not judge said something else."""
    assert differs(_judged(1, flag, overdue=overdue)) is differing


@pytest.mark.parametrize(
    ("rows", "allowed"), [(0, 0), (999, 0), (1_000, 1), (4_995, 4), (5_000, 5)]
)
def test_one_in_a_thousand_is_rounded_down(rows: int, allowed: int) -> None:
    """Below a thousand rows none may differ."""
    assert allowed_differences(rows, 1) == allowed


def test_few_explained_differences_agree() -> None:
    """They are listed with their cause all the same."""
    rows = [_judged(line, Flag.ON_TIME) for line in range(1_999)]
    comparison = compare([*rows, _judged(2_000, Flag.BLANK)], ACCEPTED)
    assert comparison.agrees
    assert (comparison.compared, comparison.differing, comparison.allowed) == (2_000, 1, 2)
    assert [(it.row.line, it.cause) for it in comparison.listed] == [
        (2_000, Cause.SOURCE_LEFT_FLAG_BLANK)
    ]


def test_one_unexplained_difference_disagrees() -> None:
    """However many rows there are."""
    rows = [_judged(line, Flag.ON_TIME) for line in range(9_999)]
    comparison = compare([*rows, _judged(10_000, Flag.OVERDUE)], ACCEPTED)
    assert not comparison.agrees
    assert (comparison.unexplained, comparison.differing) == (1, 1)


def test_too_many_explained_differences_disagree() -> None:
    """A cause is no way round the bound."""
    rows = [_judged(line, Flag.BLANK if line < 3 else Flag.ON_TIME) for line in range(2_000)]
    comparison = compare(rows, ACCEPTED)
    assert (comparison.differing, comparison.unexplained, comparison.agrees) == (3, 0, False)


def test_a_cause_counts_only_where_the_mapping_accepts_it() -> None:
    """Known causes are not accepted by themselves."""
    rows = [_judged(line, Flag.BLANK if line < 1 else Flag.ON_TIME) for line in range(1_000)]
    assert not compare(rows, Agreement(max_per_1000=1, causes=[])).agrees


def test_very_many_differences_are_counted_not_kept() -> None:
    """A wrong mapping must not fill the memory."""
    rows = (_judged(line, Flag.OVERDUE) for line in range(MAX_LISTED + 7))
    comparison = compare(rows, ACCEPTED)
    assert (len(comparison.listed), comparison.differing) == (MAX_LISTED, MAX_LISTED + 7)
