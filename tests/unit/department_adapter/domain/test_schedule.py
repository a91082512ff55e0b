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


@given(st.integers(1, 50), st.floats(0, 1e9))
def test_no_wait_is_longer_than_the_longest(failures: int, asked: float) -> None:
    """Nobody can put a delivery off for ever."""
    wait = POLICY.next_attempt(failures, START, asked) - START
    assert timedelta() < wait <= timedelta(seconds=STEPS[-1])
