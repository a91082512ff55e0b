"""The four services as processes, on topics and databases of one test."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import uuid4

import httpx
import psycopg
from confluent_kafka import Consumer, TopicPartition
from psycopg import sql

from civicloop_contracts.envelope import Envelope, read_envelope, read_fact
from civicloop_contracts.fact import Fact
from civicloop_contracts.topics import load_topics
from civicloop_local.services import KEYRING_DATABASE, SERVICES, service_named
from civicloop_local.testing import Backends
from civicloop_local.tokens import make_token

HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 40.0
POLL_S: Final = 0.05
SERVICES_IN_ORDER: Final = tuple(service.name for service in SERVICES)
# So many looks at the topics find nothing new: whoever runs has finished what it could.
SILENT_LOOKS: Final = 3


class NeverError(AssertionError):
    """A condition did not come true in time."""


@dataclass(kw_only=True)
class City:
    """Running services, and what a test wants to know of them."""

    backends: Backends
    prefix: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    extras: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *names: str) -> None:
        """Start services, all by default, and wait until they are ready."""
        chosen = names or tuple(service.name for service in SERVICES)
        for service in SERVICES:
            self.ports.setdefault(service.name, _free_port())
        for name in chosen:
            self._spawn(name)
        for name in chosen:
            eventually(partial(self._is_ready, name), READY_WITHIN_S)

    def stop(self, name: str) -> int:
        """End a service politely and return its exit code."""
        self.processes[name].terminate()
        return self.processes[name].wait(timeout=25)

    def kill(self, name: str) -> None:
        """End a service as a power cut would."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(timeout=10)

    def end(self) -> None:
        """End everything that this city started."""
        for process in [*self.extras, *self.processes.values()]:
            process.terminate()
        for process in [*self.extras, *self.processes.values()]:
            try:
                process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)

    def url(self, service: str) -> str:
        """Return where a service listens."""
        return f"http://{HOST}:{self.ports[service]}"

    def client(self, service: str, role: str, subject: str = "") -> httpx.Client:
        """Return a client of a service with a token for one role."""
        token = self.token(role, subject or role.replace(":", "-"))
        return httpx.Client(
            base_url=self.url(service), headers={"Authorization": f"Bearer {token}"}, timeout=20
        )

    def token(self, role: str, subject: str) -> str:
        """Return a bearer token."""
        return make_token(self.backends.credentials, role=role, subject=subject, hours=1)

    def log(self, service: str) -> str:
        """Return what a service has logged."""
        return (self.folder / f"{service}.log").read_text()

    def facts(self) -> list[tuple[Envelope, Fact]]:
        """Return everything on the fact topics, each topic in its order."""
        return [
            (envelope, fact)
            for topic in load_topics()
            if topic.carries_facts
            for envelope, fact in self._read(f"{self.prefix}{topic.name}")
        ]

    def wait_until_silent(self) -> None:
        """Wait until the topics do not grow any more."""
        lengths: list[int] = []

        def silent() -> bool:
            lengths.append(len(self.facts()))
            return len(set(lengths[-SILENT_LOOKS:])) == 1 and len(lengths) >= SILENT_LOOKS

        eventually(silent)

    def facts_of(self, case_id: str) -> list[Fact]:
        """Return the facts of one case, by the time they were recorded."""
        found = [fact for _, fact in self.facts() if str(fact.case_id) == case_id]
        return sorted(found, key=lambda fact: fact.recorded_at)

    def traces_of(self, case_id: str) -> set[str]:
        """Return the ids of the traces that the facts of a case belong to."""
        return {
            envelope.traceparent.split("-")[1]
            for envelope, fact in self.facts()
            if envelope.traceparent and str(fact.case_id) == case_id
        }

    def raw_values(self, topic: str) -> list[tuple[bytes, Any]]:
        """Return value and headers of every record of a topic."""
        return [
            (message.value() or b"", message.headers())
            for message in self._messages(f"{self.prefix}{topic}")
        ]

    def all_records(self) -> Iterator[tuple[str, str]]:
        """Yield every record of every topic, as text."""
        for topic in load_topics():
            for value, headers in self.raw_values(topic.name):
                yield topic.name, f"{value.decode(errors='replace')} {headers!r}"

    def all_rows(self) -> Iterator[tuple[str, str]]:
        """Yield every row of every table of every database, as text."""
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for service in (*(service.database for service in SERVICES), KEYRING_DATABASE):
            superuser = self.backends.servers.superuser
            url = self.backends.databases.url(service, role=superuser, prefix=self.prefix)
            with psycopg.connect(url) as connection:
                for (name,) in connection.execute(names).fetchall():
                    table = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
                    for (row,) in connection.execute(table):
                        yield f"{service}.{name}", row

    def all_logs_and_metrics(self) -> Iterator[tuple[str, str]]:
        """Yield what each service has logged, and what it measures."""
        for service in self.ports:
            yield service, self.log(service)
            yield service, httpx.get(f"{self.url(service)}/metrics", timeout=10).text

    def simulate(self, *departments: str) -> None:
        """Start the department simulator and register departments with it."""
        port = _free_port()
        secrets = {}
        with self.client("department-adapter", "operator") as operator:
            for code in departments:
                body = {
                    "name_zh": code,
                    "name_en": code,
                    "transport": "webhook",
                    "url": f"http://{HOST}:{port}/hooks/{code}",
                }
                answer = operator.put(f"/v1/departments/{code}", json=body)
                answer.raise_for_status()
                secrets[code] = answer.json()["secret"]
            self._start_simulator(port, secrets)
            # What was tried before it listened is tried again now, not some time later.
            for code in departments:
                operator.post(f"/v1/departments/{code}/resume").raise_for_status()

    def _start_simulator(self, port: int, secrets: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "civicloop", "simulate", "department", *secrets]
        command += ["--port", str(port), "--journal", str(self.folder / "journal.jsonl")]
        command += ["--adapter-url", self.url("department-adapter"), "--work-seconds", "0.1:0.5"]
        for code, secret in secrets.items():
            command += ["--secret", f"{code}={secret}"]
            command += ["--token", f"{code}={self.token(f'department:{code}', code)}"]
        with (self.folder / "simulator.log").open("ab") as log:
            self.extras.append(subprocess.Popen(command, stdout=log, stderr=log))
        eventually(lambda: _listens(port), READY_WITHIN_S)

    def _spawn(self, name: str) -> None:
        changes = {
            "HTTP_PORT": str(self.ports[name]),
            "DATA_DIR": str(self.folder / name),
            # Equal reports stay cases of their own, unless a test says otherwise.
            "DUPLICATE_WITHIN_M": "0",
            **self.settings,
        }
        if service_named(name).calls_intake:
            changes["INTAKE_URL"] = self.url("intake")
        environment = self.backends.environment(name, self.prefix, **changes)
        (self.folder / name).mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", service_named(name).module],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )

    def _is_ready(self, name: str) -> bool:
        if self.processes[name].poll() is not None:
            raise NeverError(f"{name} ended: {self.log(name)[-2000:]}")
        try:
            return httpx.get(f"{self.url(name)}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _read(self, topic: str) -> list[tuple[Envelope, Fact]]:
        found = []
        for message in self._messages(topic):
            envelope = read_envelope(message.headers())
            fact = read_fact(envelope, message.value())
            assert fact is not None
            found.append((envelope, fact))
        return found

    def _messages(self, topic: str) -> list[Any]:
        settings = {**self.backends.admin_settings, "group.id": f"test-{uuid4()}"}
        consumer = Consumer({**settings, "enable.auto.commit": False})
        try:
            numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            places = [TopicPartition(topic, number, 0) for number in numbers]
            ends = {p.partition: consumer.get_watermark_offsets(p, timeout=10)[1] for p in places}
            consumer.assign(places)
            found: list[Any] = []
            while len(found) < sum(ends.values()):
                message = consumer.poll(5)
                if message is None:
                    break
                found.append(message)
            return found
        finally:
            consumer.close()


def eventually(condition: Callable[[], Any], within_s: float = 30.0) -> Any:
    """Wait until a condition holds and return what it gave.

    Raises:
        NeverError: It did not in time.
    """
    until = monotonic() + within_s
    while monotonic() < until:
        if found := condition():
            return found
        sleep(POLL_S)
    raise NeverError(NeverError.__doc__)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
