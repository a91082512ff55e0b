"""Processes by their id and start time: a recycled id is never taken for one of ours."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from civicloop_local.parts import Command

# A clock correction moves the start time that the system reports.
CLOCK_TOLERANCE_S: Final = 2.0
WAIT_INTERVAL_S: Final = 0.05
BYTES_PER_MB: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessId:
    """One process for ever: the system may use its id again, not with the same start time."""

    pid: int
    created: float


def identify(pid: int) -> ProcessId | None:
    """Return the identity of a running process, or None when there is none."""
    try:
        return ProcessId(pid=pid, created=psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def find(process: ProcessId | None) -> psutil.Process | None:
    """Return the process while it runs, else None."""
    if process is None:
        return None
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created) < CLOCK_TOLERANCE_S
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def spawn(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command.argv,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **as_user(command.user),
        )


def as_user(user: int | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as a user."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}


def end(
    processes: Iterable[ProcessId],
    *,
    grace_s: float,
    first: int = signal.SIGTERM,
) -> None:
    """Ask processes to stop, wait, and kill those that did not; others are never touched."""
    asked = tuple(processes)
    _signal(asked, first)
    if not _gone_within(grace_s, asked):
        _signal(asked, signal.SIGKILL)
        _gone_within(grace_s, asked)


def running_in(folder: Path) -> bool:
    """Whether any process has a folder as its working directory."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(folder):
                return True
    return False


def memory_mb(process: ProcessId) -> float:
    """Return the resident memory of a process and its children, shared pages counted once."""
    found = find(process)
    if found is None:
        return 0.0
    total = 0
    with contextlib.suppress(psutil.Error):
        for member in (found, *found.children(recursive=True)):
            total += _proportional_bytes(member)
    return round(total / BYTES_PER_MB, 1)


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    return int(getattr(full, "pss", full.rss))


def _signal(processes: Iterable[ProcessId], number: int) -> None:
    for process in processes:
        found = find(process)
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if found is not None and found.pid != os.getpid():
                found.send_signal(number)


def _gone_within(seconds: float, processes: tuple[ProcessId, ...]) -> bool:
    # Not psutil's own wait: it takes a dead process whose parent never asks for a living one.
    deadline = time.monotonic() + seconds
    while any(find(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(WAIT_INTERVAL_S)
    return True
