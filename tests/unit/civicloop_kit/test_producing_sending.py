"""The producer of facts: what it asks of Kafka's client, and what it says of the answers."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from msgspec.structs import replace
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.test_producing import FACT, Batch

from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.producing import KafkaProducer, SendFailedError, key_hash
from civicloop_kit.rows import OutboxFact

ACCESS = KafkaAccess(bootstrap="broker:9092", username="router", password="secret")
PARTITIONS = 3


class Client:
    """Kafka's client without Kafka: it keeps what it is given and confirms when told."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.sent: list[tuple[str, int, int]] = []
        self.waiting: list[asyncio.Future[object]] = []
        self.fails: Exception | None = None
        self.hangs = False
        self.stopped = False

    async def start(self) -> None:
        """Connect."""
        self._fail()

    async def stop(self) -> None:
        """Disconnect."""
        self._fail()
        if self.hangs:
            await asyncio.Event().wait()
        self.stopped = True

    async def partitions_for(self, _topic: str) -> set[int]:
        """Return the numbers of a topic's partitions."""
        return set(range(PARTITIONS))

    def create_batch(self) -> Batch:
        """Return an empty batch."""
        return Batch()

    async def send_batch(
        self, batch: Batch, topic: str, *, partition: int
    ) -> asyncio.Future[object]:
        """Take a batch."""
        self._fail()
        self.sent.append((topic, partition, len(batch.taken)))
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[Client]:
    """Collect the clients that are made."""
    made: list[Client] = []

    def make(**settings: Any) -> Client:
        made.append(Client(**settings))
        return made[-1]

    monkeypatch.setattr("civicloop_kit.producing.AIOKafkaProducer", make)
    return made


def fact(number: int, topic: str = "router.tasks") -> OutboxFact:
    """Return the fact of a case."""
    return replace(FACT, case_id=UUID(int=number), topic=topic)


def place(item: OutboxFact) -> int:
    """Return the partition in which every writer puts the case."""
    return key_hash(str(item.case_id).encode()) % PARTITIONS


async def test_a_fact_is_stored_once_by_all_brokers_or_not_at_all(clients: list[Client]) -> None:
    """Idempotent and confirmed by all; gathered by the relay, so that waiting only adds time."""
    KafkaProducer(ACCESS)
    settings = clients[0].settings
    assert (settings["acks"], settings["enable_idempotence"]) == ("all", True)
    assert settings["linger_ms"] == 0
    # Half of what a broker takes unless it is told otherwise.
    assert settings["max_batch_size"] == 512 * 1024
    assert settings["request_timeout_ms"] == 10_000
    assert settings["bootstrap_servers"] == ACCESS.bootstrap


async def test_each_case_goes_to_its_partition_in_order(clients: list[Client]) -> None:
    """One batch after another per partition; confirmed is what was in the batch."""
    producer, confirmed = KafkaProducer(ACCESS), list[OutboxFact]()
    facts = [fact(number) for number in range(1, 12)]
    await producer.send(facts, confirmed.extend)
    (client,) = clients
    for partition in range(PARTITIONS):
        mine = [item for item in facts if place(item) == partition]
        sizes = [count for _, number, count in client.sent if number == partition]
        assert sum(sizes) == len(mine) > 0
    assert confirmed == []
    for future in client.waiting:
        future.set_result(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(item.case_id for item in confirmed) == [item.case_id for item in facts]
    for partition in range(PARTITIONS):
        order = [item.case_id for item in confirmed if place(item) == partition]
        assert order == sorted(order)


async def test_topics_are_apart(clients: list[Client]) -> None:
    """A dead letter of a case is no fact of it."""
    await KafkaProducer(ACCESS).send([fact(1), fact(1, "router.dead-letters")], print)
    assert [topic for topic, _, _ in clients[0].sent] == ["router.tasks", "router.dead-letters"]


@pytest.mark.parametrize("error", [KafkaConnectionError("away"), ConnectionResetError("cut")])
async def test_a_broker_that_is_away_is_told(clients: list[Client], error: Exception) -> None:
    """By its kind, at the start and when facts are handed over."""
    producer = KafkaProducer(ACCESS)
    clients[0].fails = error
    with pytest.raises(SendFailedError, match=type(error).__name__):
        await producer.start()
    assert producer.failed is None
    with pytest.raises(SendFailedError, match=type(error).__name__):
        await producer.send([fact(1)], print)
    assert producer.failed is error


@pytest.mark.parametrize("error", [KafkaError("refused"), ConnectionResetError("cut")])
async def test_nothing_counts_after_a_batch_that_was_refused(
    clients: list[Client], error: Exception
) -> None:
    """Its numbers are used up: what comes after it is sent again by another producer."""
    producer, confirmed = KafkaProducer(ACCESS), list[list[UUID]]()
    facts = [fact(number) for number in range(1, 12)]
    await producer.send(facts, lambda part: confirmed.append([item.case_id for item in part]))
    first, second, *rest = clients[0].waiting
    first.set_result(None)
    await asyncio.sleep(0)
    second.set_exception(error)
    await asyncio.sleep(0)
    for future in rest[:-1]:
        future.set_result(None)
    await asyncio.sleep(0)
    rest[-1].set_exception(KafkaError("late"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert producer.failed is error
    told, *after = confirmed
    assert told
    # The relay is woken, and told of nothing.
    assert after == [[], []]


async def test_whoever_leaves_tells_nobody(clients: list[Client]) -> None:
    """What is confirmed after the end is somebody else's to find."""
    producer, confirmed = KafkaProducer(ACCESS), list[object]()
    await producer.send([fact(1)], confirmed.append)
    await producer.stop()
    clients[0].waiting[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (confirmed, clients[0].stopped) == ([], True)


async def test_whoever_leaves_waits_for_no_confirmation(clients: list[Client]) -> None:
    """Nobody is left to hear of it."""
    producer = KafkaProducer(ACCESS)
    await producer.send([fact(1)], print)
    await asyncio.sleep(0)
    await producer.stop()
    await asyncio.sleep(0)
    assert clients[0].waiting[0].cancelled()


@pytest.mark.parametrize("error", [KafkaError("away"), ConnectionResetError("cut")])
async def test_leaving_a_broker_that_is_away_is_no_failure(
    clients: list[Client], error: Exception
) -> None:
    """What was not confirmed is in the outbox."""
    producer = KafkaProducer(ACCESS)
    clients[0].fails = error
    await producer.stop()


def test_leaving_does_not_wait_for_batches_that_never_end(clients: list[Client]) -> None:
    """A stop has to be done in seconds."""

    async def leave() -> float:
        producer = KafkaProducer(ACCESS)
        clients[0].hangs = True
        await producer.stop()
        return seconds()

    assert hurried(leave()) == 3
