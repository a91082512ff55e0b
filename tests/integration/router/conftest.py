"""The router as a process of its own, on real topics and databases, shared by a module's tests."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from civicloop_contracts.fact import Fact
from civicloop_kit.testing.bench import record_of
from civicloop_local.testing import Backends, fresh_prefix
from civicloop_local.tokens import make_token

START_WITHIN_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where a started router is."""

    backends: Backends
    prefix: str
    url: str


@dataclass(kw_only=True)
class City:
    """A running router, and everybody who talks to it."""

    running: Running
    client: httpx.AsyncClient
    _sequences: dict[tuple[str, UUID], int] = field(default_factory=dict)

    async def call(self, method: str, path: str, role: str, body: Any = None) -> httpx.Response:
        """Send a request as somebody with that role."""
        credentials = self.running.backends.credentials
        token = make_token(credentials, role=role, subject=role, hours=1)
        headers = {"Authorization": f"Bearer {token}"}
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

    async def said(self, case_id: UUID, last: str, within_s: float = 30.0) -> list[dict[str, Any]]:
        """Return what the router says of a case, up to the first fact of the type *last*."""
        consumer = AIOKafkaConsumer(
            f"{self.running.prefix}router.tasks",
            **self._kafka(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(within_s):
                while last not in {fact["type"] for fact in found}:
                    batches = await consumer.getmany(timeout_ms=100)
                    records = [record for batch in batches.values() for record in batch]
                    found += [_read(r) for r in records if r.key.decode() == str(case_id)]
        finally:
            await consumer.stop()
        return found

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
def running(backends: Backends) -> Iterator[Running]:
    """Start a router with topics and databases of its own; they go with the module."""
    prefix, port = fresh_prefix(), _free_port()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    environment = backends.environment("router", prefix, HTTP_PORT=str(port))
    process = subprocess.Popen([sys.executable, "-m", "router"], env={**os.environ, **environment})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_ready(url, process)
        yield Running(backends=backends, prefix=prefix, url=url)
    finally:
        process.terminate()
        process.wait(25)
        backends.drop_databases(prefix)


@pytest.fixture
async def city(running: Running) -> AsyncIterator[City]:
    """Give one test its own connections to the router."""
    async with httpx.AsyncClient(base_url=running.url, timeout=15) as client:
        yield City(running=running, client=client)


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the router ended before it was ready"
        try:
            if httpx.get(f"{url}/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the router is not ready in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(record: Any) -> dict[str, Any]:
    kind = dict(record.headers)["ce_type"].decode()
    return {"type": kind.removeprefix("civicloop.").removesuffix(".v1"), **json.loads(record.value)}
