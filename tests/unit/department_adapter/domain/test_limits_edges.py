"""The limits of this room, as its departments are told them."""

from datetime import timedelta

from department_adapter.domain.department import DEFAULT_CONCURRENCY, MAX_CONCURRENCY
from department_adapter.domain.schedule import STEPS, RetryPolicy
from department_adapter.domain.timing import MAX_AHEAD, MAX_LATE


def test_times_of_others_are_believed_within_these_limits() -> None:
    """Two minutes ahead is a clock that runs ahead; fifteen minutes late still counts."""
    assert (timedelta(minutes=2), timedelta(minutes=15)) == (MAX_AHEAD, MAX_LATE)


def test_a_department_takes_so_many_deliveries_at_once() -> None:
    """Eight unless it asks for another number, and never more than 64."""
    assert (DEFAULT_CONCURRENCY, MAX_CONCURRENCY) == (8, 64)


def test_a_delivery_is_tried_in_these_steps() -> None:
    """From a second to half an hour, ten times; then a person looks within four hours."""
    policy = RetryPolicy()
    assert STEPS == (1, 5, 30, 120, 600, 1800)
    assert (policy.base, policy.wait) == (timedelta(seconds=1), timedelta(seconds=2))
    assert (policy.max_attempts, policy.review_after) == (10, timedelta(hours=4))
    assert policy.cancel_for == timedelta(days=7)
