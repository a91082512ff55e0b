"""Servers for a test run that somebody else runs, named by the environment.

`CIVICLOOP_TEST_KAFKA` is `host:port` of a broker with SASL_PLAINTEXT, SCRAM-SHA-512 and access
lists; `CIVICLOOP_TEST_KAFKA_USERNAME` and `CIVICLOOP_TEST_KAFKA_PASSWORD` are those of its super
user. `CIVICLOOP_TEST_POSTGRES` is `postgresql://superuser:password@host:port`. Both servers have
to be there for tests only: users and roles of the services are made on them.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from civicloop_local.credentials import database_roles, kafka_users
from civicloop_local.errors import StackError
from civicloop_local.servers import Servers

if TYPE_CHECKING:
    from collections.abc import Mapping

KAFKA: Final = "CIVICLOOP_TEST_KAFKA"
KAFKA_USERNAME: Final = "CIVICLOOP_TEST_KAFKA_USERNAME"
KAFKA_PASSWORD: Final = "CIVICLOOP_TEST_KAFKA_PASSWORD"  # noqa: S105 -- a variable's name
POSTGRES: Final = "CIVICLOOP_TEST_POSTGRES"
VARIABLES: Final = (KAFKA, KAFKA_USERNAME, KAFKA_PASSWORD, POSTGRES)


def given_servers(environment: Mapping[str, str]) -> Servers | None:
    """Return the servers that the environment names, None when it names none.

    Raises:
        StackError: Only a part of what is needed is there, or an address cannot be read.
    """
    if not any(environment.get(name) for name in VARIABLES):
        return None
    for name in VARIABLES:
        if not environment.get(name):
            raise StackError(f"{name} is not set: set all of {', '.join(VARIABLES)}, or none")
    url = urlsplit(environment[POSTGRES])
    if url.scheme not in {"postgresql", "postgres"} or not (url.username and url.hostname):
        raise StackError(f"{POSTGRES} is no postgresql://superuser:password@host:port: correct it")
    return Servers(
        kafka=environment[KAFKA],
        postgres=url.netloc.rpartition("@")[2],
        kafka_admin=environment[KAFKA_USERNAME],
        superuser=unquote(url.username),
    )


def login_at(servers: Servers, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the passwords of every Kafka user and Postgres role on given servers.

    The services' own are made from the administrators', so that two runs on the same servers
    agree about them without keeping anything.
    """
    kafka = environment[KAFKA_PASSWORD]
    postgres = unquote(urlsplit(environment[POSTGRES]).password or "")
    return {
        "kafka": _derived(kafka, kafka_users()) | {servers.kafka_admin: kafka},
        "postgres": _derived(postgres, database_roles()) | {servers.superuser: postgres},
    }


def _derived(secret: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: hmac.digest(secret.encode(), name.encode(), "sha256").hex() for name in names}
