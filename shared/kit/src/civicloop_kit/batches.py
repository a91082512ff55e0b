"""Apply batches of records: one transaction each, retried until it is saved or not ours."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic
from uuid import UUID

from civicloop_kit import protections, tracing
from civicloop_kit.backoff import Backoff
from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.lag import Lag
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.positions import read_positions
from civicloop_kit.postgres import (
    CommitUnknownError,
    ConflictError,
    DataError,
    MisconfiguredError,
    UnavailableError,
)
from civicloop_kit.received import Place, Received
from civicloop_kit.room import S
from civicloop_kit.rows import Move, Work
from civicloop_kit.store import PositionLostError
from civicloop_kit.transactions import Transactions

# Redone this often, a conflict is no race but a row that contradicts another.
MAX_CONFLICTS: Final = 20
# What is refused twice, the second time from freshly locked rows, is at fault itself.
MAX_REFUSALS: Final = 2
RETRY_POISON_S: Final = 1.0

_log = get_logger(__name__)


class Batches(Generic[S]):
    """Applies records, in the order in which they were fetched."""

    def __init__(self, transactions: Transactions[S]) -> None:
        self._transactions = transactions
        self._positions: dict[tuple[str, int], int] = {}
        self.lag = Lag()
        # Counts assignments: what was fetched under an earlier one is fetched again.
        self.generation = 0
        self._stopped: Exception | None = None
        # Set when partitions turned out not to be ours: positions have to be read again.
        self.lost = asyncio.Event()

    def assign(self, positions: dict[tuple[str, int], int]) -> None:
        """Start from these positions; others are no longer ours."""
        self._positions = positions
        self.generation += 1

    @property
    def stopped(self) -> Exception | None:
        """Why nothing is applied any more: something of a batch, or of timers, or None."""
        return self._stopped or self._transactions.failures.stopped

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """The next offset of each partition, as saved."""
        return dict(self._positions)

    async def apply(self, records: Sequence[Received], generation: int) -> None:
        """Apply a batch that was fetched under the assignment *generation*.

        Returns when it is saved, or when its partitions are no longer ours.

        Raises:
            Exception: The database refuses the service, a bad release fails in many cases, or a
                record cannot even be held. Nothing is applied any more.
        """
        if self.stopped is not None:
            raise self.stopped
        if generation != self.generation:
            return
        sampled = [t for r in records if (t := _traceparent(r)) and tracing.is_sampled(t)]
        name = f"{self._transactions.room.service} process"
        try:
            with tracing.batch(name, sampled):
                await self._apply_until_saved(records, {})
        except Exception as error:
            self._stopped = error
            raise

    async def _apply_until_saved(
        self, records: Sequence[Received], hold: Mapping[Place, str]
    ) -> None:
        """Retry what may pass, redo what met somebody else, split what is refused again."""
        attempts = _Attempts()
        while ours := [record for record in records if self._is_ours(record)]:
            try:
                await self._commit(ours, hold)
            except PositionLostError:
                self._give_up(ours)
            except UnavailableError as error:
                await self._wait(error, ours, attempts)
            except (MisconfiguredError, TooManyHeldError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it costs one case only
                if not self._may_redo(error, attempts):
                    await self._isolate(ours, error, hold)

    async def _wait(
        self, error: UnavailableError, records: Sequence[Received], attempts: "_Attempts"
    ) -> None:
        METRICS.unavailable.labels("stream").inc()
        _log.warning("database_unavailable", error=str(error))
        await attempts.backoff.wait()
        if isinstance(error, CommitUnknownError):
            self._transactions.rescan()
            await self._look_up(records)

    async def _look_up(self, records: Sequence[Received]) -> None:
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
            else:
                break
        if all(saved.get((move.topic, move.partition)) == move.next for move in moves):
            self._advance(moves)

    def _may_redo(self, error: Exception, attempts: "_Attempts") -> bool:
        """Tell whether to redo from freshly locked rows: only what is refused again is at fault."""
        if isinstance(error, ConflictError):
            METRICS.conflicts.labels("stream").inc()
            attempts.conflicts += 1
            return attempts.conflicts < MAX_CONFLICTS
        _log.warning("batch_refused", error=_reason(error))
        attempts.refusals += 1
        return attempts.refusals < MAX_REFUSALS

    async def _isolate(
        self, records: Sequence[Received], error: Exception, hold: Mapping[Place, str]
    ) -> None:
        """Bisect until the single record that is refused is found, and hold it.

        Raises:
            Exception: Not even holding it is possible.
        """
        if not protections.isolates_poison():
            await asyncio.sleep(RETRY_POISON_S)
            return
        if len(records) > 1:
            middle = len(records) // 2
            await self._apply_until_saved(records[:middle], hold)
            await self._apply_until_saved(records[middle:], hold)
            return
        (record,) = records
        if record.place in hold:
            raise error
        await self._apply_until_saved(records, {record.place: _reason(error)})

    async def _commit(self, records: Sequence[Received], hold: Mapping[Place, str]) -> None:
        transactions = self._transactions
        moves = self._moves(records)
        with METRICS.batch_seconds.labels("stream").time():
            work = await self._save(records, hold, moves)
        self._advance(moves)
        transactions.committed(work)
        self._observe(records)

    async def _save(
        self, records: Sequence[Received], hold: Mapping[Place, str], moves: Sequence[Move]
    ) -> Work[S]:
        transactions = self._transactions
        to_save = await protections.moves_to_save(transactions.database, moves)
        async with transactions.database.transaction() as connection:
            work = await transactions.store.lock(connection, _case_ids(records))
            applier = transactions.applier(work)
            for record in records:
                if record.place in hold:
                    applier.hold_refused(record, hold[record.place])
                else:
                    applier.apply_record(record)
            work.moves = to_save
            await transactions.save(connection, work)
        return work

    def _is_ours(self, record: Received) -> bool:
        position = self._positions.get((record.topic, record.partition))
        return position is not None and record.offset >= position

    def _moves(self, records: Sequence[Received]) -> list[Move]:
        last = {(r.topic, r.partition): r.offset for r in records}
        return [
            Move(topic=t, partition=p, expected=self._positions[t, p], next=offset + 1)
            for (t, p), offset in last.items()
        ]

    def _advance(self, moves: Sequence[Move]) -> None:
        for move in moves:
            place = move.topic, move.partition
            if place in self._positions:
                self._positions[place] = max(self._positions[place], move.next)

    def _observe(self, records: Sequence[Received]) -> None:
        METRICS.batch_records.labels("stream").observe(len(records))
        for source in {record.source for record in records}:
            METRICS.received.labels(source).inc(sum(record.source == source for record in records))
        now = self._transactions.clock.now()
        for record in {(record.topic, record.partition): record for record in records}.values():
            if record.fact is not None:
                age = (now - record.fact.recorded_at).total_seconds()
                self.lag.applied((record.topic, record.partition), age)

    def _give_up(self, records: Sequence[Received]) -> None:
        """Apply nothing of these partitions until their positions are read again."""
        _log.warning("partition_taken_over", records=len(records))
        for record in records:
            self._positions.pop((record.topic, record.partition), None)
        self.lost.set()


@dataclass(slots=True)
class _Attempts:
    """What one batch has met so far."""

    backoff: Backoff = field(default_factory=Backoff)
    conflicts: int = 0
    refusals: int = 0


def _case_ids(records: Sequence[Received]) -> set[UUID]:
    return {record.case_id for record in records if record.case_id is not None}


def _reason(error: Exception) -> str:
    """Return what to keep: only the database's own errors say nothing of the data."""
    return str(error) if isinstance(error, DataError) else type(error).__name__


def _traceparent(record: Received) -> str | None:
    return record.envelope.traceparent if record.envelope else None
