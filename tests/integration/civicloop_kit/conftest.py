"""Fresh topics for every test; databases are migrated once, and emptied before each."""

from typing import Any, Protocol

import psycopg
import pytest
import structlog
from psycopg import sql
from tests.integration.civicloop_kit.world import World

from civicloop_kit.settings import PREFIX, ServiceSettings
from civicloop_local.services import KEYRING_DATABASE, service_named
from civicloop_local.testing import Backends, fresh_prefix


class MakeWorld(Protocol):
    """Makes the world of one service."""

    def __call__(self, service: str, *, topics: bool = True) -> World:
        """Return it."""


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # The default renderer draws every traceback: seconds, where many cases fail on purpose.
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )


@pytest.fixture(scope="session")
def migrated(backends: Backends) -> str:
    """Return the prefix of databases that are migrated once for all tests."""
    prefix = fresh_prefix()
    backends.create_databases(prefix)
    return prefix


@pytest.fixture
def make_world(backends: Backends, migrated: str) -> MakeWorld:
    """Give an empty database for a service, and fresh topics unless told otherwise."""

    def make(service: str, *, topics: bool = True) -> World:
        prefix = fresh_prefix()
        if topics:
            backends.create_topics(prefix)
        stored = backends.environment(service, migrated)
        for database in (service_named(service).database, KEYRING_DATABASE):
            # The owner: a serving role may not delete its audit records.
            _empty(backends.databases.url(database, role=f"{database}_owner", prefix=migrated))
        environment = backends.environment(service, prefix) | {
            "CIVICLOOP_DATABASE_URL": stored["CIVICLOOP_DATABASE_URL"],
            "CIVICLOOP_KEYRING_URL": _keyring_url(backends, migrated),
            "CIVICLOOP_KEYRING_KEY": backends.credentials.keyring_key,
        }
        # Rights of a fresh topic take a moment to arrive; only processes have to wait for theirs.
        user, password = backends.admin
        login = {"CIVICLOOP_KAFKA_USERNAME": user, "CIVICLOOP_KAFKA_PASSWORD": password}
        return World(
            backends=backends,
            prefix=prefix,
            environment=environment,
            settings=_settings(environment | login),
        )

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Give the small room's topics and database."""
    return make_world("router")


@pytest.fixture
def quiet(make_world: MakeWorld) -> World:
    """Give the small room's database; there are no topics."""
    return make_world("router", topics=False)


def _keyring_url(backends: Backends, prefix: str) -> str:
    return backends.databases.url(KEYRING_DATABASE, prefix=prefix)


def _empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ 'yoyo'"
        )
        for (table,) in tables.fetchall():
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def _settings(environment: dict[str, str]) -> ServiceSettings:
    known: dict[str, Any] = {
        name: environment[variable]
        for name in ServiceSettings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
    return ServiceSettings(**known)
