"""Before a start the tail of the own topic is compared with the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from tests.unit.civicloop_kit.counting import attached
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.test_producing_sending import ACCESS
from tests.unit.civicloop_kit.topics import Topic

from civicloop_kit import startup
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.startup import StartRefusedError, check_topics_not_ahead
from civicloop_kit.testing.bench import record_of

TOPIC, SOURCE = "router.tasks", "/router/tasks"
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
UNREADABLE = SimpleNamespace(headers=(("ce_id", b"\xff"),))


def fact(case_id: UUID, sequence: int) -> SimpleNamespace:
    """Return a record of the topic."""
    return SimpleNamespace(headers=record_of(attached(case_id), SOURCE, sequence).headers)


def emitted(**numbers: int | None) -> Scripted:
    """Return a database that has handed out these numbers."""
    cases = {"one": ONE, "two": TWO, "three": THREE}
    rows = [{"case_id": cases[name], "seq": number} for name, number in numbers.items()]
    return Scripted(emitted_of=rows)


@contextmanager
def read_from(topic: Topic) -> Iterator[None]:
    """Read a topic in place of a broker's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(startup, "AIOKafkaConsumer", topic.make)
        yield


async def check(topic: Topic, database: Scripted) -> None:
    """Compare."""
    with read_from(topic):
        await check_topics_not_ahead(cast("Any", database), ACCESS, TOPIC, SOURCE)


async def test_a_database_that_knows_all_of_the_topic_is_taken() -> None:
    """It may know more: what it has still to send."""
    topic = Topic([fact(ONE, 1), fact(ONE, 2)], [fact(TWO, 1)])
    database = emitted(one=2, two=5)
    await check(topic, database)
    cases, source = database.arguments("emitted_of")
    assert (set(cases), source) == ({str(ONE), str(TWO)}, SOURCE)


@pytest.mark.parametrize(
    "database",
    [emitted(one=1, two=1), emitted(two=1), emitted(one=None, two=1)],
    ids=["it stands before", "the case is not known", "the case has told nothing"],
)
async def test_a_topic_that_is_ahead_is_refused(database: Scripted) -> None:
    """Its numbers would be handed out twice; the case and the way out are said."""
    topic = Topic([fact(TWO, 1), fact(ONE, 1), fact(ONE, 2)])
    with pytest.raises(StartRefusedError) as refused:
        await check(topic, database)
    assert str(refused.value) == (
        "router.tasks is ahead of the database, which is an older one: "
        "case 00000000-0000-0000-0000-000000000001; restore a newer backup"
    )


@pytest.mark.parametrize("database", [emitted(), emitted(one=None)])
async def test_one_fact_is_enough_to_be_ahead(database: Scripted) -> None:
    """The first number counts like any other."""
    with pytest.raises(StartRefusedError):
        await check(Topic([fact(ONE, 1)]), database)


async def test_the_highest_number_counts_wherever_it_is() -> None:
    """A fact that was sent again comes after later ones."""
    topic = Topic([fact(ONE, 2), fact(ONE, 1), fact(ONE, 1)])
    with pytest.raises(StartRefusedError):
        await check(topic, emitted(one=1))


async def test_what_nobody_can_read_is_passed_over() -> None:
    """What comes after it, in the same batch, is read."""
    topic = Topic([UNREADABLE, fact(ONE, 2)])
    with pytest.raises(StartRefusedError):
        await check(topic, emitted(one=1))


@pytest.mark.parametrize("gone", [0, 1_000])
async def test_the_newest_twenty_of_each_partition_are_read(gone: int) -> None:
    """Fewer where there are fewer; whatever is left of the topic."""
    long = [fact(ONE, number) for number in range(1, 31)]
    short = [fact(TWO, 1), fact(TWO, 2), fact(TWO, 3)]
    topic = Topic(long, [], short, gone=gone)
    await check(topic, emitted(one=30, two=3))
    (consumer,) = topic.consumers
    read = [(0, gone + index) for index in range(10, 30)]
    assert sorted(consumer.read) == [*read, (2, gone), (2, gone + 1), (2, gone + 2)]
    assert consumer.waited_ms == {5_000}


async def test_a_topic_that_grows_meanwhile_is_read_to_where_it_ended() -> None:
    """What comes later than that is another process's."""
    topic = Topic([fact(ONE, number) for number in range(1, 7)])
    topic.grew_by = 3
    await check(topic, emitted(one=4))
    assert topic.consumers[0].read == [(0, 0), (0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize("topic", [Topic(), Topic([], []), Topic([UNREADABLE])])
async def test_a_topic_without_facts_asks_nothing_of_the_database(topic: Topic) -> None:
    """Nothing can be ahead."""
    database = emitted()
    await check(topic, database)
    assert database.asked == []


async def test_reading_leaves_no_trace() -> None:
    """No group, no position; the consumer is gone at the end."""
    topic = Topic([fact(ONE, 1)])
    await check(topic, emitted(one=1))
    (consumer,) = topic.consumers
    assert consumer.settings["group_id"] is None
    assert consumer.settings["enable_auto_commit"] is False
    assert consumer.settings["bootstrap_servers"] == "broker:9092"
    assert consumer.is_stopped


def waited(topic: Topic, database: Scripted) -> float:
    """Compare in a hurry; returns how long that took."""

    async def run() -> float:
        await check(topic, database)
        return seconds()

    return hurried(run())


@pytest.mark.parametrize("error", [KafkaConnectionError("away"), ConnectionResetError("cut")])
def test_a_broker_that_is_away_is_asked_again(error: Exception) -> None:
    """With another consumer, after a longer wait each time."""
    topic = Topic([fact(ONE, 1)])
    topic.fails = [error, error]
    assert waited(topic, emitted(one=1)) == 0.15
    assert [consumer.is_stopped for consumer in topic.consumers] == [True, True, True]


def test_a_database_that_is_away_is_asked_again() -> None:
    """The topic is read again, too: it may have grown."""
    topic, database = Topic([fact(ONE, 1)]), emitted(one=1)
    database.fails = [UnavailableError()]
    assert waited(topic, database) == 0.05
    assert len(topic.consumers) == 2


def test_half_a_tail_proves_nothing() -> None:
    """A broker that gives no more before the end is asked again."""
    topic = Topic([fact(ONE, number) for number in (1, 2, 3)])
    topic.gives_nothing = 1
    assert waited(topic, emitted(one=3)) == 0.05
    assert len(topic.consumers[-1].read) == 3


def test_a_consumer_that_does_not_leave_holds_nobody_up() -> None:
    """It is given five seconds, and the topic is read again with another."""
    topic = Topic([fact(ONE, 1)])
    topic.keeps_leaving = 1
    assert waited(topic, emitted(one=1)) == 5.05
    assert [consumer.is_stopped for consumer in topic.consumers] == [False, True]


async def test_a_broker_that_gives_nothing_is_no_topic_without_facts() -> None:
    """It is an error of the broker's."""
    topic = Topic([fact(ONE, 1)])
    topic.gives_nothing = 1
    with pytest.raises(KafkaTimeoutError), read_from(topic):
        await startup._ahead(cast("Any", emitted()), ACCESS, TOPIC, SOURCE)
