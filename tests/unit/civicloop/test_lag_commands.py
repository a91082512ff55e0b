"""What `civicloop lag` makes of metrics, and what it says to do next."""

import pytest

from civicloop.lag import Lag, Outbox, outbox_in
from civicloop.lag_commands import next_step

METRICS = """# HELP civicloop_outbox_facts Facts waiting.
civicloop_outbox_facts{shard="0"} 3.0
civicloop_outbox_facts{shard="100"} 1.0
civicloop_outbox_age_seconds{shard="0"} 12.34
civicloop_outbox_age_seconds{shard="100"} 0.5
civicloop_outbox_scans_total{shard="0"} 9.0
"""


def lag(seconds: float) -> Lag:
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
        ([], [], "nobody is behind"),
    ],
)
def test_the_last_line_says_what_to_do(lags: list[Lag], outboxes: list[Outbox], said: str) -> None:
    """Who cannot send comes first: others wait for him."""
    assert said in next_step(lags, outboxes)
