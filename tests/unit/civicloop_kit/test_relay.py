"""The relay: order, what was not hinted, failures, deletion, limits; in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import (
    CommitUnknownError,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.producing import Confirm, SendFailedError
from civicloop_kit.relay import Relay
from civicloop_kit.rows import OutboxFact

_QUERIES = load_queries("civicloop_kit")
SHARD = 42
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def fact(case_id: UUID, seq: int, shard: int = SHARD) -> OutboxFact:
    """Return a stored fact."""
    return OutboxFact(
        source="/router/tasks",
        case_id=case_id,
        seq=seq,
        shard=shard,
        topic="router.tasks",
        type="civicloop.case.handled.v1",
        value=b"{}",
        traceparent=None,
        recorded_at=datetime(2026, 3, 2, 1, tzinfo=UTC),
    )


class Table:
    """The outbox; reads and deletions may fail."""

    url = "nowhere"

    def __init__(self, *facts: OutboxFact) -> None:
        self.facts = list(facts)
        self.scans = 0
        self.errors: list[Exception] = []
        self.breaks_commit = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read."""
        if self.errors:
            raise self.errors.pop(0)
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Delete."""
        yield self
        if self.breaks_commit:
            self.breaks_commit = False
            raise CommitUnknownError

    async def fetch(self, _query: str, _shard: int, limit: int) -> list[dict[str, Any]]:
        """Return what waits, in the order of each case."""
        self.scans += 1
        found = sorted(self.facts, key=lambda item: (item.case_id, item.seq))[:limit]
        names = OutboxFact.__struct_fields__
        return [{name: getattr(item, name) for name in names} for item in found]

    async def fetchrow(self, _query: str, _shard: int) -> dict[str, Any]:
        """Count."""
        return {"facts": len(self.facts), "since": None}

    async def execute(self, _query: str, cases: Any, _sources: Any, seqs: Any) -> None:
        """Delete what was confirmed."""
        gone = list(zip(cases, seqs, strict=True))
        self.facts = [item for item in self.facts if (item.case_id, item.seq) not in gone]


class Producer:
    """Stores what it is handed, and confirms it unless told otherwise."""

    def __init__(self, made: "Producers") -> None:
        self._made = made
        self.failed: Exception | None = None

    async def start(self) -> None:
        """Connect."""
        if self._made.errors_at_start:
            raise self._made.errors_at_start.pop(0)

    async def send(self, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        """Store."""
        if self._made.loses:
            self._made.loses = False
            self.failed = SendFailedError("lost")
            confirm([])
            return
        self._made.sent += [(item.case_id, item.seq) for item in facts]
        if self._made.confirms:
            confirm(facts)

    async def stop(self) -> None:
        """Leave."""


class Producers:
    """Makes producers and remembers what they stored."""

    def __init__(self) -> None:
        self.sent: list[tuple[UUID, int]] = []
        self.made = 0
        self.confirms = True
        self.loses = False
        self.errors_at_start: list[Exception] = []

    def __call__(self) -> Producer:
        """Return the next one."""
        self.made += 1
        return Producer(self)


class Lead:
    """Leads, until told otherwise."""

    def __init__(self) -> None:
        self.holds = False
        self.may_win = True

    async def try_win(self) -> bool:
        """Win if nobody else has."""
        self.holds = self.may_win
        return self.holds

    async def keep(self) -> None:
        """Keep it."""
        await asyncio.Event().wait()

    def drop(self) -> None:
        """Give it up."""
        self.holds = False


class Setting:
    """A relay and all around it."""

    def __init__(self, *facts: OutboxFact, **limits: Any) -> None:
        self.table, self.producers, self.lead = Table(*facts), Producers(), Lead()
        self.relay = Relay(
            cast("Any", self.table),
            self.producers,
            leadership=cast("Any", self.lead),
            **{"shard": SHARD, "scan_every_s": 3600.0, **limits},
        )

    def commit(self, *facts: OutboxFact, hint: bool = True) -> None:
        """Store facts as a decision does."""
        self.table.facts += facts
        if hint:
            self.relay.hint(facts)


@asynccontextmanager
async def running(setting: Setting) -> AsyncIterator[Setting]:
    """Run the relay."""
    task = asyncio.create_task(setting.relay.run())
    try:
        yield setting
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def until(condition: Any) -> None:
    """Let the relay go on until a condition holds."""
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


async def test_what_waits_is_sent_and_deleted() -> None:
    """At the start the table is read: each case in its order."""
    async with running(Setting(fact(TWO, 1), fact(ONE, 2), fact(ONE, 1))) as setting:
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2), (TWO, 1)]


async def test_a_hint_is_sent_without_reading_the_table() -> None:
    """The next fact of a case goes out of memory."""
    async with running(Setting()) as setting:
        await until(lambda: setting.table.scans)
        setting.commit(fact(ONE, 1), fact(ONE, 2))
        setting.commit(fact(ONE, 3), fact(TWO, 1))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2), (ONE, 3), (TWO, 1)]
    assert setting.table.scans == 1


@pytest.mark.parametrize("known", [True, False])
async def test_a_hint_that_is_not_next_makes_it_read(*, known: bool) -> None:
    """Another process committed what comes before it."""
    async with running(Setting()) as setting:
        await until(lambda: setting.table.scans)
        if known:
            setting.commit(fact(ONE, 1))
        else:
            setting.commit(fact(ONE, 1), hint=False)
        setting.commit(fact(ONE, 2), hint=False)
        setting.commit(fact(ONE, 3))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2), (ONE, 3)]


async def test_facts_of_another_shard_are_not_its_own() -> None:
    """Each shard has a relay of its own."""
    setting = Setting()
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.relay.hint([fact(ONE, 1, shard=SHARD + 1)])
        setting.commit(fact(TWO, 1))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(TWO, 1)]


async def test_what_is_in_flight_is_not_sent_again() -> None:
    """A row that waits for its confirmation is found by every scan, and sent once."""
    setting = Setting(fact(ONE, 1))
    setting.producers.confirms = False
    async with running(setting):
        await until(lambda: setting.producers.sent)
        setting.relay.rescan()
        await until(lambda: setting.table.scans == 2)
        setting.commit(fact(ONE, 2))
        await until(lambda: len(setting.producers.sent) == 2)
        assert len(setting.table.facts) == 2
    assert setting.producers.sent == [(ONE, 1), (ONE, 2)]


async def test_a_late_hint_of_what_was_sent_is_ignored() -> None:
    """The table was faster than the hint."""
    setting = Setting(fact(ONE, 1))
    async with running(setting):
        await until(lambda: not setting.table.facts)
        setting.relay.hint([fact(ONE, 1)])
        setting.commit(fact(ONE, 2))
        await until(lambda: not setting.table.facts)
    assert (setting.producers.sent, setting.table.scans) == ([(ONE, 1), (ONE, 2)], 1)


async def test_after_a_failed_send_everything_is_read_anew() -> None:
    """The producer is dropped; what it lost comes first, and nothing is in flight any more."""
    setting = Setting()
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.producers.loses = True
        setting.commit(fact(ONE, 1))
        await until(lambda: setting.producers.made == 2)
        setting.commit(fact(ONE, 2))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2)]


async def test_a_broker_that_does_not_answer_is_tried_again() -> None:
    """With a producer of its own each time, under the same lock."""
    setting = Setting(fact(ONE, 1))
    setting.producers.errors_at_start = [SendFailedError("away"), SendFailedError("away")]
    async with running(setting):
        await until(lambda: not setting.table.facts)
    assert setting.producers.made == 3


async def test_a_database_that_does_not_answer_is_tried_again() -> None:
    """The table is read as soon as it can be."""
    setting = Setting(fact(ONE, 1))
    setting.table.errors = [UnavailableError()]
    async with running(setting):
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1)]


async def test_a_refused_service_is_a_failure_until_it_works() -> None:
    """A missing right is told by the readiness, and gone when it is cured."""
    setting = Setting(fact(ONE, 1))
    setting.table.errors = [MisconfiguredError("42501")]
    async with running(setting):
        await until(lambda: setting.relay.failure)
        await until(lambda: not setting.table.facts)
        assert setting.relay.failure is None


async def test_a_deletion_with_unknown_commit_is_made_again() -> None:
    """Deleting twice is harmless, forgetting to delete is not."""
    setting = Setting()
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.table.breaks_commit = True
        setting.commit(fact(ONE, 1))
        await until(lambda: not setting.table.breaks_commit)
        setting.commit(fact(ONE, 2))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2)]


async def test_more_than_a_scan_reads_follows_when_there_is_room() -> None:
    """The rest is read when half of the first part is confirmed."""
    facts = [fact(case_id, seq) for case_id in (ONE, TWO, THREE) for seq in range(1, 5)]
    setting = Setting(*facts, scan_limit=4)
    async with running(setting):
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(item.case_id, item.seq) for item in facts]


async def test_a_row_below_the_last_one_is_an_alarm_and_sent() -> None:
    """It is not skipped: whoever misses it would wait for ever."""
    alarms = METRICS.relay_alarms.labels(SHARD)._value
    before = alarms.get()
    setting = Setting(fact(ONE, 1), fact(ONE, 2))
    async with running(setting):
        await until(lambda: not setting.table.facts)
        setting.commit(fact(ONE, 1), hint=False)
        setting.relay.rescan()
        await until(lambda: not setting.table.facts)
        setting.commit(fact(ONE, 3))
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2), (ONE, 1), (ONE, 3)]
    assert (alarms.get() - before, setting.table.scans) == (1, 2)


async def test_who_does_not_lead_sends_nothing_and_counts() -> None:
    """It takes no hints, and knows how much waits all the same."""
    setting = Setting(*(fact(ONE, seq) for seq in range(1, 5)), high_water=3)
    setting.lead.may_win = False
    async with running(setting):
        await until(lambda: setting.relay.backlog.is_high)
        setting.relay.hint([fact(TWO, 1)])
        assert not setting.relay.leads
        setting.lead.may_win = True
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, seq) for seq in range(1, 5)]
    assert not setting.relay.backlog.is_high


async def test_flushing_waits_for_what_was_hinted() -> None:
    """After it everything is confirmed and deleted; who does not lead need not wait."""
    setting = Setting()
    await setting.relay.flush()
    async with running(setting):
        await until(lambda: setting.table.scans)
        setting.commit(*(fact(ONE, seq) for seq in range(1, 4)))
        await setting.relay.flush()
        assert setting.table.facts == []


async def test_a_lost_lock_ends_sending() -> None:
    """The next time it is won, the table is read from the start."""
    setting = Setting(fact(ONE, 1))
    async with running(setting):
        await until(lambda: not setting.table.facts)
        setting.lead.drop()
        setting.relay.rescan()
        await until(lambda: setting.producers.made == 2)
        setting.commit(fact(ONE, 2), hint=False)
        setting.relay.rescan()
        await until(lambda: not setting.table.facts)
    assert setting.producers.sent == [(ONE, 1), (ONE, 2)]


async def test_the_case_that_was_sent_longest_ago_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory has its bounds; of a forgotten case the table is read."""
    monkeypatch.setattr("civicloop_kit.relay.REMEMBERED_CASES", 2)
    async with running(Setting()) as setting:
        await until(lambda: setting.table.scans == 1)
        for case_id in (ONE, TWO, THREE):
            setting.commit(fact(case_id, 1))
        await until(lambda: not setting.table.facts)
        setting.commit(fact(THREE, 2))
        setting.commit(fact(TWO, 2))
        await until(lambda: not setting.table.facts)
        assert setting.table.scans == 1
        setting.commit(fact(ONE, 2))
        await until(lambda: not setting.table.facts)
        assert setting.table.scans == 2


def test_the_table_is_read_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what nobody hinted; at once when somebody says so."""
    monkeypatch.setattr("civicloop_kit.relay.monotonic", seconds)
    setting, times = Setting(scan_every_s=1.0), list[float]()
    kept = setting.table.fetch

    async def fetch(*arguments: Any) -> list[dict[str, Any]]:
        times.append(seconds())
        return await kept(*arguments)

    monkeypatch.setattr(setting.table, "fetch", fetch)

    async def run() -> None:
        async with running(setting):
            await asyncio.sleep(2.5)
            setting.relay.rescan()
            await asyncio.sleep(2)

    hurried(run())
    assert times == [0, 1, 2, 2.5, 3.5, 4.5][: len(times)]
    assert len(times) >= 5


async def test_a_full_table_is_read_again_when_half_of_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each read costs: it has to bring enough."""
    setting = Setting(*(fact(ONE, number) for number in range(1, 10)), scan_limit=7)
    setting.producers.confirms = False
    confirms: list[Confirm] = []

    async def send(_self: Producer, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        setting.producers.sent += [(item.case_id, item.seq) for item in facts]
        confirms.append(confirm)

    monkeypatch.setattr(Producer, "send", send)
    async with running(setting):
        await until(lambda: len(setting.producers.sent) == 7)
        for number, scans in ((1, 1), (2, 1), (3, 1), (4, 1), (5, 2)):
            confirms[0]([fact(ONE, number)])
            await until(lambda gone=9 - number: len(setting.table.facts) == gone)
            await asyncio.sleep(0.01)
            assert setting.table.scans == scans
