"""The stack's life: start, look, die, recover, stop, wipe; with real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from civicloop_local import control
from civicloop_local.assembly import BACKENDS, STEPS, databases_of
from civicloop_local.credentials import load_credentials
from civicloop_local.kafka import admin_settings
from civicloop_local.layout import Layout, default_layout
from civicloop_local.ports import HOST, recorded_ports
from civicloop_local.postgres import PostgresPart
from civicloop_local.postgres_binaries import find_binaries, wheel_folders
from civicloop_local.processes import end, find, identify, spawn
from civicloop_local.servers import local_servers
from civicloop_local.state import read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS = (*BACKENDS, *STEPS)
WAIT_S = 60.0


@pytest.fixture
def layout() -> Iterator[Layout]:
    """A stack of the test's own, ended and removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="civicloop-"))
    made = Layout(home=home, cache=default_layout().cache)
    yield made
    control.down(made)
    shutil.rmtree(home)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def _write_something(layout: Layout) -> None:
    credentials, ports = load_credentials(layout), recorded_ports(layout)
    producer = Producer(admin_settings(f"{HOST}:{ports['kafka']}", credentials))
    producer.produce("intake.cases", b"kept")
    assert producer.flush(WAIT_S) == 0
    owner = databases_of(credentials, local_servers(ports)).url("router", role="router_owner")
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")


def _is_kept(layout: Layout) -> bool:
    credentials, ports = load_credentials(layout), recorded_ports(layout)
    client = AdminClient(admin_settings(f"{HOST}:{ports['kafka']}", credentials))
    topics = client.list_topics(timeout=WAIT_S).topics
    owner = databases_of(credentials, local_servers(ports)).url("router", role="router_owner")
    with psycopg.connect(owner) as connection:
        row = connection.execute("SELECT one FROM kept").fetchone()
    return "intake.cases" in topics and row == (1,)


def _pids(layout: Layout) -> dict[str, int | None]:
    return {part.name: part.pid for part in control.status(layout)}


def test_a_stack_lives_dies_and_recovers(layout: Layout) -> None:
    """Up twice, kill -9 of everything, up with the data, a part's death, down, reset."""
    seen: list[str] = []
    control.up(layout, parts=PARTS, report=lambda part: seen.append(part.name))
    assert sorted(seen) == sorted(PARTS)
    assert all(part.ready and part.memory_mb > 1 for part in control.status(layout))
    _write_something(layout)

    before = _pids(layout)
    control.up(layout, parts=PARTS)
    assert _pids(layout) == before

    supervisor = read_state(layout.state_file).supervisor
    assert supervisor is not None
    for pid in (supervisor.pid, *filter(None, before.values())):
        os.kill(pid, signal.SIGKILL)
    _until(lambda: not control.is_up(layout))
    control.up(layout, parts=PARTS)
    assert _is_kept(layout)

    after = _pids(layout)
    assert after["postgres"] is not None
    os.kill(after["postgres"], signal.SIGKILL)
    _until(lambda: _restarted(layout, "postgres"))
    assert _pids(layout)["kafka"] == after["kafka"]
    assert _is_kept(layout)

    running = [pid for pid in _pids(layout).values() if pid is not None]
    assert control.down(layout)
    assert not [pid for pid in running if find(identify(pid))]
    control.reset(layout)
    assert not layout.secrets_file.exists()


def _restarted(layout: Layout, name: str) -> bool:
    part = next(part for part in control.status(layout) if part.name == name)
    return part.ready and part.restarts == 1


def test_a_frozen_server_is_seen(layout: Layout) -> None:
    """Neither is ready while it answers nobody; both are again afterwards, without a restart."""
    control.up(layout, parts=BACKENDS)
    frozen = [pid for pid in _pids(layout).values() if pid is not None]
    assert len(frozen) == len(BACKENDS)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        _until(lambda: not any(part.ready for part in control.status(layout)))
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    _until(lambda: all(part.ready for part in control.status(layout)))
    assert [part.restarts for part in control.status(layout)] == [0, 0]


def test_parts_that_outlive_their_supervisor_are_ended(layout: Layout) -> None:
    """`down` knows them by pid and start time, and ends nobody else."""
    control.up(layout, parts=("postgres",))
    state = read_state(layout.state_file)
    assert state.supervisor is not None
    os.kill(state.supervisor.pid, signal.SIGKILL)
    _until(lambda: not control.is_up(layout))
    pid = _pids(layout)["postgres"]
    assert pid is not None
    assert control.down(layout)
    assert find(identify(pid)) is None


def test_a_stack_ends_with_the_process_it_is_tied_to(layout: Layout) -> None:
    """A killed test run leaves nothing behind."""
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    control.up(layout, parts=("postgres",), tied_to=owner.pid)
    owner.kill()
    owner.wait()
    _until(lambda: not control.is_up(layout))
    assert not control.down(layout)


def test_a_stack_ends_when_its_folder_is_removed(layout: Layout) -> None:
    """A deleted clone leaves no process behind."""
    control.up(layout, parts=("postgres",))
    supervisor = read_state(layout.state_file).supervisor
    pid = _pids(layout)["postgres"]
    assert pid is not None
    postgres = identify(pid)
    shutil.rmtree(layout.run)
    _until(lambda: find(supervisor) is None and find(postgres) is None)


def test_the_wheels_postgres_serves(layout: Layout) -> None:
    """A machine without Postgres has one all the same."""
    layout.create()
    part = PostgresPart(
        layout=layout,
        credentials=load_credentials(layout),
        binaries=find_binaries(layout, ()),
        port=25_431,
    )
    assert part.binaries.folder in wheel_folders()
    part.prepare()
    process = spawn(part.command(), layout.log("postgres"))
    identity = identify(process.pid)
    assert identity is not None
    try:
        _until(part.is_ready)
    finally:
        end([identity], grace_s=20, first=part.stop_signal)


def test_status_is_json_for_programs(layout: Layout) -> None:
    """The command prints what `control.status` knows, and its exit status tells readiness."""
    down = _civicloop(layout, "status", "--json")
    assert (down.returncode, json.loads(down.stdout)) == (3, {"parts": []})
    control.up(layout, parts=("postgres",))
    shown = _civicloop(layout, "status", "--json")
    (part,) = json.loads(shown.stdout)["parts"]
    assert shown.returncode == 0
    assert set(part) == {"name", "pid", "address", "ready", "restarts", "memory_mb"}
    assert _civicloop(layout, "down").stdout == "civicloop is down\n"


def _civicloop(layout: Layout, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "civicloop", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CIVICLOOP_HOME": str(layout.home)},
    )
