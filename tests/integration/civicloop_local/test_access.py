"""Access: what the generated rights allow and refuse, asked of a real Kafka and Postgres."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from psycopg import sql

from civicloop.lag import read_lags
from civicloop.topics import TopicReader
from civicloop_contracts.topics import load_topics
from civicloop_local.credentials import AUDITOR_ROLE, AUDITOR_USER
from civicloop_local.kafka import client_settings
from civicloop_local.kafka_auditor import AUDITOR_GROUPS
from civicloop_local.services import SERVICES
from civicloop_local.testing import fresh_prefix

if TYPE_CHECKING:
    from civicloop_local.services import Record, Service
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


def _write(
    backends: Backends, user: str, topic: str, *, idempotent: bool = True
) -> KafkaError | None:
    outcome: list[KafkaError | None] = []
    settings = client_settings(backends.bootstrap, user, backends.credentials.kafka[user])
    producer = Producer({**settings, "enable.idempotence": idempotent, "log_level": 0})
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


RECORDS = [(service, record) for service in SERVICES for record in service.records]


@pytest.mark.parametrize(
    ("service", "record"), RECORDS, ids=[f"{s.name}-{r.table}" for s, r in RECORDS]
)
def test_a_serving_role_cannot_rewrite_its_audit(
    backends: Backends, prefix: str, service: Service, record: Record
) -> None:
    """It adds rows; it can neither change nor delete one, whoever breaks into it."""
    table = sql.Identifier(record.table)
    with psycopg.connect(backends.databases.url(service.database, prefix=prefix)) as connection:
        for column in _columns(connection, record.table):
            change = sql.SQL("UPDATE {t} SET {c} = DEFAULT").format(
                t=table, c=sql.Identifier(column)
            )
            if column in record.progress:
                connection.execute(change)
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(change)
        for ending in ("DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(sql.SQL(ending).format(table))
        # Whoever goes on with an operation locks it first.
        look = "SELECT * FROM {} FOR UPDATE" if record.progress else "SELECT * FROM {}"
        connection.execute(sql.SQL(look).format(table))


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "AND table_schema = 'public'",
        (table,),
    )
    found = [str(name) for (name,) in rows]
    assert found
    return found


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_serving_role_waits_for_nothing_long(
    backends: Backends, prefix: str, service: Service
) -> None:
    """What a forgotten transaction may cost others is bounded (protocol.md, 2)."""
    with psycopg.connect(backends.databases.url(service.database, prefix=prefix)) as connection:
        shown = [
            connection.execute(sql.SQL("SHOW {}").format(sql.SQL(setting))).fetchone()
            for setting in ("idle_in_transaction_session_timeout", "lock_timeout")
        ]
    assert shown == [("5s",), ("2s",)]


def test_the_auditor_reads_facts_and_nothing_else(backends: Backends, prefix: str) -> None:
    """Neither dead letters nor a word of its own, and in no service's group."""
    _write(backends, "intake", f"{prefix}intake.cases")
    assert _read(backends, AUDITOR_USER, f"{AUDITOR_GROUPS}test", f"{prefix}intake.cases") is None
    for topic in load_topics():
        # An idempotent writer would be turned away before it names a topic.
        error = _write(backends, AUDITOR_USER, prefix + topic.name, idempotent=False)
        assert error is not None
        assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    foreign = _read(backends, AUDITOR_USER, f"{prefix}router", f"{prefix}intake.cases")
    assert foreign == KafkaError.GROUP_AUTHORIZATION_FAILED
    letters = f"{prefix}intake.dead-letters"
    closed = _read(backends, AUDITOR_USER, f"{AUDITOR_GROUPS}test", letters)
    assert closed == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_the_auditor_can_do_its_work(backends: Backends, prefix: str) -> None:
    """Read every fact, and see how far each service is."""
    settings = client_settings(
        backends.bootstrap, AUDITOR_USER, backends.credentials.kafka[AUDITOR_USER]
    )
    with closing(TopicReader(settings, prefix)) as reader:
        offsets = reader.offsets()
        seen = sum(1 for _ in reader.read_until(offsets))
    assert seen == sum(high - low for low, high in offsets.values()) > 0
    assert {lag.group for lag in read_lags(settings, prefix)} == {prefix + name for name in NAMES}


def test_the_auditor_does_not_see_what_a_room_keeps(backends: Backends, prefix: str) -> None:
    """Sequences and digests are enough to judge by."""
    for service in SERVICES:
        auditor = backends.databases.url(service.database, role=AUDITOR_ROLE, prefix=prefix)
        with psycopg.connect(auditor) as connection:
            columns = connection.execute("SELECT * FROM audit.case_rows").description
        names = {column.name for column in columns or ()}
        assert {"case_id", "inbox", "emitted"} <= names
        assert "state" not in names


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
