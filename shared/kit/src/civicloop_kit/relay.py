"""The outbox relay: the only producer of facts.

Memory is a hint. The relay remembers the last number that it handed over per case and source, and
sends a hinted fact only when it is the next one; in every other case it reads the table.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Final
from uuid import UUID

from civicloop_kit import protections
from civicloop_kit.backlog import HIGH_WATER, Backlog
from civicloop_kit.backoff import Backoff
from civicloop_kit.leadership import ASK_EVERY_S, Leadership
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import (
    CommitUnknownError,
    Database,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.producing import FactProducer, SendFailedError
from civicloop_kit.rows import OutboxFact

SCAN_EVERY_S: Final = 1.0
SCAN_LIMIT: Final = 50_000
REMEMBERED_CASES: Final = 50_000
_QUERIES: Final = load_queries(__package__)
_log = get_logger(__name__)

Key = tuple[UUID, str]


class Relay:
    """Sends the facts of one shard, in the order of each case, and deletes what was confirmed."""

    def __init__(
        self,
        database: Database,
        make_producer: Callable[[], FactProducer],
        *,
        shard: int = 0,
        scan_every_s: float = SCAN_EVERY_S,
        scan_limit: int = SCAN_LIMIT,
        high_water: int = HIGH_WATER,
        leadership: Leadership | None = None,
    ) -> None:
        self._database = database
        self._make_producer = make_producer
        self._shard = shard
        self._scan_every_s = scan_every_s
        self._scan_limit = scan_limit
        self._leadership = leadership or Leadership(database.url, shard)
        self._hinted: list[OutboxFact] = []
        self._handed_over: OrderedDict[Key, int] = OrderedDict()
        self._in_flight: set[tuple[UUID, str, int]] = set()
        self._confirmed: list[OutboxFact] = []
        # The table held more than one scan reads.
        self._truncated = False
        self._work = asyncio.Event()
        self._scan_wanted = True
        self._next_scan_at = 0.0
        self.backlog = Backlog(shard, high_water)
        self.failure: Exception | None = None

    @property
    def leads(self) -> bool:
        """Whether this process sends."""
        return self._leadership.holds

    def hint(self, facts: Sequence[OutboxFact]) -> None:
        """Say what was just committed in this process."""
        mine = [fact for fact in facts if fact.shard == self._shard]
        if not mine:
            return
        self.backlog.change(len(mine))
        if self._leadership.holds:
            self._hinted.extend(mine)
            self._work.set()

    def rescan(self) -> None:
        """Say that the table may hold something that was not hinted."""
        self._scan_wanted = True
        self._work.set()

    async def run(self) -> None:
        """Lead, send, and start over after every failure, until cancelled."""
        try:
            while True:
                await self._stand_by()
                _log.info("relay_leads", shard=self._shard)
                await self._lead()
        finally:
            self._leadership.drop()

    async def flush(self) -> None:
        """Send what is there and wait for its confirmation; the rest stays in the table."""
        while self._leadership.holds and (self._hinted or self._in_flight or self._confirmed):
            self._work.set()
            await asyncio.sleep(0.01)

    async def _stand_by(self) -> None:
        """Wait for the lock. Meanwhile another process sends, or nobody does: watch how much."""
        while not await self._leadership.try_win():
            with suppress(UnavailableError, MisconfiguredError):
                await self.backlog.look(self._database)
            await asyncio.sleep(ASK_EVERY_S)

    async def _lead(self) -> None:
        """Send for as long as the lock is ours, with as many producers as that takes."""
        backoff = Backoff()
        pings = asyncio.create_task(self._leadership.keep())
        try:
            while self._leadership.holds:
                if await self._use_producer():
                    backoff.reset()
                await backoff.wait()
        finally:
            pings.cancel()
            self._leadership.drop()

    async def _use_producer(self) -> bool:
        """Send with one producer until it or the lock is lost; tell whether anything was sent."""
        self._forget()
        producer = self._make_producer()
        sent_any = False
        try:
            await producer.start()
            while self._leadership.holds:
                self._reject(producer)
                sent_any |= await self._step(producer)
                await self._wait(producer)
        except (SendFailedError, UnavailableError) as error:
            METRICS.send_failures.labels(self._shard).inc()
            _log.warning("relay_restarts", shard=self._shard, error=str(error))
        except MisconfiguredError as error:
            self.failure = error
            _log.exception("relay_stops", shard=self._shard)
        finally:
            await producer.stop()
        return sent_any

    def _forget(self) -> None:
        self._hinted.clear()
        self._handed_over.clear()
        self._in_flight.clear()
        self._confirmed.clear()
        self._scan_wanted = True

    @staticmethod
    def _reject(producer: FactProducer) -> None:
        if protections.must_rebuild_producer(failed=producer.failed is not None):
            raise SendFailedError(str(producer.failed))

    async def _wait(self, producer: FactProducer) -> None:
        """Wait for a hint, a confirmation or the next scan."""
        left_s = self._next_scan_at - monotonic()
        if left_s > 0 and not self._scan_wanted:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._work.wait()
        self._scan_wanted |= monotonic() >= self._next_scan_at
        self._work.clear()
        self._reject(producer)

    async def _step(self, producer: FactProducer) -> bool:
        await self._delete_confirmed()
        hinted, self._hinted = self._hinted, []
        ready = list(self._ready(hinted))
        if self._scan_wanted:
            await self._send(producer, ready)
            ready = await self._scan()
        await self._send(producer, ready)
        return bool(ready)

    def _ready(self, facts: Iterable[OutboxFact]) -> Iterable[OutboxFact]:
        """Pick hinted facts that may be sent, in order; anything else asks for a scan."""
        for fact in facts:
            key = (fact.case_id, fact.source)
            last = self._handed_over.get(key, 0 if fact.seq == 1 else None)
            if protections.is_next(last, fact.seq):
                self._hand_over(fact)
                yield fact
            elif last is None or fact.seq > last:
                self._scan_wanted = True

    async def _scan(self) -> list[OutboxFact]:
        """Read what waits. Facts that were handed over are in flight, or something is wrong."""
        METRICS.scans.labels(self._shard).inc()
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["scan_outbox"], self._shard, self._scan_limit)
        self.failure = None
        self._scan_wanted, self._truncated = False, len(rows) == self._scan_limit
        self._next_scan_at = monotonic() + self._scan_every_s
        self.backlog.found(len(rows), min((row["recorded_at"] for row in rows), default=None))
        waiting = (row for row in rows if not self._is_in_flight(row))
        return [self._found(_fact(row)) for row in waiting]

    def _is_in_flight(self, row: Any) -> bool:
        return (row["case_id"], row["source"], row["seq"]) in self._in_flight

    def _found(self, fact: OutboxFact) -> OutboxFact:
        """Take a row that has to be sent as handed over."""
        last = self._handed_over.get((fact.case_id, fact.source), 0)
        if fact.seq <= last:
            # Sent all the same: a reader drops a repeat, but waits for ever for what it misses.
            METRICS.relay_alarms.labels(self._shard).inc()
            _log.error("outbox_row_out_of_order", case_id=str(fact.case_id), seq=fact.seq)
        self._hand_over(fact)
        return fact

    def _hand_over(self, fact: OutboxFact) -> None:
        key = (fact.case_id, fact.source)
        self._handed_over[key] = max(fact.seq, self._handed_over.get(key, 0))
        self._handed_over.move_to_end(key)
        if len(self._handed_over) > REMEMBERED_CASES:
            self._handed_over.popitem(last=False)
        self._in_flight.add((fact.case_id, fact.source, fact.seq))

    async def _send(self, producer: FactProducer, facts: Sequence[OutboxFact]) -> None:
        if not facts:
            return
        if not protections.may_delete(confirmed=False):
            await producer.send(facts, self._confirm)
        else:
            self._confirm(facts)
            await self._delete_confirmed()
            await producer.send(facts, lambda _facts: None)

    def _confirm(self, facts: Sequence[OutboxFact]) -> None:
        METRICS.sent.labels(self._shard).inc(len(facts))
        self._confirmed.extend(facts)
        self._work.set()

    async def _delete_confirmed(self) -> None:
        """Delete what the broker confirmed. Deleting twice is harmless, so an unknown COMMIT is."""
        confirmed, self._confirmed = self._confirmed, []
        if not confirmed:
            return
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    _QUERIES["delete_sent"],
                    [fact.case_id for fact in confirmed],
                    [fact.source for fact in confirmed],
                    [fact.seq for fact in confirmed],
                )
        except CommitUnknownError:
            self._confirmed = [*confirmed, *self._confirmed]
            return
        for fact in confirmed:
            self._in_flight.discard((fact.case_id, fact.source, fact.seq))
        self.backlog.change(-len(confirmed))
        if self._truncated and len(self._in_flight) < self._scan_limit // 2:
            self._scan_wanted = True


def _fact(row: Any) -> OutboxFact:
    return OutboxFact(**dict(row))
