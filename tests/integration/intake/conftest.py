"""Intake as a process of its own, on real topics and databases, shared by the tests of a module."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from civicloop_contracts.fact import Fact
from civicloop_kit.postgres import Connection
from civicloop_kit.testing.bench import record_of
from civicloop_local.testing import Backends, fresh_prefix
from civicloop_local.tokens import make_token
from intake.notifiers.file import FILE_NAME

START_WITHIN_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where a started intake is."""

    backends: Backends
    prefix: str
    folder: Path
    url: str
    database_url: str


@dataclass(kw_only=True)
class Intake:
    """A running intake, and what a test needs to talk to it and to look behind it."""

    running: Running
    client: httpx.AsyncClient
    database: Connection
    _sequences: dict[tuple[str, UUID], int] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, role: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """Send a request as somebody with that role."""
        credentials = self.running.backends.credentials
        subject = "department-adapter" if role == "service" else role
        token = make_token(credentials, role=role, subject=subject, hours=1)
        headers = {"Authorization": f"Bearer {token}"}
        if key:
            headers["Idempotency-Key"] = key
        return await self.client.request(method, path, json=body, headers=headers)

    async def tell(self, *facts: Fact) -> None:
        """Put facts on their topics, as their writers would."""
        producer = AIOKafkaProducer(**self._kafka())
        await producer.start()
        try:
            for fact in facts:
                number = self._sequences.get((fact.source, fact.case_id), 0) + 1
                self._sequences[fact.source, fact.case_id] = number
                record = record_of(fact, fact.source, number)
                await producer.send_and_wait(
                    f"{self.running.prefix}{record.topic}",
                    record.value,
                    key=str(fact.case_id).encode(),
                    headers=list(record.headers),
                )
        finally:
            await producer.stop()

    async def told(self, case_ids: Collection[str]) -> list[dict[str, Any]]:
        """Return the facts of these cases once each has one, with their types."""
        consumer = AIOKafkaConsumer(
            f"{self.running.prefix}intake.cases",
            **self._kafka(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(20):
                while {fact["case_id"] for fact in found} != set(case_ids):
                    batches = await consumer.getmany(timeout_ms=100)
                    records = [record for batch in batches.values() for record in batch]
                    found += [_read(record) for record in records if _key(record) in case_ids]
        finally:
            await consumer.stop()
        return found

    def notices(self, report_id: str) -> list[dict[str, str]]:
        """Return the notices about a report that were written."""
        path = self.running.folder / FILE_NAME
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line["report_id"] == report_id]

    async def outcomes(self, report_id: str) -> list[str]:
        """Return what became of a report's notices."""
        return await self.column(
            "SELECT outcome FROM notices WHERE report_id = $1", UUID(report_id)
        )

    async def column(self, statement: str, *values: Any) -> list[Any]:
        """Return the first column of what is in intake's database."""
        return [row[0] for row in await self.database.fetch(statement, *values)]

    def _kafka(self) -> dict[str, Any]:
        user, password = self.running.backends.admin
        return {
            "bootstrap_servers": self.running.backends.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }


@pytest.fixture(scope="module")
def running(
    backends: Backends, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Running]:
    """Start an intake with topics and databases of its own; they go with the module.

    A module's `SETTINGS` are its own; by default equal reports stay cases of their own.
    """
    prefix, folder, port = fresh_prefix(), tmp_path_factory.mktemp("intake"), _free_port()
    backends.create_topics(prefix)
    urls = backends.create_databases(prefix)
    own = {"HTTP_PORT": str(port), "DATA_DIR": str(folder), "DUPLICATE_WITHIN_M": "0"}
    own |= getattr(request.module, "SETTINGS", {})
    environment = backends.environment("intake", prefix, **own)
    process = subprocess.Popen([sys.executable, "-m", "intake"], env={**os.environ, **environment})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_ready(url, process)
        yield Running(
            backends=backends,
            prefix=prefix,
            folder=folder,
            url=url,
            database_url=urls["intake"],
        )
    finally:
        process.terminate()
        process.wait(25)
        backends.drop_databases(prefix)


@pytest.fixture
async def intake(running: Running) -> AsyncIterator[Intake]:
    """Give one test its own connections to intake."""
    database = await asyncpg.connect(running.database_url)
    try:
        async with httpx.AsyncClient(base_url=running.url, timeout=15) as client:
            yield Intake(running=running, client=client, database=database)
    finally:
        await database.close()


@pytest.fixture
def until() -> Callable[..., Any]:
    """Give a function that waits for a condition, which may be asynchronous."""

    async def wait(condition: Callable[[], Any], within_s: float = 20.0) -> Any:
        async with asyncio.timeout(within_s):
            while True:
                found = condition()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.05)

    return wait


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    # One client: each makes a certificate store, which costs more than the question.
    with httpx.Client() as client:
        while time.monotonic() < deadline:
            assert process.poll() is None, "intake ended before it was ready"
            try:
                if client.get(f"{url}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    pytest.fail("intake is not ready in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _key(record: Any) -> str:
    return str(record.key.decode())


def _read(record: Any) -> dict[str, Any]:
    return {"type": dict(record.headers)["ce_type"].decode(), **json.loads(record.value)}
