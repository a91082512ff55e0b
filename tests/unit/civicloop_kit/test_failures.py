"""How many cases may fail as bugs before nothing is decided any more."""

import pytest
from structlog.testing import capture_logs

from civicloop_kit.failures import BUG_WINDOW_S, MAX_NEW_BUGS, Failures, TooManyHeldError


class Seconds:
    """A monotonic clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_as_many_as_allowed_may_fail() -> None:
    """The limit itself is allowed, one more is not, and what is refused is not counted."""
    failures = Failures(Seconds())
    failures.check(MAX_NEW_BUGS)
    failures.add(MAX_NEW_BUGS)
    with pytest.raises(TooManyHeldError):
        failures.check(1)
    assert isinstance(failures.stopped, TooManyHeldError)


def test_what_failed_long_ago_does_not_count() -> None:
    """A slow trickle never stops a room."""
    seconds = Seconds()
    early, late = Failures(seconds), Failures(seconds)
    for failures in (early, late):
        failures.add(MAX_NEW_BUGS)
    seconds.now = BUG_WINDOW_S
    with pytest.raises(TooManyHeldError):
        early.check(1)
    seconds.now = BUG_WINDOW_S + 0.1
    late.check(MAX_NEW_BUGS)


def test_once_stopped_nothing_is_saved_any_more() -> None:
    """The reason stays, also for transactions in which nothing fails: somebody has to look."""
    failures = Failures(Seconds())
    with pytest.raises(TooManyHeldError) as first:
        failures.check(MAX_NEW_BUGS + 1)
    with pytest.raises(TooManyHeldError) as again:
        failures.check(0)
    assert again.value is first.value is failures.stopped


def test_the_log_says_how_many_there_would_be() -> None:
    """Those of the last minute, and the new ones."""
    failures = Failures()
    failures.add(30)
    failures.check(20)
    with capture_logs() as logs, pytest.raises(TooManyHeldError):
        failures.check(21)
    assert [(line["event"], line["cases"]) for line in logs] == [("deciding_stopped", 51)]


def test_the_oldest_failure_is_forgotten_first() -> None:
    """A newer one does not keep those of the minute before."""
    seconds = Seconds()
    failures = Failures(seconds)
    failures.add(40)
    seconds.now = 50.0
    failures.add(5)
    seconds.now = 61.0
    failures.check(45)
    with pytest.raises(TooManyHeldError):
        failures.check(46)
