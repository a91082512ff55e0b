"""Which time of an outsider counts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from department_adapter.domain.errors import ImpossibleTimeError
from department_adapter.domain.timing import MAX_AHEAD, MAX_LATE, judge_time
from department_adapter.testing import START, at

NOW = at(60)


def test_no_time_means_now() -> None:
    """Without a time of its own an update counts from when it came."""
    assert judge_time(None, dispatched_at=START, now=NOW).at == NOW


def test_a_clock_that_runs_ahead_is_set_back_to_now() -> None:
    """Up to two minutes ahead counts as now."""
    judged = judge_time(NOW + MAX_AHEAD, dispatched_at=START, now=NOW)
    assert (judged.at, judged.late) == (NOW, False)


@pytest.mark.parametrize("given_at", [START - timedelta(seconds=1), NOW + timedelta(minutes=3)])
def test_before_the_dispatch_or_in_the_future_is_refused(given_at: object) -> None:
    """Nothing happens to a task before it was dispatched, or later than now."""
    with pytest.raises(ImpossibleTimeError):
        judge_time(given_at, dispatched_at=START, now=NOW)  # type: ignore[arg-type]


def test_fifteen_minutes_late_still_counts() -> None:
    """The limit itself is inside."""
    judged = judge_time(NOW - MAX_LATE, dispatched_at=START, now=NOW)
    assert (judged.at, judged.late) == (NOW - MAX_LATE, False)


def test_older_news_counts_from_when_it_came() -> None:
    """What is told later than that is judged by when we heard of it, and marked."""
    judged = judge_time(NOW - timedelta(minutes=16), dispatched_at=START, now=NOW)
    assert (judged.at, judged.late) == (NOW, True)


@given(st.integers(0, 60 * 60), st.integers(0, 60 * 60))
def test_what_counts_lies_between_dispatch_and_now(told: int, now: int) -> None:
    """Whatever is accepted lies between the dispatch and now."""
    moment = START + timedelta(seconds=now)
    given_at = min(START + timedelta(seconds=told), moment + MAX_AHEAD)
    judged = judge_time(given_at, dispatched_at=START, now=moment)
    assert START <= judged.at <= moment
