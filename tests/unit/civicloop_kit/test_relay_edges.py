"""The relay where numbers, shards and times are just at their limits."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.test_relay import (
    ONE,
    SHARD,
    TWO,
    Producer,
    Setting,
    fact,
    running,
    until,
)

from civicloop_kit.metrics import METRICS
from civicloop_kit.producing import Confirm, SendFailedError
from civicloop_kit.rows import OutboxFact


class Slow:
    """Confirms what it was handed when a test says so."""

    def __init__(self, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
        self.confirms: list[Confirm] = []

        async def send(_self: Producer, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
            setting.producers.sent += [(item.case_id, item.seq) for item in facts]
            self.confirms.append(confirm)

        monkeypatch.setattr(Producer, "send", send)

    def confirm(self, *facts: OutboxFact) -> None:
        """Say that these are stored."""
        self.confirms[0](facts)


def at(setting: Setting, *steps: tuple[float, Callable[[], object]], until_s: float) -> None:
    """Run the relay in a hurry and do steps at their times."""

    async def run() -> None:
        for time_s, step in steps:
            asyncio.get_running_loop().call_later(time_s, step)
        async with running(setting):
            await asyncio.sleep(until_s)

    hurried(run())


async def test_the_first_shard_is_that_of_facts() -> None:
    """Whoever names none sends those."""
    setting = Setting(shard=0)
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.commit(fact(ONE, 1, shard=0))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1)]


@pytest.mark.parametrize("shard", [SHARD - 1, SHARD + 1])
async def test_facts_of_any_other_shard_are_not_its_own(shard: int) -> None:
    """Be it a lower one or a higher."""
    setting = Setting()
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.relay.hint([fact(ONE, 1, shard=shard)])
        setting.commit(fact(TWO, 1))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(TWO, 1)]


async def test_a_hint_from_long_ago_is_ignored() -> None:
    """Later ones were sent meanwhile; nothing is read for it."""
    setting = Setting(fact(ONE, 1), fact(ONE, 2), fact(ONE, 3))
    async with running(setting):
        await until(lambda: not setting.table.facts)
        setting.relay.hint([fact(ONE, 1)])
        setting.commit(fact(ONE, 4))
        await until(lambda: not setting.table.facts)
    assert (setting.producers.sent[3:], setting.table.scans) == ([(ONE, 4)], 1)


async def test_a_row_that_comes_back_is_an_alarm_and_sent() -> None:
    """It has the number of the last one."""
    alarms = METRICS.relay_alarms.labels(SHARD)._value
    before = alarms.get()
    setting = Setting(fact(ONE, 1))
    async with running(setting):
        await until(lambda: not setting.table.facts)
        setting.commit(fact(ONE, 1), hint=False)
        setting.relay.rescan()
        await until(lambda: not setting.table.facts)
    assert (setting.producers.sent, alarms.get() - before) == ([(ONE, 1), (ONE, 1)], 1)


async def test_hundreds_that_follow_a_full_scan_are_read() -> None:
    """It is their number that tells that there are more."""
    cases = [UUID(int=number) for number in range(1, 322)]
    setting = Setting(*[fact(case_id, 1) for case_id in cases], scan_limit=int("300"))
    async with running(setting):
        await until(lambda: not setting.table.facts)
    assert [case_id for case_id, _ in setting.producers.sent] == cases


async def test_what_was_deleted_waits_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, down to the mark at which the room goes on."""
    setting = Setting(high_water=3)
    slow, facts = Slow(setting, monkeypatch), [fact(ONE, seq) for seq in range(1, 6)]
    backlog = setting.relay.backlog
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.commit(*facts)
        await until(lambda: slow.confirms)
        for confirmed, is_high in zip(facts, (True, False, False), strict=False):
            slow.confirm(confirmed)
            await until(lambda gone=confirmed: gone not in setting.table.facts)
            await until(lambda gone=confirmed: not _is_in_flight(setting, gone))
            assert backlog.is_high is is_high
        backlog.change(1)
        assert not backlog.is_high
        backlog.change(1)
        assert backlog.is_high


def _is_in_flight(setting: Setting, item: OutboxFact) -> bool:
    return (item.case_id, item.source, item.seq) in setting.relay._in_flight


def test_flushing_looks_a_hundred_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """And waits for a confirmation that takes its time."""
    monkeypatch.setattr("civicloop_kit.relay.monotonic", seconds)
    setting = Setting()
    slow, item = Slow(setting, monkeypatch), fact(ONE, 1)

    async def run() -> float:
        async with running(setting):
            await asyncio.sleep(1)
            setting.commit(item)
            asyncio.get_running_loop().call_later(0.255, lambda: slow.confirm(item))
            await setting.relay.flush()
            assert setting.table.facts == []
            return seconds()

    assert hurried(run()) == 1.26


def test_a_producer_that_fails_is_replaced_after_longer_and_longer_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once something was sent, the next failure is a new one."""
    monkeypatch.setattr("civicloop_kit.relay.monotonic", seconds)
    setting, made = Setting(fact(ONE, 1)), list[float]()
    producers, make = setting.producers, setting.producers.__call__
    producers.errors_at_start = [SendFailedError("away"), SendFailedError("away")]

    def noting() -> Any:
        made.append(seconds())
        return make()

    def lose() -> None:
        producers.loses = True
        setting.commit(fact(ONE, 2))

    monkeypatch.setattr(setting.relay, "_make_producer", noting)
    at(setting, (10, lose), until_s=11)
    assert made == [0, 0.05, 0.15, 10.05]
    assert producers.sent == [(ONE, 1), (ONE, 2)]


def test_a_scan_that_is_overdue_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes while the relay works, too: it wakes a little late each time."""
    passed = count()
    monkeypatch.setattr("civicloop_kit.relay.monotonic", lambda: seconds() + next(passed) / 1_000)
    setting = Setting(scan_every_s=1.0)
    at(setting, until_s=5.5)
    assert setting.table.scans == 6


def test_a_hint_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent when it comes, and the time of the next scan stays."""
    monkeypatch.setattr("civicloop_kit.relay.monotonic", seconds)
    setting = Setting(scan_every_s=10.0)
    sent: list[float] = []
    send = Producer.send

    async def noting(self: Producer, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        sent.append(seconds())
        await send(self, facts, confirm)

    monkeypatch.setattr(Producer, "send", noting)
    at(setting, (3, lambda: setting.commit(fact(ONE, 1))), until_s=9)
    assert (sent, setting.table.scans) == ([3], 1)
