"""Where the time of each service goes: py-spy beside one measured leg."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .processes import Rooms

RATE_HZ: Final = 50
STOP_WITHIN_S: Final = 60.0

Profiler = Callable[["Rooms"], AbstractContextManager[None]]


def profiler_into(folder: Path) -> Profiler:
    """Return what writes a profile per service into *folder*, one collapsed stack a line."""

    @contextmanager
    def profiled(rooms: Rooms) -> Iterator[None]:
        folder.mkdir(parents=True, exist_ok=True)
        spies = [
            subprocess.Popen(_command(process.pid, folder / f"{name}.txt"))
            for name, process in rooms.running.items()
        ]
        try:
            yield
        finally:
            for spy in spies:
                spy.send_signal(SIGINT)
            for spy in spies:
                spy.wait(timeout=STOP_WITHIN_S)

    return profiled


def _command(pid: int, output: Path) -> list[str]:
    spy = Path(sys.executable).with_name("py-spy")
    options = ["--pid", str(pid), "--rate", str(RATE_HZ), "--format", "raw", "--nonblocking"]
    return [str(spy), "record", *options, "--output", str(output)]
