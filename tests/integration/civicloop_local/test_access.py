"""Access: what the generated rights allow and refuse, asked of a real Kafka and Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from civicloop_contracts.topics import load_topics
from civicloop_local.kafka import client_settings
from civicloop_local.services import SERVICES
from civicloop_local.testing import fresh_prefix

if TYPE_CHECKING:
    from civicloop_local.testing import Backends

NAMES = tuple(service.name for service in SERVICES)
TIMEOUT_S = 15


@pytest.fixture(scope="module")
def prefix(backends: Backends) -> str:
    """Topics and databases of this module's own."""
    made = fresh_prefix()
    backends.create_topics(made)
    backends.create_databases(made)
    return made


def _write(backends: Backends, user: str, topic: str) -> KafkaError | None:
    outcome: list[KafkaError | None] = []
    settings = client_settings(backends.bootstrap, user, backends.credentials.kafka[user])
    producer = Producer({**settings, "enable.idempotence": True, "log_level": 0})
    producer.produce(
        topic, b"{}", b"key", on_delivery=lambda error, _message: outcome.append(error)
    )
    producer.flush(TIMEOUT_S)
    return outcome[0]


@pytest.mark.parametrize("user", NAMES)
def test_a_service_writes_its_own_topics_only(backends: Backends, prefix: str, user: str) -> None:
    """Every other topic refuses it, whatever it may read."""
    for topic in load_topics():
        error = _write(backends, user, prefix + topic.name)
        if topic.producer == user:
            assert error is None
        else:
            assert error is not None
            assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_consumer_reads_in_its_own_group_only(backends: Backends, prefix: str) -> None:
    """Another group's name is refused."""
    _write(backends, "intake", f"{prefix}intake.cases")
    assert _read(backends, "router", f"{prefix}router", f"{prefix}intake.cases") is None
    refused = _read(backends, "router", f"{prefix}feedback", f"{prefix}intake.cases")
    assert refused == KafkaError.GROUP_AUTHORIZATION_FAILED


def _read(backends: Backends, user: str, group: str, topic: str) -> int | None:
    settings = client_settings(backends.bootstrap, user, backends.credentials.kafka[user])
    own = {"group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
    consumer = Consumer({**settings, **own})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(TIMEOUT_S)
    finally:
        consumer.close()
    assert message is not None
    error = message.error()
    return error.code() if error else None


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "PLAINTEXT"])
def test_nobody_enters_without_the_right_password(backends: Backends, security: str) -> None:
    """Neither with a wrong one nor with none."""
    settings = client_settings(backends.bootstrap, "admin", "wrong")
    client = AdminClient({**settings, "security.protocol": security, "log_level": 0})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=2)


def test_applying_twice_changes_nothing(backends: Backends, prefix: str) -> None:
    """Topics, rights, databases and migrations may be applied at every start."""
    before = AdminClient(backends.admin_settings).list_topics(timeout=TIMEOUT_S).topics
    backends.create_topics(prefix)
    assert set(backends.databases.apply(prefix=prefix).values()) == {0}
    after = AdminClient(backends.admin_settings).list_topics(timeout=TIMEOUT_S).topics
    assert set(before) == set(after)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_serving_role_changes_rows_not_tables(
    backends: Backends, prefix: str, service: object
) -> None:
    """It does not own its database."""
    database = getattr(service, "database", "")
    with psycopg.connect(backends.databases.url(database, prefix=prefix)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.own (id int)")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM _yoyo_migration")
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM _yoyo_migration").fetchone() != (0,)


def test_a_serving_role_cannot_enter_another_database(backends: Backends, prefix: str) -> None:
    """Services share nothing but Kafka."""
    foreign = backends.databases.url("intake", role="router", prefix=prefix)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(foreign)


def test_a_new_table_is_open_to_the_serving_role(backends: Backends, prefix: str) -> None:
    """Rights reach tables that later migrations make."""
    owner = backends.databases.url("router", role="router_owner", prefix=prefix)
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE later (id int)")
    with psycopg.connect(backends.databases.url("router", prefix=prefix)) as connection:
        connection.execute("INSERT INTO later VALUES (1)")


def test_the_auditor_sees_the_audit_views_only(backends: Backends, prefix: str) -> None:
    """Not the tables below them."""
    owner = backends.databases.url("router", role="router_owner", prefix=prefix)
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS audit")
        connection.execute("CREATE TABLE hidden (id int)")
        connection.execute("CREATE VIEW audit.shown AS SELECT id FROM hidden")
    backends.databases.apply(prefix=prefix)
    auditor = backends.databases.url("router", role="auditor", prefix=prefix)
    with psycopg.connect(auditor) as connection:
        assert connection.execute("SELECT id FROM audit.shown").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT id FROM hidden")
