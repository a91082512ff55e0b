"""One Kafka node (KRaft): SASL on every listener, access lists on, tuned for one machine.

Source: the recipe and the settings were measured for this project (design notes, "The embedded
stack"); property names are those of Kafka 4.3.
"""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from civicloop_local.credentials import ADMIN_USER, BROKER_USER
from civicloop_local.errors import StackError
from civicloop_local.files import write_private
from civicloop_local.parts import Command
from civicloop_local.ports import HOST, answers

if TYPE_CHECKING:
    from pathlib import Path

    from civicloop_local.credentials import Credentials
    from civicloop_local.layout import Layout

HEAP_MIN_MB: Final = 128
HEAP_MAX_MB: Final = 384
FORMAT_TIMEOUT_S: Final = 60
METADATA_TIMEOUT_S: Final = 5
SCRAM_LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN_LOGIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
SETTINGS: Final = {
    # Who may do what: nothing without an access list, nobody without a password.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{ADMIN_USER};User:{BROKER_USER}",
    "auto.create.topics.enable": "false",
    # One node holds every replica.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Facts are kept for ever; positions for 60 days (protocol.md, 9).
    "log.retention.ms": "-1",
    "offsets.retention.minutes": "86400",
    # Clients are served again about 6 s after a restart instead of 14 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "6000",
    # Small: the defaults are for a machine of its own.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "metadata.log.segment.bytes": "67108864",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaPart:
    """The broker; `client_port` serves clients, `controller_port` only itself."""

    layout: Layout
    credentials: Credentials
    java: Path
    jars: tuple[Path, ...]
    client_port: int
    controller_port: int
    name: str = "kafka"
    needs: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def address(self) -> str:
        """The client listener."""
        return f"{HOST}:{self.client_port}"

    def prepare(self) -> None:
        """Write the configuration and, at the first start, format the data folder.

        Raises:
            StackError: The format tool failed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        write_private(self._properties, _properties_text(self._server_properties()))
        log4j = (files("civicloop_local") / "data" / "log4j2.properties").read_text()
        write_private(self._folder / "log4j2.properties", log4j)
        write_private(self._arguments("server"), self._java_arguments("kafka.Kafka"))
        if not (self.layout.data("kafka") / "meta.properties").exists():
            self._format()

    def command(self) -> Command:
        """Run the broker; secrets stand in files, so that no process list shows them."""
        return Command(
            argv=(str(self.java), f"@{self._arguments('server')}"),
            folder=self._folder,
            environment=dict(os.environ),
        )

    def is_ready(self) -> bool:
        """Whether it answers a logged-in client's metadata request."""
        if not answers(self.client_port):
            return False
        quiet = {"log_level": 0, "socket.timeout.ms": METADATA_TIMEOUT_S * 1000}
        client = AdminClient({**admin_settings(self.address, self.credentials), **quiet})
        try:
            return bool(client.list_topics(timeout=METADATA_TIMEOUT_S).brokers)
        except KafkaException:
            return False

    @property
    def _folder(self) -> Path:
        return self.layout.run / "kafka"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _arguments(self, name: str) -> Path:
        return self._folder / f"{name}.args"

    def _server_properties(self) -> dict[str, str]:
        passwords = self.credentials.kafka
        login = f'username="{BROKER_USER}" password="{passwords[BROKER_USER]}"'
        allowed = f'user_{BROKER_USER}="{passwords[BROKER_USER]}"'
        controller = f"{HOST}:{self.controller_port}"
        return SETTINGS | {
            "node.id": "1",
            "process.roles": "broker,controller",
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"CLIENT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENT://{self.address}",
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.client.scram-sha-512.sasl.jaas.config": (
                f"{SCRAM_LOGIN} required {login};"
            ),
            "listener.name.controller.plain.sasl.jaas.config": (
                f"{PLAIN_LOGIN} required {login} {allowed};"
            ),
            "log.dirs": str(self.layout.data("kafka")),
        }

    def _java_arguments(self, *program: str) -> str:
        options = (
            f"-Xms{HEAP_MIN_MB}m",
            f"-Xmx{HEAP_MAX_MB}m",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}",
            "-cp",
            ":".join(str(jar) for jar in self.jars),
        )
        server = (str(self._properties),) if program == ("kafka.Kafka",) else ()
        return "\n".join(_quoted(argument) for argument in (*options, *program, *server))

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        users = [
            f"--add-scram=SCRAM-SHA-512=[name={user},password={self.credentials.kafka[user]}]"
            for user in (ADMIN_USER, BROKER_USER)
        ]
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties)]
        arguments = self._arguments("format")
        write_private(arguments, self._java_arguments(*tool, *users, "--ignore-formatted"))
        done = subprocess.run(
            [str(self.java), f"@{arguments}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=FORMAT_TIMEOUT_S,
        )
        arguments.unlink()
        if done.returncode:
            # Its standard output holds the keys: only the error stream may be shown.
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise StackError(f"Kafka's folder cannot be formatted ({last}): see `civicloop reset`")


def admin_settings(bootstrap: str, credentials: Credentials) -> dict[str, str | int | float | bool]:
    """Return librdkafka's settings for the stack's Kafka administrator."""
    return client_settings(bootstrap, ADMIN_USER, credentials.kafka[ADMIN_USER])


def client_settings(
    bootstrap: str, user: str, password: str
) -> dict[str, str | int | float | bool]:
    """Return librdkafka's settings for a user of this stack."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user,
        "sasl.password": password,
    }


def _properties_text(values: dict[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
