"""One room of the bare loop: aiokafka, asyncpg and orjson, nothing else.

`python -m tests.bench.bare ROOM SAMPLES`, with a service's environment. It reads the topics that
the room reads, writes one row per case and batch, and sends the facts that follow; it validates,
repeats, holds and proves nothing. Each line on its standard input is a number of reports to file.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from civicloop_contracts.codes import Service
from civicloop_contracts.topics import subscriptions
from civicloop_kit.ids import uuid7
from civicloop_kit.settings import ServiceSettings, load_settings

from .facts import FILED, FOLLOWS, TYPE_HEADER

BATCH: Final = 500
FETCH_MAX_WAIT_MS: Final = 100
READY: Final = "ready"
SAVE: Final = """
INSERT INTO bare_cases (case_id, version, state)
SELECT n.case_id, 1, n.state::json FROM unnest($1::uuid[], $2::text[]) AS n (case_id, state)
ON CONFLICT (case_id) DO UPDATE SET version = bare_cases.version + 1, state = excluded.state
"""
TABLE: Final = """
CREATE TABLE bare_cases (case_id uuid PRIMARY KEY, version bigint NOT NULL, state json NOT NULL)
WITH (fillfactor = 70)
"""
Rows = dict[str, bytes]


class BareRoom:
    """Reads, saves, sends."""

    def __init__(self, room: str, samples: dict[str, Any], settings: ServiceSettings) -> None:
        self._follows = FOLLOWS[room]
        self._samples = samples
        self._headers = {
            type_: [(name, value.encode()) for name, value in sample["headers"]]
            for type_, sample in samples.items()
        }
        self._prefix = settings.topic_prefix
        client = settings.kafka.client()
        self._url = settings.database_url.get_secret_value()
        self._producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
        self._consumer = AIOKafkaConsumer(
            *(self._prefix + topic.name for topic in subscriptions(Service(room))),
            **client,
            group_id=self._prefix + room,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
        )

    async def run(self) -> None:
        """Work until the standard input ends."""
        self._pool = await asyncpg.create_pool(self._url, min_size=2, max_size=4)
        await self._producer.start()
        await self._consumer.start()
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        parts = {asyncio.create_task(part) for part in (self._read(), self._take_orders())}
        done, others = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in others:
            part.cancel()
        for part in done:
            part.result()

    async def _take_orders(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await self._file(int(line))

    async def _read(self) -> None:
        while True:
            fetched = await self._consumer.getmany(timeout_ms=1_000, max_records=BATCH)
            records = [record for part in fetched.values() for record in part]
            if records:
                await self._handle(records)
                await self._consumer.commit()

    async def _handle(self, records: list[Any]) -> None:
        rows: Rows = {}
        steps: list[tuple[Rows, list[tuple[str, str]]]] = []
        for record in records:
            fact = orjson.loads(record.value)
            case_id = fact["case_id"]
            rows[case_id] = record.value
            type_ = next(value for name, value in record.headers if name == TYPE_HEADER).decode()
            for number, step in enumerate(self._follows.get(type_, ())):
                if number == len(steps):
                    steps.append(({}, []))
                steps[number][0][case_id] = record.value
                steps[number][1].extend((follower, case_id) for follower in step)
        # What is decided with the record is one update of the row; what comes later is its own.
        first = steps[0][1] if steps else []
        await self._save(rows, first)
        for later_rows, facts in steps[1:]:
            await self._save(later_rows, facts)

    async def _save(self, rows: Rows, facts: list[tuple[str, str]]) -> None:
        await self._pool.execute(
            SAVE,
            [UUID(case_id) for case_id in rows],
            [value.decode() for value in rows.values()],
        )
        sent = [await self._send(type_, case_id) for type_, case_id in facts]
        if sent:
            await asyncio.gather(*sent)

    async def _send(self, type_: str, case_id: str) -> asyncio.Future[Any]:
        sample = self._samples[type_]
        future: asyncio.Future[Any] = await self._producer.send(
            self._prefix + sample["topic"],
            orjson.dumps({**sample["value"], "case_id": case_id}),
            key=case_id.encode(),
            headers=self._headers[type_],
            timestamp_ms=int(time.time() * 1000),
        )
        return future

    async def _file(self, count: int) -> None:
        for first in range(0, count, BATCH):
            case_ids = [str(uuid7()) for _ in range(min(BATCH, count - first))]
            value = orjson.dumps(self._samples[FILED]["value"])
            await self._save(dict.fromkeys(case_ids, value), [(FILED, id_) for id_ in case_ids])


def main() -> None:
    """Run one room."""
    room, samples = sys.argv[1:]
    settings = load_settings(ServiceSettings)
    uvloop.run(_run(room, orjson.loads(Path(samples).read_bytes()), settings))


async def _run(room: str, samples: dict[str, Any], settings: ServiceSettings) -> None:
    await BareRoom(room, samples, settings).run()


if __name__ == "__main__":
    main()
