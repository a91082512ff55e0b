"""Show the newest public state of each case on the compacted topic.

A change only marks its case; what is shown is its row at the time of the flush. One transaction
per flush, at most one flush a second; a reader of committed records never sees half a flush, and a
fenced process can show nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from civicloop_contracts.snapshot import SNAPSHOT_TYPE, CaseSnapshot
from civicloop_kit.backoff import Backoff
from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.leadership import Leadership
from civicloop_kit.logs import get_logger
from civicloop_kit.postgres import CommitUnknownError, Database, UnavailableError, load_queries
from civicloop_kit.producing import MAX_BATCH_BYTES, Record, key_hash, pack

FLUSH_EVERY_S: Final = 1.0
FLUSH_LIMIT: Final = 1_000
STOP_TIMEOUT_S: Final = 3.0
SNAPSHOT_SHARD: Final = 200
_QUERIES: Final = load_queries(__package__)
_log = get_logger(__name__)


class SnapshotRelay:
    """Sends what waits in the table `snapshots`; *snapshot* makes it of a case row."""

    def __init__(
        self,
        database: Database,
        access: KafkaAccess,
        snapshot: Callable[[Any], CaseSnapshot | None],
        *,
        topic: str,
        transactional_id: str,
        make_producer: Callable[[], AIOKafkaProducer] | None = None,
        leadership: Leadership | None = None,
    ) -> None:
        self._database = database
        self._access = access
        self._snapshot = snapshot
        self._topic = topic
        self._transactional_id = transactional_id
        self._make_producer = make_producer or self._transactional
        self._leadership = leadership or Leadership(database.url, SNAPSHOT_SHARD)

    async def run(self) -> None:
        """Lead, send, and start over after every failure, until cancelled."""
        try:
            while True:
                await self._leadership.win()
                await self._lead()
        finally:
            self._leadership.drop()

    async def _lead(self) -> None:
        """Show for as long as the lock is ours: two producers would fence each other in turn."""
        backoff = Backoff()
        pings = asyncio.create_task(self._leadership.keep())
        try:
            while self._leadership.holds:
                await self._use_producer()
                await backoff.wait()
        finally:
            pings.cancel()
            self._leadership.drop()

    def _transactional(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._access.client(),
            transactional_id=self._transactional_id,
            acks="all",
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=10_000,
        )

    async def _use_producer(self) -> None:
        producer = self._make_producer()
        try:
            await producer.start()
            while self._leadership.holds:
                if await self._flush(producer) < FLUSH_LIMIT:
                    await asyncio.sleep(FLUSH_EVERY_S)
        except (KafkaError, OSError, UnavailableError) as error:
            _log.warning("snapshots_restart", error=type(error).__name__)
            if isinstance(error, ProducerFenced | InvalidProducerEpoch):
                # Another process leads, and our lease has not noticed: win before sending again.
                self._leadership.drop()
        finally:
            await _stop(producer)

    async def _flush(self, producer: AIOKafkaProducer) -> int:
        """Send the newest state per case, then forget what no newer one has replaced."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["take_snapshots"], FLUSH_LIMIT)
        if not rows:
            return 0
        shown = [record for row in rows if (record := self._record(row))]
        if shown:
            await self._send(producer, shown)
        await self._forget(rows)
        return len(rows)

    def _record(self, row: Any) -> Record | None:
        try:
            snapshot = self._snapshot(row)
        except Exception:  # noqa: BLE001 - a bug costs this case only, until it changes again
            _log.exception("snapshot_failed", case_id=str(row["case_id"]))
            return None
        if snapshot is None:
            return None
        return Record(
            key=str(snapshot.case_id).encode(),
            value=snapshot.model_dump_json(exclude_none=True).encode(),
            headers=_headers(snapshot, row["traceparent"]),
            timestamp=int(time() * 1000),
        )

    async def _send(self, producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
        by_partition = await self._by_partition(producer, records)
        async with producer.transaction():
            stored = [
                await producer.send_batch(batch, self._topic, partition=partition)
                for partition, part in by_partition.items()
                for batch, _ in pack(producer, part, lambda record: record)
            ]
            # One that was refused aborts the transaction.
            await asyncio.gather(*stored)

    async def _by_partition(
        self, producer: AIOKafkaProducer, records: Sequence[Record]
    ) -> Mapping[int, Sequence[Record]]:
        partitions = await producer.partitions_for(self._topic)
        found: dict[int, list[Record]] = {}
        for record in records:
            found.setdefault(key_hash(record["key"]) % len(partitions), []).append(record)
        return found

    async def _forget(self, rows: Sequence[Any]) -> None:
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    _QUERIES["delete_snapshots"],
                    [row["case_id"] for row in rows],
                    [row["version"] for row in rows],
                )
        except CommitUnknownError:
            # Shown again with the same version: readers keep the highest, so it is harmless.
            return


def _headers(snapshot: CaseSnapshot, traceparent: str | None) -> list[tuple[str, bytes]]:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"/feedback/case-snapshots:{snapshot.case_id}:{snapshot.version}".encode()),
        ("ce_source", b"/feedback/case-snapshots"),
        ("ce_type", SNAPSHOT_TYPE.encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return headers


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await producer.stop()
    except (TimeoutError, KafkaError, OSError):
        return
