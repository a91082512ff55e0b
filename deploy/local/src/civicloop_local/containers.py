"""Kafka and Postgres in containers, for a test run on a machine where Docker answers.

The node gets the same settings as the embedded one (SCRAM, access lists, one listener for
clients), by a start command of our own over the image's programs; its port is the same inside
and outside, because a broker tells its clients where it is.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

from civicloop_local.credentials import SUPERUSER
from civicloop_local.errors import StackError
from civicloop_local.kafka import admin_settings, broker_answers
from civicloop_local.kafka_properties import first_users, server_properties
from civicloop_local.servers import Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.container import DockerContainer

    from civicloop_local.credentials import Credentials

KAFKA_IMAGE: Final = "apache/kafka:4.3.1"
POSTGRES_IMAGE: Final = "postgres:17.2"
POSTGRES_PORT: Final = 5432
CONTROLLER: Final = "127.0.0.1:9094"
CLUSTER: Final = "Y2l2aWNsb29wLXRlc3RzMA"
START_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.2
# The programs and the shell are the image's; the settings come by the environment, because
# nothing can be laid into a container before it runs.
START: Final = (
    "set -f && "
    'printf "%s" "$SETTINGS" > /tmp/server.properties && '
    "/opt/kafka/bin/kafka-storage.sh format --ignore-formatted "
    '-t "$CLUSTER" -c /tmp/server.properties $USERS && '
    "exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties"
)


def docker_answers() -> bool:
    """Whether a Docker engine takes calls here."""
    with contextlib.suppress(Exception):
        from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 -- tests only

        return bool(DockerClient().client.ping())
    return False


def images_ready() -> bool:
    """Whether the images are here or can be fetched."""
    from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415 -- as above
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 -- as above

    images = DockerClient().client.images
    for image in (KAFKA_IMAGE, POSTGRES_IMAGE):
        try:
            images.get(image)
        except ImageNotFound:
            try:
                images.pull(image)
            except DockerException:
                return False
    return True


@contextlib.contextmanager
def running_containers(credentials: Credentials, *, kafka_port: int) -> Iterator[Servers]:
    """Start both servers; they end with the block.

    Raises:
        StackError: One does not start; its last words are in the message.
    """
    with _kafka(credentials, kafka_port) as kafka, _postgres(credentials) as postgres:
        yield Servers(kafka=kafka, postgres=postgres)


@contextlib.contextmanager
def _kafka(credentials: Credentials, port: int) -> Iterator[str]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 -- as above

    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    address = f"{container.get_docker_client().host()}:{port}"
    settings = server_properties(
        credentials.kafka,
        listen=f"0.0.0.0:{port}",
        reached_at=address,
        controller=CONTROLLER,
        folder="/tmp/kafka",  # noqa: S108 -- inside the container
    )
    container.with_envs(
        SETTINGS=settings,
        CLUSTER=CLUSTER,
        USERS=" ".join(
            part for user in first_users(credentials.kafka) for part in user.split("=", 1)
        ),
    )
    container.with_kwargs(entrypoint=["sh", "-c", START])
    with container:
        _wait_for(container, address, credentials)
        yield address


def _wait_for(container: DockerContainer, address: str, credentials: Credentials) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not broker_answers(admin_settings(address, credentials)):
        container.reload()
        if container.status == "exited" or time.monotonic() > deadline:
            output = b"\n".join(container.get_logs()).decode(errors="replace").strip()
            last = (output.splitlines() or ["no message"])[-1]
            raise StackError(f"Kafka's container does not start ({last}): see `docker logs`")
        time.sleep(POLL_S)


@contextlib.contextmanager
def _postgres(credentials: Credentials) -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 -- as above

    container = PostgresContainer(
        POSTGRES_IMAGE,
        username=SUPERUSER,
        password=credentials.postgres[SUPERUSER],
        dbname="postgres",
        driver=None,
    ).with_command("postgres -c max_connections=200")
    with container:
        host = container.get_container_host_ip()
        yield f"{host}:{container.get_exposed_port(POSTGRES_PORT)}"
