"""What is measured of the work: how long transactions take, and how old what waits is."""

from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from tests.unit.civicloop_kit.counting import Count, Counter, attached
from tests.unit.civicloop_kit.memory import START, Memory, _blank, placed

from civicloop_kit.batches import Batches
from civicloop_kit.command import CaseCommand
from civicloop_kit.commands import Commands
from civicloop_kit.lag import Lag
from civicloop_kit.testing import FakeClock
from civicloop_kit.testing.bench import record_of
from civicloop_kit.timers import Timers


def observed(kind: str) -> float:
    """Return how many transactions of a kind were timed."""
    return REGISTRY.get_sample_value("civicloop_batch_seconds_count", {"kind": kind}) or 0.0


async def test_every_kind_of_transaction_is_timed() -> None:
    """Batches, commands, timers."""
    kinds = ("stream", "commands", "timers")
    before = [observed(kind) for kind in kinds]
    memory, case_id = Memory(), uuid4()
    transactions = memory.transactions(FakeClock(START))
    batches = Batches(transactions)
    batches.assign({("intake.cases", 0): 0})
    record = placed(record_of(attached(case_id), "/intake/cases", 1), 0)
    await batches.apply([record], batches.generation)
    command = CaseCommand(case_id=case_id, body=Count(), principal="tester")
    await Commands(transactions, b"s" * 32).submit(command)
    row = _blank(uuid4())
    row.state = Counter(due_at=START - timedelta(seconds=1))
    memory.tables.rows[row.case_id], memory.tables.timers = row, [row.case_id]
    await Timers(transactions).fire_due()
    assert [observed(kind) for kind in kinds] == [count + 1 for count in before]


class Seconds:
    """A monotonic clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def lagging(topic: str) -> float | None:
    """Return the lag of a topic."""
    return REGISTRY.get_sample_value("civicloop_lag_seconds", {"topic": topic})


def test_lag_grows_while_nothing_moves() -> None:
    """From the age of the last applied record on, also while the broker does not say more."""
    seconds = Seconds()
    lag, place = Lag(seconds), ("lag.stands", 0)
    lag.applied(place, 4.0)
    lag.look({place: 5}, {place: 9})
    assert lagging("lag.stands") == 4
    for moved, ends in ((6.0, {place: 12}), (13.0, None)):
        seconds.now = 100 + moved
        lag.look({place: 5}, ends)
        assert lagging("lag.stands") == 4 + moved


def test_progress_starts_the_lag_anew() -> None:
    """A reader that is behind and moves lags as much as what it reads."""
    seconds = Seconds()
    lag, place = Lag(seconds), ("lag.moves", 0)
    lag.look({place: 5}, {place: 9})
    seconds.now += 30
    lag.applied(place, 2.0)
    lag.look({place: 6}, {place: 9})
    assert lagging("lag.moves") == 2


def test_what_is_read_does_not_lag() -> None:
    """Nor does it later by what it once lagged."""
    seconds = Seconds()
    lag, place = Lag(seconds), ("lag.none", 0)
    lag.look({place: 5}, {place: 9})
    seconds.now += 30
    lag.look({place: 9}, {place: 9})
    assert lagging("lag.none") == 0
    lag.look({place: 9}, {place: 10})
    assert lagging("lag.none") == 0


def test_the_slowest_partition_counts() -> None:
    """Others that move do not hide one that stands still."""
    seconds = Seconds()
    lag = Lag(seconds)
    lag.look({("lag.two", 0): 1, ("lag.two", 1): 1}, {("lag.two", 0): 5, ("lag.two", 1): 5})
    seconds.now += 60
    lag.look({("lag.two", 0): 1, ("lag.two", 1): 2}, None)
    assert lagging("lag.two") == 60


def test_a_long_wait_is_measured_in_full() -> None:
    """At a position far into the topic, longer than the process had run before."""
    seconds = Seconds()
    lag, topic = Lag(seconds), "lag.long"
    lag.look({(topic, 0): 500}, {(topic, 0): 900})
    seconds.now += 250
    # The same position is another object each time.
    lag.look({(topic, 0): int("500")}, None)
    assert lagging(topic) == 250


def test_a_partition_that_begins_anew_lags_anew() -> None:
    """Its position may be a lower one."""
    seconds = Seconds()
    lag, place = Lag(seconds), ("lag.anew", 0)
    lag.look({place: 500}, {place: 900})
    seconds.now += 30
    lag.look({place: 400}, None)
    assert lagging("lag.anew") == 0


@pytest.mark.parametrize(("end", "lag_s"), [(500, 0), (499, 0), (None, 0), (501, 4)])
def test_only_what_is_still_to_be_read_lags(end: int | None, lag_s: int) -> None:
    """Not at the end, nor beyond that of a topic made anew, nor where nobody knows it."""
    lag, place = Lag(Seconds()), ("lag.end", 0)
    lag.applied(place, 4.0)
    lag.look({place: int("500")}, {} if end is None else {place: int(str(end))})
    assert lagging("lag.end") == lag_s


def test_a_partition_without_records_does_not_lag() -> None:
    """Though the broker says nothing of it."""
    lag, place = Lag(Seconds()), ("lag.empty", 0)
    lag.applied(place, 4.0)
    lag.look({place: 0}, {})
    assert lagging("lag.empty") == 0


def test_a_clock_that_is_ahead_makes_no_lag_below_zero() -> None:
    """Its records seem to come from the future."""
    lag, place = Lag(Seconds()), ("lag.ahead", 0)
    lag.applied(place, -3.0)
    lag.look({place: 1}, {place: 2})
    assert lagging("lag.ahead") == 0


async def test_a_batch_tells_how_old_its_newest_record_was() -> None:
    """The lag starts from there."""
    memory, case_id, place = Memory(), uuid4(), ("intake.cases", 0)
    batches = Batches(memory.transactions(FakeClock(START)))
    batches.assign({place: 0})
    fact = attached(case_id, at=START - timedelta(seconds=7))
    await batches.apply([placed(record_of(fact, "/intake/cases", 1), 0)], batches.generation)
    batches.lag.look({place: 1}, {place: 2})
    assert lagging("intake.cases") is not None
    assert 7 <= (lagging("intake.cases") or 0) < 8
