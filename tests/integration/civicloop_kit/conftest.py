"""A small room on real topics and a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from civicloop_contracts.codes import Channel, MatterKind, Outcome, Precision, Service
from civicloop_contracts.facts import intake, router
from civicloop_contracts.facts.parts import Matter, Place
from civicloop_kit.clock import SystemClock
from civicloop_kit.engine import Engine, assemble
from civicloop_kit.postgres import Database
from civicloop_kit.room import Decision, Moment, Room, Stamp
from civicloop_kit.settings import ServiceSettings
from civicloop_kit.testing.bench import record_of
from civicloop_local.testing import Backends, fresh_prefix


class RefusedError(Exception):
    """The counter refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What the small room knows of a case: how often it was told, and what it counted."""

    filed: int = 0
    counted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """The small room's fact."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The small room's command; a refusal, a bug or a NUL for the database on demand."""

    how: str = "well"


def counting_room(on_report: Callable[[intake.ReportAttached], None] = lambda _: None) -> Room[Counter]:
    """Return a room that answers every report with a fact, and every command too."""

    def on_attached(state: Counter, fact: Any, _moment: Moment) -> Decision[Counter]:
        on_report(fact)
        told = replace(state, filed=state.filed + 1)
        return Decision(state=told, facts=(Handled(number=told.filed),))

    def on_count(state: Counter, command: Any, _now: datetime) -> Decision[Counter]:
        if command.how == "refused":
            raise RefusedError(RefusedError.__doc__)
        if command.how == "bug":
            raise ZeroDivisionError
        counted = replace(state, counted=state.counted + 1)
        reply = {"count": counted.counted, "note": "\0" if command.how == "data" else ""}
        return Decision(state=counted, facts=(Handled(number=counted.counted),), reply=reply)

    return Room(
        service=Service.ROUTER,
        source="/router/tasks",
        state_type=Counter,
        new_state=lambda _case_id: Counter(),
        on_fact={intake.ReportAttached: on_attached},
        on_command={Count: on_count},
        to_contract=_to_contract,
        refusals=(RefusedError,),
    )


def attached(case_id: UUID) -> intake.ReportAttached:
    """Return a fact that the small room answers."""
    now = datetime.now(UTC)
    return intake.ReportAttached(
        case_id=case_id,
        occurred_at=now,
        recorded_at=now,
        cause=f"command:{uuid4()}",
        report_id=uuid4(),
        channel=Channel.SNAP,
    )


def filed(case_id: UUID) -> intake.CaseFiled:
    """Return a fact without effect in the small room."""
    now = datetime.now(UTC)
    return intake.CaseFiled(
        case_id=case_id,
        occurred_at=now,
        recorded_at=now,
        cause=f"command:{uuid4()}",
        report_id=uuid4(),
        channel=Channel.SNAP,
        matter=Matter(standard_ref="demo", kind=MatterKind.MATTER, code="00001"),
        place=Place(division="410105", precision=Precision.EXACT),
    )


def _to_contract(_fact: Handled, stamp: Stamp) -> router.CaseHandled:
    return router.CaseHandled(
        case_id=stamp.case_id,
        occurred_at=stamp.recorded_at,
        recorded_at=stamp.recorded_at,
        cause=stamp.cause,
        outcome=Outcome.SOLVED,
        round=1,
    )


@dataclass(frozen=True, kw_only=True)
class World:
    """Topics and a database of one test."""

    backends: Backends
    prefix: str
    settings: ServiceSettings

    def database(self) -> Database:
        """Return the room's database, not opened."""
        return Database(self.settings.database_url.get_secret_value(), application="test")

    @asynccontextmanager
    async def engine(self, room: Room[Counter], **changes: Any) -> AsyncIterator[Engine[Counter]]:
        """Run a room's stream and relay."""
        database = self.database()
        await database.open()
        engine = assemble(room, self.settings.model_copy(update=changes), database, SystemClock())
        parts = [engine.stream.run, *engine.senders]
        tasks = [asyncio.create_task(part()) for part in parts]
        try:
            yield engine
        finally:
            ended = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()
            for task in ended:
                task.result()

    async def send(self, *records: tuple[Any, int]) -> None:
        """Put facts with their numbers on `intake.cases`, as intake would."""
        raw = [record_of(fact, "/intake/cases", number) for fact, number in records]
        await self.send_raw(*[(str(r.case_id).encode(), r.value, r.headers) for r in raw])

    async def send_raw(self, *records: tuple[bytes, bytes, Any]) -> None:
        """Put any bytes on `intake.cases`."""
        producer = AIOKafkaProducer(**self._client())
        await producer.start()
        try:
            for key, value, headers in records:
                await producer.send_and_wait(
                    f"{self.prefix}intake.cases", value, key=key, headers=list(headers)
                )
        finally:
            await producer.stop()

    async def sent(self, count: int, topic: str = "router.tasks") -> list[Any]:
        """Return the first *count* records of a topic."""
        consumer = AIOKafkaConsumer(
            f"{self.prefix}{topic}",
            **self._client(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[Any] = []
        try:
            async with asyncio.timeout(20):
                while len(found) < count:
                    batches = await consumer.getmany(timeout_ms=100)
                    found += [record for batch in batches.values() for record in batch]
        finally:
            await consumer.stop()
        return found

    def _client(self) -> dict[str, Any]:
        user, password = self.backends.admin
        return {
            "bootstrap_servers": self.backends.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }


@pytest.fixture
def world(backends: Backends) -> Iterator[World]:
    """Give topics and a database that no other test uses."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    environment = backends.environment("router", prefix)
    values = {
        name.removeprefix("CIVICLOOP_").lower(): value
        for name, value in environment.items()
        if name.startswith("CIVICLOOP_")
    }
    try:
        yield World(backends=backends, prefix=prefix, settings=ServiceSettings(**values))
    finally:
        backends.drop_databases(prefix)


async def until(condition: Callable[[], Any], within_s: float = 15.0) -> Any:
    """Wait for a condition, which may be asynchronous, and return what it gave."""
    async with asyncio.timeout(within_s):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)
