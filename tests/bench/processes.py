"""The four rooms of one leg as processes: ours, or those of the bare loop."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
import psutil
import psycopg

from civicloop_local.layout import WORK_TREE
from civicloop_local.services import SERVICES
from civicloop_local.tokens import make_token

from .bare import READY, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from civicloop_local.testing import Backends

HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 25.0
LOOK_EVERY_S: Final = 0.1
TOKEN_HOURS: Final = 4
BYTES_PER_MB: Final = 1 << 20
# Two rooms run as they are; these two have somebody prompt at the other end.
MODULES: Final = {
    "intake": "intake",
    "router": "router",
    "department-adapter": "tests.bench.departments",
    "feedback": "tests.bench.verifier",
}


class RoomEndedError(Exception):
    """A room ended, or did not become ready; its log says why."""


@dataclass(kw_only=True)
class Rooms:
    """Running rooms."""

    backends: Backends
    prefix: str
    folder: Path
    case_table: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)

    def check(self) -> None:
        """Note how much memory each room has, and make sure that all run.

        Raises:
            RoomEndedError: One does not.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text()[-2_000:]
                raise RoomEndedError(f"{name}: {RoomEndedError.__doc__}\n{log}")
            resident = psutil.Process(process.pid).memory_info().rss / BYTES_PER_MB
            self.peak_mb[name] = max(self.peak_mb.get(name, 0.0), round(resident, 1))

    def cpu_seconds(self) -> dict[str, float]:
        """Return how much processor time each room has used."""
        return {name: tree_cpu_seconds(process.pid) for name, process in self.running.items()}

    def token(self, role: str) -> str:
        """Return a bearer token."""
        return make_token(self.backends.credentials, role=role, subject="bench", hours=TOKEN_HOURS)

    def url(self, name: str) -> str:
        """Return where a room listens."""
        return f"http://{HOST}:{self.ports[name]}"

    def order(self, reports: int) -> None:
        """Tell the bare intake to file reports."""
        channel = self.running["intake"].stdin
        assert channel is not None
        channel.write(f"{reports}\n".encode())
        channel.flush()

    def spawn(self, name: str, module: str, *arguments: str, **changes: str) -> None:
        """Start one room; its log goes to the folder."""
        environment = self.backends.environment(name, self.prefix, **changes)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=WORK_TREE,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if arguments else log,
                stderr=log,
            )

    def stop(self) -> None:
        """End all rooms."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def our_rooms(backends: Backends, prefix: str, folder: Path) -> Iterator[Rooms]:
    """Start the four services and wait until they are ready."""
    rooms = Rooms(backends=backends, prefix=prefix, folder=folder, case_table="case_rows")
    rooms.ports = {service.name: _free_port() for service in SERVICES}
    try:
        for name, module in MODULES.items():
            (folder / name).mkdir()
            changes = {"HTTP_PORT": str(rooms.ports[name]), "DATA_DIR": str(folder / name)}
            if name == "department-adapter":
                changes["INTAKE_URL"] = rooms.url("intake")
            rooms.spawn(name, module, **changes)
        for name in MODULES:
            _wait_until_ready(rooms, name)
        yield rooms
    finally:
        rooms.stop()


@contextmanager
def bare_rooms(backends: Backends, prefix: str, folder: Path, samples: Path) -> Iterator[Rooms]:
    """Start the four rooms of the bare loop and wait until they read."""
    rooms = Rooms(backends=backends, prefix=prefix, folder=folder, case_table="bare_cases")
    try:
        for service in SERVICES:
            owner = f"{service.database}_owner"
            url = backends.databases.url(service.database, role=owner, prefix=prefix)
            with psycopg.connect(url) as connection:
                connection.execute(TABLE)
            rooms.spawn(service.name, "tests.bench.bare", service.name, str(samples))
        for process in rooms.running.values():
            assert process.stdout is not None
            if process.stdout.readline().decode().strip() != READY:
                rooms.check()
        yield rooms
    finally:
        rooms.stop()


def tree_cpu_seconds(pid: int) -> float:
    """Return how much processor time a process and its children have used."""
    process = psutil.Process(pid)
    return sum(_cpu_seconds(member) for member in (process, *process.children(recursive=True)))


def _wait_until_ready(rooms: Rooms, name: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        rooms.check()
        try:
            if httpx.get(f"{rooms.url(name)}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(LOOK_EVERY_S)
    raise RoomEndedError(f"{name}: {RoomEndedError.__doc__}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
