"""Each cause holds for exactly the rows that it is about."""

from __future__ import annotations

import pytest

from civicloop.importer.causes import PREDICATES, Cause, Judged, explain
from civicloop.importer.words import Flag


def _judged(flag: Flag, *, overdue: bool) -> Judged:
    return Judged(line=2, source_id="A1", case_id=None, overdue=overdue, flag=flag)


@pytest.mark.parametrize("overdue", [False, True])
@pytest.mark.parametrize("flag", list(Flag))
def test_a_blank_flag_explains_a_blank_flag_only(flag: Flag, *, overdue: bool) -> None:
    """Whatever we judge; a flag that says something is never excused."""
    holds = PREDICATES[Cause.SOURCE_LEFT_FLAG_BLANK](_judged(flag, overdue=overdue))
    assert holds is (flag is Flag.BLANK)


def test_every_cause_has_a_predicate() -> None:
    """The list is closed in the code, and mappings choose from it."""
    assert set(PREDICATES) == set(Cause)


def test_a_row_without_an_accepted_cause_is_not_explained() -> None:
    """Neither by one that does not hold nor by one that is not accepted."""
    assert explain(_judged(Flag.OVERDUE, overdue=False), list(Cause)) is None
    assert explain(_judged(Flag.BLANK, overdue=False), []) is None
