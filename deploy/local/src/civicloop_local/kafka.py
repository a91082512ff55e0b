"""One Kafka node (KRaft) as a part of the stack.

Source: the recipe was measured for this project (design notes, "The embedded stack").
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

from civicloop_local.credentials import ADMIN_USER
from civicloop_local.errors import StackError
from civicloop_local.files import write_private
from civicloop_local.kafka_properties import first_users, server_properties
from civicloop_local.parts import LOOK_AT_SERVER_EVERY_S, Command
from civicloop_local.ports import HOST, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from civicloop_local.credentials import Credentials
    from civicloop_local.layout import Layout

HEAP_MIN_MB: Final = 128
HEAP_MAX_MB: Final = 384
FORMAT_TIMEOUT_S: Final = 60
METADATA_TIMEOUT_S: Final = 5


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
    look_every_s: float = LOOK_AT_SERVER_EVERY_S

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
        controller = f"{HOST}:{self.controller_port}"
        properties = server_properties(
            self.credentials.kafka,
            listen=self.address,
            reached_at=self.address,
            controller=controller,
            folder=str(self.layout.data("kafka")),
        )
        write_private(self._properties, properties)
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
        return broker_answers(admin_settings(self.address, self.credentials))

    @property
    def _folder(self) -> Path:
        return self.layout.run / "kafka"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _arguments(self, name: str) -> Path:
        return self._folder / f"{name}.args"

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
        users = first_users(self.credentials.kafka)
        tool = [
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",
            "-c",
            str(self._properties),
        ]
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


def broker_answers(settings: Mapping[str, str | int | float | bool]) -> bool:
    """Whether a broker answers a logged-in client's metadata request."""
    quiet = {"log_level": 0, "socket.timeout.ms": METADATA_TIMEOUT_S * 1000}
    client = AdminClient({**settings, **quiet})
    try:
        return bool(client.list_topics(timeout=METADATA_TIMEOUT_S).brokers)
    except KafkaException:
        return False


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


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
