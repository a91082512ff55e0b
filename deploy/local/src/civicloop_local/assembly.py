"""The parts of a stack, joined: what starts, in which order, told what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from civicloop_contracts.topics import load_topics
from civicloop_local.credentials import AUDITOR_USER, load_credentials
from civicloop_local.databases import Databases
from civicloop_local.downloads import ensure_jars, locked_jars
from civicloop_local.java import find_java
from civicloop_local.kafka import KafkaPart, client_settings
from civicloop_local.kafka_access import KafkaAccess
from civicloop_local.kafka_auditor import apply_auditor
from civicloop_local.layout import WORK_TREE
from civicloop_local.parts import ServicePart, StepPart
from civicloop_local.ports import HOST, take_ports
from civicloop_local.postgres import PostgresPart
from civicloop_local.postgres_binaries import check_reachable, find_binaries
from civicloop_local.servers import Servers, local_servers
from civicloop_local.services import KEYRING_DATABASE, SERVICES, Service
from civicloop_local.token_files import TOKEN_HOURS, TokenFile
from civicloop_local.tokens import public_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from civicloop_local.credentials import Credentials
    from civicloop_local.layout import Layout
    from civicloop_local.parts import Part

BACKENDS: Final = ("kafka", "postgres")
STEPS: Final = ("topics", "databases")
ALL_PARTS: Final = (*BACKENDS, *STEPS, *(service.name for service in SERVICES))
PORTS: Final = ("kafka", "kafka-controller", "postgres", *(service.name for service in SERVICES))

# The city's, and the one of demonstrations, which intake takes nowhere else by itself.
LOCAL_STANDARDS: Final = "gbt-47678.5-2026,local-emergency,local-food-safety,demo"


def check_machine(layout: Layout, say: Callable[[str], None]) -> None:
    """Make sure that everything a start needs is here, fetching what is missing.

    Raises:
        StackError: A prerequisite is missing; nothing was started.
    """
    layout.create()
    check_reachable(layout.home / "data")
    find_binaries(layout)
    find_java()
    ensure_jars(layout.jars, locked_jars(), say=say)


def assemble(layout: Layout, names: tuple[str, ...]) -> tuple[Part, ...]:
    """Return the named parts in order of need, with their ports taken.

    Raises:
        StackError: A prerequisite is missing.
    """
    credentials = load_credentials(layout)
    ports = take_ports(layout, PORTS)
    parts = (*_backends(layout, credentials, ports), *_steps(credentials, ports))
    services = tuple(_service_part(layout, credentials, ports, service) for service in SERVICES)
    return tuple(part for part in (*parts, *services) if part.name in names)


def service_environment(
    service: Service,
    credentials: Credentials,
    ports: Mapping[str, int],
    *,
    token_file: Path,
    servers: Servers | None = None,
    prefix: str = "",
) -> dict[str, str]:
    """Return the settings of one service, over this process's own environment.

    `servers` are the embedded ones unless given; `ports` are where the services listen;
    `token_file` is where a service that calls another finds its own token.
    """
    servers = servers or local_servers(ports)
    databases = databases_of(credentials, servers)
    own = {
        "KAFKA_BOOTSTRAP": servers.kafka,
        "KAFKA_USERNAME": service.name,
        "KAFKA_PASSWORD": credentials.kafka[service.name],
        "DATABASE_URL": databases.url(service.database, prefix=prefix),
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(ports[service.name]),
        "TOKEN_PUBLIC_KEY": public_key(credentials),
        "IDEMPOTENCY_KEY": credentials.idempotency_key,
        "TOPIC_PREFIX": prefix,
        "LOG_FORMAT": "json",
        "REPLICA": "0",
    }
    if service.uses_keyring:
        own["KEYRING_URL"] = databases.url(KEYRING_DATABASE, prefix=prefix)
        own["KEYRING_KEY"] = credentials.keyring_key
    if service.takes_reports:
        own["STANDARDS"] = os.environ.get("CIVICLOOP_STANDARDS", LOCAL_STANDARDS)
    if service.calls_departments:
        # Departments of a local stack listen on this machine.
        own["ALLOW_PRIVATE_WEBHOOKS"] = "true"
    if service.calls_intake:
        own["INTAKE_URL"] = f"http://{HOST}:{ports['intake']}"
        own["SERVICE_TOKEN_FILE"] = str(token_file)
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key != "CIVICLOOP_HOME" and not key.startswith("CIVICLOOP_TEST_")
    }
    return inherited | {f"CIVICLOOP_{key}": value for key, value in own.items()}


def token_file_of(
    layout: Layout, credentials: Credentials, service: Service, *, hours: float = TOKEN_HOURS
) -> TokenFile:
    """Return the file with a service's own token."""
    path = layout.run / f"{service.name}.token"
    return TokenFile(path=path, credentials=credentials, subject=service.name, hours=hours)


def databases_of(credentials: Credentials, servers: Servers) -> Databases:
    """Return the databases on a server."""
    return Databases(
        address=servers.postgres,
        credentials=credentials,
        work_tree=WORK_TREE,
        superuser=servers.superuser,
    )


def kafka_access(credentials: Credentials, servers: Servers) -> KafkaAccess:
    """Return the broker's topics and rights, as its administrator sees them."""
    admin = servers.kafka_admin
    return KafkaAccess(client_settings(servers.kafka, admin, credentials.kafka[admin]))


def apply_topics(
    credentials: Credentials,
    servers: Servers,
    *,
    prefix: str = "",
    max_partitions: int | None = None,
) -> None:
    """Bring users, topics and rights in line with the topic files.

    Raises:
        StackError: Kafka refused.
    """
    access, topics = kafka_access(credentials, servers), load_topics()
    users = (AUDITOR_USER, *(service.name for service in SERVICES))
    access.set_users({user: credentials.kafka[user] for user in users})
    access.apply(topics, prefix=prefix, max_partitions=max_partitions, exact=not prefix)
    admin = servers.kafka_admin
    apply_auditor(
        client_settings(servers.kafka, admin, credentials.kafka[admin]),
        (topic.name for topic in topics if topic.carries_facts),
        prefix=prefix,
    )


def _backends(
    layout: Layout, credentials: Credentials, ports: Mapping[str, int]
) -> tuple[Part, ...]:
    kafka = KafkaPart(
        layout=layout,
        credentials=credentials,
        java=find_java(),
        jars=ensure_jars(layout.jars, locked_jars()),
        client_port=ports["kafka"],
        controller_port=ports["kafka-controller"],
    )
    postgres = PostgresPart(
        layout=layout,
        credentials=credentials,
        binaries=find_binaries(layout),
        port=ports["postgres"],
    )
    return (kafka, postgres)


def _steps(credentials: Credentials, ports: Mapping[str, int]) -> tuple[Part, ...]:
    servers = local_servers(ports)

    def migrate() -> None:
        databases_of(credentials, servers).apply()

    def topics() -> None:
        apply_topics(credentials, servers)

    return (
        StepPart(name="topics", needs=("kafka",), work=topics),
        StepPart(name="databases", needs=("postgres",), work=migrate),
    )


def _service_part(
    layout: Layout, credentials: Credentials, ports: Mapping[str, int], service: Service
) -> ServicePart:
    data, token = layout.data(service.name), token_file_of(layout, credentials, service)

    def environment() -> dict[str, str]:
        own = service_environment(service, credentials, ports, token_file=token.path)
        return own | {"CIVICLOOP_DATA_DIR": str(data)}

    return ServicePart(
        service=service,
        address=f"{HOST}:{ports[service.name]}",
        data=data,
        environment=environment,
        token=token if service.calls_intake else None,
    )
