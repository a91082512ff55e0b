"""How much waits to be sent, and when it is too much."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from civicloop_kit.backlog import Backlog
from civicloop_kit.metrics import METRICS

SHARD = 77


def test_it_is_high_above_the_mark_only() -> None:
    """At the mark the room still applies."""
    backlog = Backlog(SHARD, high_water=5)
    backlog.change(5)
    assert not backlog.is_high
    backlog.change(1)
    assert backlog.is_high
    backlog.change(-1)
    assert not backlog.is_high


def test_the_table_corrects_what_was_counted() -> None:
    """What is found replaces the count, and is measured with the age of the oldest."""
    backlog = Backlog(SHARD, high_water=5)
    backlog.change(100)
    backlog.found(2, datetime.now(UTC) - timedelta(seconds=30))
    assert not backlog.is_high
    assert METRICS.outbox_facts.labels(SHARD)._value.get() == 2
    assert METRICS.outbox_age.labels(SHARD)._value.get() == pytest.approx(30, abs=5)
    backlog.found(0, None)
    assert METRICS.outbox_age.labels(SHARD)._value.get() == 0


def test_what_is_found_is_all_there_is() -> None:
    """At the mark it is low, one above it high."""
    backlog = Backlog(SHARD, high_water=5)
    backlog.found(5, None)
    assert not backlog.is_high
    backlog.found(6, None)
    assert backlog.is_high


def test_it_never_counts_below_zero() -> None:
    """Deleting more than was counted leaves nothing, and no credit."""
    backlog = Backlog(SHARD, high_water=5)
    backlog.change(-10)
    backlog.change(5)
    assert not backlog.is_high
    backlog.change(1)
    assert backlog.is_high


async def test_who_waits_is_woken_when_it_is_low() -> None:
    """The stream goes on as soon as the count is back at the mark."""
    backlog = Backlog(SHARD, high_water=5)
    backlog.change(6)
    waiting = asyncio.create_task(backlog.low())
    await asyncio.sleep(0)
    assert not waiting.done()
    backlog.change(-1)
    await waiting
