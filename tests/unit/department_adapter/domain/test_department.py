"""Departments, and pauses of theirs."""

from datetime import timedelta

import pytest

from department_adapter.domain.department import MAX_PAUSE, check_pause
from department_adapter.domain.errors import ImpossiblePauseError
from department_adapter.testing import START

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("length", [INSTANT, timedelta(hours=2), timedelta(days=30)])
def test_a_pause_may_last_thirty_days(length: timedelta) -> None:
    """And may be as short as anybody likes."""
    check_pause(START + length, START)


@pytest.mark.parametrize("length", [timedelta(0), -INSTANT, timedelta(days=30) + INSTANT])
def test_a_pause_that_is_over_or_endless_is_refused(length: timedelta) -> None:
    """Whoever is away for longer is removed, so that others get its tasks."""
    with pytest.raises(ImpossiblePauseError):
        check_pause(START + length, START)
    assert timedelta(days=30) == MAX_PAUSE
