"""Apply batches of records: one transaction each, retried until it is saved or not ours."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Generic
from uuid import UUID

from civicloop_kit import tracing
from civicloop_kit.applying import BUG
from civicloop_kit.backoff import Backoff
from civicloop_kit.clock import Clock
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import (
    CommitUnknownError,
    ConflictError,
    Connection,
    DataError,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.received import Received
from civicloop_kit.room import S
from civicloop_kit.rows import HeldRecord, Move
from civicloop_kit.store import PositionLostError
from civicloop_kit.transactions import Transactions

# A bad release must not hold a city (protocol.md, 2).
MAX_NEW_BUGS: Final = 50
BUG_WINDOW_S: Final = 60.0
MAX_CONFLICTS: Final = 20
_QUERIES: Final = load_queries(__package__)

_log = get_logger(__name__)


class TooManyHeldError(Exception):
    """Many cases failed as bugs within a minute: applying stops, look at the release."""


class Batches(Generic[S]):
    """Applies records, in the order in which they were fetched."""

    def __init__(self, transactions: Transactions[S]) -> None:
        self._transactions = transactions
        self._positions: dict[tuple[str, int], int] = {}
        self._new_bugs: deque[float] = deque()
        self.stopped: Exception | None = None
        # Set when partitions turned out not to be ours: positions have to be read again.
        self.lost = asyncio.Event()

    def assign(self, positions: dict[tuple[str, int], int]) -> None:
        """Start from these positions; others are no longer ours."""
        self._positions = positions

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """The next offset of each partition, as saved."""
        return dict(self._positions)

    async def apply(self, records: Sequence[Received]) -> None:
        """Apply a batch. Returns when it is saved, or when its partitions are no longer ours.

        Raises:
            MisconfiguredError: The database refuses the service; nothing is applied any more.
            TooManyHeldError: A bad release; nothing is applied any more.
        """
        ours = [record for record in records if self._is_ours(record)]
        if not ours:
            return
        sampled = [t for r in ours if (t := _traceparent(r)) and tracing.is_sampled(t)]
        name = f"{self._transactions.room.service} process"
        with tracing.batch(name, sampled):
            await self._apply_until_saved(ours)
        self._stop_when_many_fail()

    async def _apply_until_saved(self, records: Sequence[Received]) -> None:  # noqa: C901 - one branch per policy of protocol.md, 4
        """Retry what may pass, redo what met somebody else, split what the database refuses."""
        backoff, refused = Backoff(), 0
        while True:
            try:
                await self._commit(records, {})
            except PositionLostError:
                self._give_up(records)
                return
            except ConflictError:
                METRICS.conflicts.labels("stream").inc()
                refused += 1
                if refused < MAX_CONFLICTS:
                    continue
                await backoff.wait()
            except UnavailableError as error:
                self._after_unavailable(error)
                await backoff.wait()
                if isinstance(error, CommitUnknownError) and await self._was_saved(records):
                    return
            except MisconfiguredError as error:
                self.stopped = error
                raise
            except DataError as error:
                refused += 1
                if refused > 1:
                    await self._isolate(records, error)
                    return
            else:
                return

    def _give_up(self, records: Sequence[Received]) -> None:
        """Apply nothing of these partitions until their positions are read again."""
        _log.warning("partition_taken_over", records=len(records))
        for record in records:
            self._positions.pop((record.topic, record.partition), None)
        self.lost.set()

    async def _was_saved(self, records: Sequence[Received]) -> bool:
        """Find out whether a COMMIT with unknown result happened: the positions tell."""
        moves = self._moves(records)
        places = [(move.topic, move.partition) for move in moves]
        backoff = Backoff()
        while True:
            try:
                async with self._transactions.database.read() as connection:
                    saved = await read_positions(connection, places)
            except UnavailableError:
                await backoff.wait()
                continue
            if any(saved.get((m.topic, m.partition)) != m.next for m in moves):
                return False
            self._positions.update(saved)
            return True

    def _after_unavailable(self, error: Exception) -> None:
        METRICS.unavailable.labels("stream").inc()
        _log.warning("database_unavailable", error=str(error))
        if isinstance(error, CommitUnknownError):
            self._transactions.rescan()

    async def _isolate(self, records: Sequence[Received], error: DataError) -> None:
        """Bisect until the single record that the database refuses is found, and hold it."""
        if len(records) > 1:
            middle = len(records) // 2
            await self._apply_until_saved(records[:middle])
            await self._apply_until_saved(records[middle:])
            return
        record = records[0]
        await self._commit(records, {(record.topic, record.partition, record.offset): str(error)})

    async def _commit(
        self, records: Sequence[Received], hold: dict[tuple[str, int, int], str]
    ) -> None:
        transactions = self._transactions
        async with transactions.database.transaction() as connection:
            work = await transactions.store.lock(connection, _case_ids(records))
            applier = transactions.applier(work)
            for record in records:
                place = (record.topic, record.partition, record.offset)
                if place in hold:
                    applier.hold_refused(record, hold[place])
                else:
                    applier.apply_record(record)
            work.moves = self._moves(records)
            await transactions.save(connection, work)
        for move in work.moves:
            self._positions[move.topic, move.partition] = move.next
        transactions.committed(work)
        self._count_bugs(work.held)
        _observe(records, transactions.clock)

    def _is_ours(self, record: Received) -> bool:
        position = self._positions.get((record.topic, record.partition))
        return position is not None and record.offset >= position

    def _moves(self, records: Sequence[Received]) -> list[Move]:
        last = {(r.topic, r.partition): r.offset for r in records}
        return [
            Move(topic=t, partition=p, expected=self._positions[t, p], next=offset + 1)
            for (t, p), offset in last.items()
        ]

    def _count_bugs(self, held: Sequence[HeldRecord]) -> None:
        now = asyncio.get_running_loop().time()
        self._new_bugs.extend(now for item in held if item.reason == BUG)
        while self._new_bugs and now - self._new_bugs[0] > BUG_WINDOW_S:
            self._new_bugs.popleft()

    def _stop_when_many_fail(self) -> None:
        if len(self._new_bugs) > MAX_NEW_BUGS:
            self.stopped = TooManyHeldError(TooManyHeldError.__doc__)
            _log.error("applying_stopped", cases=len(self._new_bugs))
            raise self.stopped


async def read_positions(
    connection: Connection, partitions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Return the saved next offset of each partition that has one."""
    rows = await connection.fetch(
        _QUERIES["read_positions"], [t for t, _ in partitions], [p for _, p in partitions]
    )
    return {(row["topic"], row["partition"]): row["next"] for row in rows}


def _case_ids(records: Sequence[Received]) -> set[UUID]:
    return {record.case_id for record in records if record.case_id is not None}


def _traceparent(record: Received) -> str | None:
    return record.envelope.traceparent if record.envelope else None


def _observe(records: Sequence[Received], clock: Clock) -> None:
    METRICS.batch_records.labels("stream").observe(len(records))
    for source in {record.source for record in records}:
        METRICS.received.labels(source).inc(sum(record.source == source for record in records))
    newest = {record.topic: record for record in records}
    for topic, record in newest.items():
        if record.fact is not None:
            age = (clock.now() - record.fact.recorded_at).total_seconds()
            METRICS.lag_seconds.labels(topic).set(age)
