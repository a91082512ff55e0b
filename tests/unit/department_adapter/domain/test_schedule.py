"""When a delivery is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from department_adapter.domain.schedule import STEPS, RetryPolicy
from department_adapter.testing import START

POLICY = RetryPolicy()


def test_waits_grow_and_then_stay() -> None:
    """The waits are the steps in order; the last one stays."""
    waits = [POLICY.next_attempt(n, START) - START for n in range(1, len(STEPS) + 3)]
    longest = timedelta(seconds=STEPS[-1])
    assert waits == [timedelta(seconds=s) for s in STEPS] + [longest, longest]


def test_the_base_scales_every_wait() -> None:
    """A test or demo may shorten all waits alike."""
    quick = RetryPolicy(base=timedelta(milliseconds=10))
    assert quick.next_attempt(2, START) - START == timedelta(milliseconds=50)


def test_a_department_may_ask_for_more_time() -> None:
    """Retry-After counts when it is longer than planned."""
    assert POLICY.next_attempt(1, START, 60) - START == timedelta(seconds=60)
    assert POLICY.next_attempt(3, START, 1) - START == timedelta(seconds=30)


def test_a_department_may_ask_for_the_longest_wait_and_no_more() -> None:
    """From its first failure on: half an hour, as after many."""
    for asked in (1800, 1801, 1e9):
        assert POLICY.next_attempt(1, START, asked) - START == timedelta(minutes=30)
    assert POLICY.next_attempt(1, START, 1799) - START == timedelta(seconds=1799)


def test_the_policy_is_the_one_that_departments_are_told() -> None:
    """Seconds, then half an hour; ten times, and again after four hours; a week for the end."""
    assert STEPS == (1, 5, 30, 120, 600, 1800)
    assert (POLICY.base, POLICY.wait) == (timedelta(seconds=1), timedelta(seconds=2))
    assert (POLICY.max_attempts, POLICY.review_after) == (10, timedelta(hours=4))
    assert POLICY.cancel_for == timedelta(days=7)


@given(st.integers(1, 50), st.floats(0, 1e9))
def test_no_wait_is_longer_than_the_longest(failures: int, asked: float) -> None:
    """Nobody can put a delivery off for ever."""
    wait = POLICY.next_attempt(failures, START, asked) - START
    assert timedelta() < wait <= timedelta(seconds=STEPS[-1])
