"""What a service checks before it takes part: its schema, and that its database is not old."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError

from civicloop_contracts.envelope import EnvelopeError, read_envelope
from civicloop_kit.backoff import Backoff
from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.logs import get_logger
from civicloop_kit.postgres import (
    Connection,
    Database,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.settings import ServiceSettings

OPEN_ATTEMPTS: Final = 60
OPEN_EVERY_S: Final = 0.5
TAIL_RECORDS: Final = 20
READ_TIMEOUT_MS: Final = 5_000
_QUERIES: Final = load_queries(__package__)
_log = get_logger(__name__)


class StartRefusedError(Exception):
    """The service does not start; the message names the way out."""


async def open_database(database: Database, setting: str) -> None:
    """Connect, waiting for a server that is still starting.

    Raises:
        StartRefusedError: It does not answer, or refuses; check the variable *setting*.
    """
    for _ in range(OPEN_ATTEMPTS):
        try:
            await database.open()
        except UnavailableError as error:
            _log.warning("start_waits", error=str(error))
            await asyncio.sleep(OPEN_EVERY_S)
        except MisconfiguredError as error:
            raise StartRefusedError(
                f"the database refuses us ({error}): check {setting}"
            ) from error
        else:
            return
    raise StartRefusedError(f"the database does not answer: check {setting} and that Postgres runs")


async def check_schema(
    database: Database,
    expected: frozenset[str],
    *,
    name: str = "database",
    wait: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Compare the migrations that a database has with those that this release needs.

    *wait* is how long to wait for a database that is away.

    Raises:
        StartRefusedError: One is missing.
    """
    pause = wait or Backoff().wait
    while True:
        try:
            applied = await _applied(database)
            break
        except UnavailableError as error:
            _log.warning("start_waits", error=str(error))
            await pause()
    if not expected <= applied:
        raise StartRefusedError(f"the {name} has an older schema: run `civicloop migrate`")


def expected_migrations(settings: type[ServiceSettings]) -> frozenset[str]:
    """Return what a room's database has to have: a room's package is that of its settings."""
    package = settings.__module__.partition(".")[0]
    return shipped_migrations(__package__) | shipped_migrations(package)


def shipped_migrations(package: str, folder: str = "migrations") -> frozenset[str]:
    """Return the names of the migrations in a package, as their log knows them."""
    found = files(package) / folder
    names = (entry.name for entry in found.iterdir()) if found.is_dir() else ()
    return frozenset(
        name.removesuffix(".sql")
        for name in names
        if name.endswith(".sql") and not name.endswith(".rollback.sql")
    )


async def _applied(database: Database) -> frozenset[str]:
    try:
        async with database.read() as connection:
            rows = await connection.fetch(_QUERIES["applied_migrations"])
    except MisconfiguredError:
        return frozenset()
    return frozenset(row["migration_id"] for row in rows)


async def check_topics_not_ahead(
    database: Database, access: KafkaAccess, topic: str, source: str
) -> None:
    """Compare the tail of the service's own topic with its rows.

    A topic that is ahead means that the database was restored to an earlier moment; going on would
    use numbers twice.

    Raises:
        StartRefusedError: The topic is ahead.
    """
    backoff = Backoff()
    while True:
        try:
            ahead = await _ahead(database, access, topic, source)
            break
        except (KafkaError, OSError, UnavailableError) as error:
            _log.warning("start_waits", error=type(error).__name__)
            await backoff.wait()
    if ahead:
        raise StartRefusedError(
            f"{topic} is ahead of the database, which is an older one: case {ahead}; "
            "restore a newer backup"
        )


async def _ahead(database: Database, access: KafkaAccess, topic: str, source: str) -> str | None:
    consumer = AIOKafkaConsumer(**access.client(), enable_auto_commit=False, group_id=None)
    try:
        await consumer.start()
        sent = await _tail(consumer, topic)
    finally:
        async with asyncio.timeout(READ_TIMEOUT_MS / 1000):
            await consumer.stop()
    if not sent:
        return None
    async with database.read() as connection:
        return await _first_ahead(connection, sent, source)


async def _tail(consumer: AIOKafkaConsumer, topic: str) -> dict[str, int]:
    """Return the highest sequence of each case among the newest records.

    Raises:
        KafkaError: The broker did not give all of them; half a tail proves nothing.
    """
    await consumer._client.force_metadata_update()  # noqa: SLF001 - the only way to ask for one topic
    partitions = await _partitions(consumer, topic)
    ends = await consumer.end_offsets(partitions)
    begins = await consumer.beginning_offsets(partitions)
    consumer.assign([place for place in partitions if ends[place] > begins[place]])
    highest: dict[str, int] = {}
    for place in consumer.assignment():
        consumer.seek(place, max(begins[place], ends[place] - TAIL_RECORDS))
    while any([await consumer.position(place) < ends[place] for place in consumer.assignment()]):
        batches = await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)
        if not batches:
            raise KafkaTimeoutError
        for record in (record for batch in batches.values() for record in batch):
            try:
                envelope = read_envelope(record.headers)
            except EnvelopeError:
                continue
            case_id = str(envelope.case_id)
            highest[case_id] = max(highest.get(case_id, 0), envelope.sequence)
    return highest


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    await consumer._client.add_topic(topic)  # noqa: SLF001 - partitions_for_topic knows subscribed ones only
    numbers = consumer.partitions_for_topic(topic) or set()
    return [TopicPartition(topic, number) for number in sorted(numbers)]


async def _first_ahead(connection: Connection, sent: dict[str, int], source: str) -> str | None:
    rows = await connection.fetch(_QUERIES["emitted_of"], list(sent), source)
    emitted = {str(row["case_id"]): row["seq"] or 0 for row in rows}
    for case_id, sequence in sent.items():
        if emitted.get(case_id, 0) < sequence:
            return case_id
    return None
