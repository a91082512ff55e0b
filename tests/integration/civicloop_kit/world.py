"""Topics and a database of one test, and what a test does with them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr
from tests.unit.civicloop_kit.counting import Count, Counter, counting_room

from civicloop_contracts.envelope import read_envelope
from civicloop_contracts.fact import Fact
from civicloop_kit.clock import Clock, SystemClock
from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.engine import Engine, assemble
from civicloop_kit.numbering import chain
from civicloop_kit.postgres import COMMAND_TIMEOUT_S, Database
from civicloop_kit.producing import key_hash
from civicloop_kit.received import Received, receive
from civicloop_kit.room import Room
from civicloop_kit.settings import ServiceSettings
from civicloop_kit.testing.bench import record_of
from civicloop_local.credentials import AUDITOR_ROLE
from civicloop_local.testing import TEST_PARTITIONS, Backends

INTAKE = "/intake/cases"
# Of this database only: other tests may run at the same time.
HELD_LOCKS = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
WITHIN_S = 30.0


@dataclass(frozen=True, kw_only=True)
class World:
    """Topics and a database that no other test uses."""

    backends: Backends
    prefix: str
    environment: Mapping[str, str]
    settings: ServiceSettings

    @property
    def url(self) -> str:
        """Where the room's database is."""
        return self.settings.database_url.get_secret_value()

    @property
    def topic(self) -> str:
        """The topic that the room reads."""
        return f"{self.prefix}intake.cases"

    @asynccontextmanager
    async def database(
        self, url: str | None = None, command_timeout_s: float = COMMAND_TIMEOUT_S
    ) -> AsyncIterator[Database]:
        """Open the room's database."""
        database = Database(
            url or self.url, application="test", command_timeout_s=command_timeout_s
        )
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def assembled(
        self,
        room: Room[Counter] | None = None,
        *,
        url: str | None = None,
        clock: Clock | None = None,
        producer: Callable[[], Any] | None = None,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
        **changes: Any,
    ) -> AsyncIterator[Engine[Counter]]:
        """Join a room's parts; nothing runs. Its stream owns the first partition from the start."""
        async with self.database(url, command_timeout_s) as database:
            engine = assemble(
                room or counting_room(),
                self.settings.model_copy(update=changes),
                database,
                clock or SystemClock(),
                producer,
            )
            await self.execute(
                "INSERT INTO positions VALUES ($1, 0, 0) ON CONFLICT DO NOTHING", self.topic
            )
            rows = await self.rows("SELECT next FROM positions WHERE topic = $1", self.topic)
            engine.batches.assign({(self.topic, 0): rows[0]["next"]})
            yield engine

    @asynccontextmanager
    async def running(
        self, room: Room[Counter] | None = None, **kwargs: Any
    ) -> AsyncIterator[Engine[Counter]]:
        """Run a room's stream and relays on the real topics."""
        async with self.assembled(room, **kwargs) as engine:
            engine.batches.assign({})
            async with run(engine.stream.run, *engine.senders):
                yield engine

    def batch(self, *facts: tuple[Fact, int], first: int = 0) -> list[Received]:
        """Return numbered facts as the first partition delivers them."""
        return [
            self.record(record_of(fact, INTAKE, number), first + place)
            for place, (fact, number) in enumerate(facts)
        ]

    def record(self, record: Received, offset: int, **raw: Any) -> Received:
        """Return a record as it is read at an offset; *raw* replaces what was written."""
        written = _Raw(
            topic=self.topic,
            partition=0,
            offset=offset,
            key=raw.get("key", str(record.case_id).encode()),
            value=raw.get("value", record.value),
            headers=raw.get("headers", record.headers),
        )
        return receive(written, {self.topic: INTAKE})

    async def send(self, *facts: tuple[Fact, int], topic: str = "intake.cases") -> None:
        """Put facts with their numbers on a topic, as their writer would."""
        source = "/" + topic.replace(".", "/")
        raw = [record_of(fact, source, number) for fact, number in facts]
        await self.send_raw(
            *[(str(r.case_id).encode(), r.value, r.headers) for r in raw], topic=topic
        )

    async def send_raw(
        self, *records: tuple[bytes | None, bytes | None, Any], topic: str = "intake.cases"
    ) -> None:
        """Put any bytes on a topic."""
        producer = AIOKafkaProducer(**self.client())
        await producer.start()
        try:
            for key, value, headers in records:
                await producer.send_and_wait(
                    f"{self.prefix}{topic}", value, key=key, headers=list(headers)
                )
        finally:
            await producer.stop()

    async def sent(self, topic: str = "router.tasks") -> list[Any]:
        """Return everything that a topic holds now, partition by partition."""
        consumer = AIOKafkaConsumer(
            **self.client(), enable_auto_commit=False, isolation_level="read_committed"
        )
        await consumer.start()
        try:
            name = f"{self.prefix}{topic}"
            numbers = await self._partitions(consumer, name)
            places = [TopicPartition(name, number) for number in numbers]
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            found: list[Any] = []
            while any([await consumer.position(place) < ends[place] for place in places]):
                batches = await consumer.getmany(timeout_ms=200)
                found += [record for batch in batches.values() for record in batch]
            return found
        finally:
            await consumer.stop()

    async def eventually_sent(self, count: int, topic: str = "router.tasks") -> list[Any]:
        """Wait until a topic holds so many records, and return all."""

        async def enough() -> list[Any] | None:
            found = await self.sent(topic)
            return found if len(found) >= count else None

        found: list[Any] = await until(enough)
        return found

    async def eventually_reached(self, numbers: Mapping[UUID, int]) -> None:
        """Wait until a topic tells each case up to its number; repeats are dropped.

        A relay that cannot delete what the broker confirmed sends it again, as it must: where the
        database goes away, a count of records would take that repeat for news.
        """

        async def there() -> bool:
            return {case: last for case, (last, _) in digests(await self.sent()).items()} == numbers

        await until(there)

    async def rows(self, query: str, *arguments: Any) -> list[Any]:
        """Ask the database."""
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def rows_as_auditor(self, query: str) -> list[Any]:
        """Ask the database as the role that sees invariant views only."""
        address = self.url.rsplit("@", 1)[1]
        password = self.backends.credentials.postgres[AUDITOR_ROLE]
        connection = await asyncpg.connect(f"postgresql://{AUDITOR_ROLE}:{password}@{address}")
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Change the database."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def end_lock_holders(self) -> None:
        """End the sessions that hold advisory locks of this database."""
        await self.execute(f"SELECT pg_terminate_backend(pid) {HELD_LOCKS}")

    async def execute_as_owner(self, statement: str) -> None:
        """Change the schema."""
        address = self.url.rsplit("@", 1)[1]
        role = "router_owner"
        password = self.backends.credentials.postgres[role]
        connection = await asyncpg.connect(f"postgresql://{role}:{password}@{address}")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def state(self, engine: Engine[Counter], case_id: UUID) -> Counter:
        """Return what the room knows of a case."""
        async with self.database() as database, database.read() as connection:
            row = await engine.store.read(connection, case_id)
        return row.state if row else Counter()

    async def nothing_waits(self) -> bool:
        """Tell whether the outbox is empty."""
        return not await self.rows("SELECT FROM outbox")

    async def held(self) -> list[tuple[str, str]]:
        """Return reason and error of every held record, in the order of arrival."""
        rows = await self.rows('SELECT reason, error FROM held ORDER BY partition, "offset"')
        return [(row["reason"], row["error"]) for row in rows]

    def own_login(self) -> dict[str, Any]:
        """Return settings with the service's own rights, which a fresh topic grants late."""
        return {
            "kafka_username": self.environment["CIVICLOOP_KAFKA_USERNAME"],
            "kafka_password": SecretStr(self.environment["CIVICLOOP_KAFKA_PASSWORD"]),
        }

    def client(self) -> dict[str, Any]:
        """Return the settings of a Kafka client that may do everything."""
        user, password = self.backends.admin
        return {
            "bootstrap_servers": self.backends.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }

    @staticmethod
    async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
        await consumer._client.add_topic(topic)
        return sorted(consumer.partitions_for_topic(topic) or ())


@dataclass(kw_only=True)
class _Raw:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def case_in_first_partition() -> UUID:
    """Return a new case whose records go to the partition that `assembled` owns."""
    while True:
        case_id = uuid4()
        if key_hash(str(case_id).encode()) % TEST_PARTITIONS == 0:
            return case_id


def count(case_id: UUID, key: str | None = None, **body: Any) -> CaseCommand:
    """Return a command of the small room; the key stands for exactly this request."""
    digest = sha256(repr(body).encode()).digest()
    return CaseCommand(
        case_id=case_id,
        body=Count(**body),
        principal="tester",
        request=None if key is None else KeyedRequest(key=key, target="", digest=digest),
    )


def sequences(records: Sequence[Any]) -> dict[UUID, list[int]]:
    """Return the numbers of each case, in the order of their partition."""
    found: dict[UUID, list[int]] = {}
    for record in records:
        envelope = read_envelope(record.headers)
        found.setdefault(envelope.case_id, []).append(envelope.sequence)
    return found


def digests(records: Sequence[Any]) -> dict[UUID, tuple[int, str]]:
    """Fold a topic as an auditor does: last number and digest of each case, repeats dropped."""
    marks: dict[UUID, tuple[int, str]] = {}
    for record in records:
        envelope = read_envelope(record.headers)
        last, digest = marks.get(envelope.case_id, (0, ""))
        if envelope.sequence == last + 1:
            marks[envelope.case_id] = (
                envelope.sequence,
                chain(digest, envelope.type, record.value),
            )
    return marks


@asynccontextmanager
async def run(*parts: Callable[[], Any]) -> AsyncIterator[None]:
    """Run coroutines for the length of a block; one that fails fails the test."""
    tasks = [asyncio.create_task(part()) for part in parts]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in ended:
            task.result()


async def until(condition: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """Wait for a condition, which may be asynchronous, and return what it gave."""
    async with asyncio.timeout(within_s):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)
