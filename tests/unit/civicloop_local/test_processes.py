"""Processes: ours by id and start time, never somebody else's."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from civicloop_local.parts import Command
from civicloop_local.processes import ProcessId, end, find, identify, memory_mb, spawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=1)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits to be ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def _identity(process: subprocess.Popen[bytes]) -> ProcessId:
    found = identify(process.pid)
    assert found is not None
    return found


def test_a_running_process_is_found(sleeper: subprocess.Popen[bytes]) -> None:
    """And has memory."""
    assert find(_identity(sleeper)) is not None
    assert memory_mb(_identity(sleeper)) > 1


def test_a_recycled_id_is_not_ours(sleeper: subprocess.Popen[bytes]) -> None:
    """Another start time is another process: it is not found and not signalled."""
    earlier = ProcessId(pid=sleeper.pid, created=_identity(sleeper).created - 60)
    assert find(earlier) is None
    end([earlier], grace_s=1)
    assert sleeper.poll() is None


def test_an_asked_process_ends(sleeper: subprocess.Popen[bytes]) -> None:
    """SIGTERM is enough for most."""
    identity = _identity(sleeper)
    end([identity], grace_s=5)
    assert find(identity) is None


def test_a_deaf_process_is_killed() -> None:
    """After its time is over."""
    program = f"{STUBBORN}; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    identity = _identity(process)
    end([identity], grace_s=0.1)
    assert find(identity) is None
    process.stdout.close()


def test_output_goes_to_the_log(tmp_path: Path) -> None:
    """Both streams, appended."""
    program = "import sys; print('out'); print('err', file=sys.stderr)"
    command = Command(argv=(sys.executable, "-c", program), folder=tmp_path, environment={})
    for _ in range(2):
        spawn(command, tmp_path / "log").wait()
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "err", "out", "out"]


def test_nothing_is_found_for_nobody() -> None:
    """A part without a process has none to end."""
    assert find(None) is None
    assert memory_mb(ProcessId(pid=2**22 + 1, created=0)) == 0
