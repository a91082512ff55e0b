"""Topics and a database per test. Databases are copies of one that was migrated once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import sql

from civicloop_kit.settings import PREFIX, ServiceSettings
from civicloop_local.testing import Backends, fresh_prefix
from tests.integration.civicloop_kit.world import World

MakeWorld = Callable[[str], World]


@pytest.fixture(scope="session")
def migrated(backends: Backends) -> str:
    """Return the prefix of databases that are migrated and empty."""
    prefix = fresh_prefix()
    backends.create_databases(prefix)
    return prefix


@pytest.fixture
def make_world(backends: Backends, migrated: str) -> Iterator[MakeWorld]:
    """Give topics and databases for a service."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)

    def make(service: str) -> World:
        environment = backends.environment(service, prefix)
        database = service.replace("-", "_")
        for name in (database, "keyring"):
            _copy(backends, migrated, prefix, name)
        return World(backends=backends, prefix=prefix, settings=_settings(environment))

    yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Give the small room's topics and database."""
    return make_world("router")


def _copy(backends: Backends, migrated: str, prefix: str, name: str) -> None:
    with backends.databases._connect() as connection:
        copy = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        names = (prefix + name, f"{name}_owner", migrated + name)
        connection.execute(copy.format(*map(sql.Identifier, names)))


def _settings(environment: dict[str, str]) -> ServiceSettings:
    known: dict[str, Any] = {
        name: environment[variable]
        for name in ServiceSettings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
    return ServiceSettings(**known)
