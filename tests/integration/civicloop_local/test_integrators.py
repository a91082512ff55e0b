"""Integrators, asked of a real Kafka: they read what they were given, and nothing else."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

from civicloop_local.integrators import Integrator, IntegratorAccess
from civicloop_local.kafka import broker_answers, client_settings
from civicloop_local.kafka_rights import found_rights
from civicloop_local.testing import fresh_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from civicloop_local.testing import Backends

GIVEN = ("feedback.case-snapshots", "intake.cases")
TIMEOUT_S = 15.0


@pytest.fixture(scope="module")
def prefix(backends: Backends) -> str:
    """Topics of this module's own."""
    made = fresh_prefix()
    backends.create_topics(made)
    return made


@pytest.fixture
def access(backends: Backends, prefix: str) -> IntegratorAccess:
    """The integrators of the broker."""
    return IntegratorAccess(backends.admin_settings, prefix=prefix)


@pytest.fixture
def permits(access: IntegratorAccess) -> Iterator[tuple[Integrator, str]]:
    """An integrator with two topics, and its password; gone afterwards."""
    made = Integrator(name=f"permits-{secrets.token_hex(3)}", topics=GIVEN)
    passwords: list[str] = []
    assert access.add(made, passwords.append)
    yield made, passwords[0]
    access.remove(made.name)


@pytest.fixture
def read(backends: Backends, prefix: str) -> Callable[..., int | None]:
    """Return how a user fares who reads a topic in a group: None, or the error's code."""

    def reads(user: str, password: str, group: str, topic: str) -> int | None:
        settings = client_settings(backends.bootstrap, user, password)
        own = {"group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
        consumer = Consumer({**settings, **own})
        try:
            consumer.subscribe([prefix + topic])
            message = consumer.poll(TIMEOUT_S)
            if message is not None and message.error() is None:
                consumer.commit(message=message, asynchronous=False)
        finally:
            consumer.close()
        assert message is not None
        error = message.error()
        return error.code() if error else None

    return reads


@pytest.fixture(scope="module", autouse=True)
def _something_to_read(backends: Backends, prefix: str) -> None:
    """A record in every topic."""
    producer = Producer(backends.admin_settings)
    for topic in ("intake.cases", "router.tasks", "feedback.case-snapshots"):
        producer.produce(prefix + topic, b"{}", b"key")
    assert producer.flush(TIMEOUT_S) == 0


@pytest.mark.parametrize("topic", GIVEN)
def test_an_integrator_reads_what_it_was_given(
    permits: tuple[Integrator, str], read: Callable[..., int | None], topic: str
) -> None:
    """In a group of its own, and it keeps its place there."""
    who, password = permits
    assert read(who.user, password, f"{who.group_prefix}table", topic) is None


@pytest.mark.parametrize("topic", ["router.tasks", "intake.dead-letters"])
def test_another_topic_is_refused(
    permits: tuple[Integrator, str], read: Callable[..., int | None], topic: str
) -> None:
    """A public one that it was not given, and a dead-letter topic."""
    who, password = permits
    code = read(who.user, password, f"{who.group_prefix}table", topic)
    assert code == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("group", ["router", "integrator-{name}", "integrator-{name}s.table"])
def test_a_foreign_group_is_refused(
    permits: tuple[Integrator, str], read: Callable[..., int | None], group: str
) -> None:
    """A service's, one without the dot, and that of a name which begins like its own."""
    who, password = permits
    code = read(who.user, password, group.format(name=who.name), "intake.cases")
    assert code == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_writing_is_refused(
    permits: tuple[Integrator, str], backends: Backends, prefix: str
) -> None:
    """Also to a topic that it reads."""
    who, password = permits
    outcome: list[KafkaError | None] = []
    settings = client_settings(backends.bootstrap, who.user, password)
    producer = Producer({**settings, "log_level": 0, "message.timeout.ms": 10_000})
    producer.produce(
        f"{prefix}intake.cases", b"{}", on_delivery=lambda error, _message: outcome.append(error)
    )
    producer.flush(TIMEOUT_S)
    (error,) = outcome
    assert error is not None
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_it_administers_nothing(
    permits: tuple[Integrator, str], backends: Backends, prefix: str
) -> None:
    """It sees its own topics only; it makes none, sees no rights, moves nobody's positions."""
    who, password = permits
    client = AdminClient(
        {**client_settings(backends.bootstrap, who.user, password), "log_level": 0}
    )
    assert set(client.list_topics(timeout=TIMEOUT_S).topics) == {prefix + name for name in GIVEN}
    with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
        client.create_topics([NewTopic(f"{prefix}x", 1)])[f"{prefix}x"].result(TIMEOUT_S)
    assert found_rights(client) == []  # librdkafka says nothing of the refusal
    group, place = f"{prefix}router", TopicPartition(f"{prefix}intake.cases", 0, 0)
    foreign = ConsumerGroupTopicPartitions(group, [place])
    with pytest.raises(KafkaException, match="GROUP_AUTHORIZATION_FAILED"):
        client.alter_consumer_group_offsets([foreign])[group].result(TIMEOUT_S)


def test_adding_again_changes_topics_and_keeps_the_password(
    permits: tuple[Integrator, str], access: IntegratorAccess, read: Callable[..., int | None]
) -> None:
    """What is left out is taken away; the same call twice changes nothing."""
    who, password = permits
    narrowed = Integrator(name=who.name, topics=("router.tasks",))
    for _ in range(2):
        assert not access.add(narrowed, lambda _password: pytest.fail("a new password"))
        assert narrowed in access.all()
    group = f"{who.group_prefix}{uuid4()}"
    assert read(who.user, password, group, "router.tasks") is None
    refused = read(who.user, password, group, "intake.cases")
    assert refused == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_new_password_replaces_the_old_one(
    permits: tuple[Integrator, str],
    access: IntegratorAccess,
    backends: Backends,
    read: Callable[..., int | None],
) -> None:
    """Only when it is asked for."""
    who, old = permits
    fresh: list[str] = []
    assert access.add(who, fresh.append, new_password=True)
    group = f"{who.group_prefix}table"
    assert read(who.user, fresh[0], group, "intake.cases") is None
    assert not broker_answers(client_settings(backends.bootstrap, who.user, old))


def test_removing_takes_rights_and_login(
    permits: tuple[Integrator, str],
    access: IntegratorAccess,
    backends: Backends,
) -> None:
    """Twice is once, and a neighbour whose name begins alike keeps everything."""
    who, password = permits
    neighbour = Integrator(name=f"{who.name}-2", topics=("intake.cases",))
    access.add(neighbour, lambda _password: None)
    try:
        assert access.remove(who.name)
        assert not access.remove(who.name)
        assert found_rights(AdminClient(backends.admin_settings), who.user) == []
        assert who.name not in {one.name for one in access.all()}
        assert neighbour in access.all()
        assert not broker_answers(client_settings(backends.bootstrap, who.user, password))
    finally:
        access.remove(neighbour.name)


def test_who_is_logged_in_is_refused_from_the_moment_of_removal(
    permits: tuple[Integrator, str], access: IntegratorAccess, backends: Backends, prefix: str
) -> None:
    """A connection that is open does not outlive the rights."""
    who, password = permits
    settings = client_settings(backends.bootstrap, who.user, password)
    consumer = Consumer({**settings, "group.id": f"{who.group_prefix}table", "log_level": 0})
    try:
        place = TopicPartition(f"{prefix}intake.cases", 0)
        assert consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        access.remove(who.name)
        with pytest.raises(KafkaException):
            consumer.get_watermark_offsets(place, timeout=TIMEOUT_S, cached=False)
    finally:
        consumer.close()
