"""What `civicloop lag` makes of metrics, and what it says to do next."""

import pytest

from civicloop.lag import Lag, Outbox, outbox_in
from civicloop.lag_commands import is_above, next_step, unknown

METRICS = """# HELP civicloop_outbox_facts Facts waiting.
civicloop_outbox_facts{shard="0"} 3.0
civicloop_outbox_facts{shard="100"} 1.0
civicloop_outbox_age_seconds{shard="0"} 12.34
civicloop_outbox_age_seconds{shard="100"} 0.5
civicloop_outbox_scans_total{shard="0"} 9.0
"""


def lag(seconds: float | None) -> Lag:
    """Return a lag of the router."""
    return Lag(group="router", topic="intake.cases", behind=4, seconds=seconds)


def outbox(seconds: float) -> Outbox:
    """Return what intake has to send."""
    return Outbox(service="intake", facts=2, seconds=seconds)


def test_an_outbox_is_the_sum_of_its_shards() -> None:
    """And as old as its oldest."""
    assert outbox_in("router", METRICS) == Outbox(service="router", facts=4, seconds=12.3)


def test_before_the_first_look_nothing_waits() -> None:
    """A service that has just started shows no number."""
    assert outbox_in("router", "") == Outbox(service="router", facts=0, seconds=0.0)


@pytest.mark.parametrize(
    ("lags", "outboxes", "said"),
    [
        ([lag(2.0)], [outbox(2.0)], "nobody is behind"),
        ([lag(2.1), lag(9)], [outbox(0)], "civicloop logs router"),
        ([lag(9)], [outbox(2.1)], "civicloop logs intake"),
        ([lag(9), lag(None)], [outbox(0)], "civicloop logs router"),
        ([], [], "nobody is behind"),
    ],
)
def test_the_last_line_says_what_to_do(lags: list[Lag], outboxes: list[Outbox], said: str) -> None:
    """Who cannot send comes first: others wait for him."""
    assert said in next_step(lags, outboxes)


def test_an_age_that_nobody_could_read_is_not_none() -> None:
    """It is told apart from no lag, whatever the limit."""
    assert unknown([lag(0.0), lag(None), lag(9)]) == [lag(None)]
    assert unknown([lag(0.0)]) == []


@pytest.mark.parametrize(
    ("limit", "lags", "outboxes", "above"),
    [
        (None, [lag(9)], [outbox(9)], False),
        (9, [lag(9)], [outbox(9)], False),
        (8.9, [lag(9)], [outbox(0)], True),
        (8.9, [lag(0)], [outbox(9)], True),
        (0, [], [], False),
    ],
)
def test_a_limit_is_passed_above_it(
    limit: float | None, lags: list[Lag], outboxes: list[Outbox], above: bool
) -> None:
    """By a topic or by an outbox."""
    assert is_above(limit, lags, outboxes) is above
