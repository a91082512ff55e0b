"""What an operator does with a stack: start, look, stop, wipe, migrate."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from civicloop_local.assembly import (
    ALL_PARTS,
    BACKENDS,
    STEPS,
    apply_topics,
    check_machine,
    databases_of,
)
from civicloop_local.credentials import load_credentials
from civicloop_local.errors import StackError
from civicloop_local.files import locked
from civicloop_local.logs import last_lines
from civicloop_local.ports import recorded_ports
from civicloop_local.processes import end, find, memory_mb
from civicloop_local.servers import local_servers
from civicloop_local.state import PartState, State, read_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from civicloop_local.layout import Layout

START_TIMEOUT_S: Final = 120.0
STOP_TIMEOUT_S: Final = 60.0
ORPHAN_GRACE_S: Final = 25.0
POLL_S: Final = 0.05
# A part that cannot start is reported after this many tries; the supervisor goes on trying.
TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """One running part as `civicloop status --json` shows it."""

    name: str
    pid: int | None
    address: str
    ready: bool
    restarts: int
    memory_mb: float


def up(
    layout: Layout,
    *,
    parts: tuple[str, ...] = ALL_PARTS,
    tied_to: int | None = None,
    report: Callable[[PartState], None] = lambda _part: None,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Start the stack and wait until every part is ready; change nothing when it is.

    `report` gets each part once, when it is ready; `tied_to` is the id of a process with whose
    end the stack ends too.

    Raises:
        StackError: A prerequisite is missing, or a part does not start.
    """
    layout.create()
    with locked(layout.run / "up.lock"):
        state = read_state(layout.state_file)
        if find(state.supervisor) is None:
            check_machine(layout, say)
            _end_orphans(state)
            layout.state_file.unlink(missing_ok=True)
            _start_supervisor(layout, parts, tied_to)
        elif missing := set(parts) - {part.name for part in state.parts}:
            raise StackError(
                f"it runs without {', '.join(sorted(missing))}: `civicloop down` first"
            )
        _wait_until_ready(layout, parts, report)


def status(layout: Layout) -> tuple[PartStatus, ...]:
    """Return every part that runs a program, as it is now."""
    state = read_state(layout.state_file)
    return tuple(_status(part) for part in state.parts if part.name not in STEPS)


def is_up(layout: Layout) -> bool:
    """Whether a supervisor runs this stack."""
    return find(read_state(layout.state_file).supervisor) is not None


def down(layout: Layout) -> bool:
    """End what `up` started, services first; returns whether anything ran."""
    state = read_state(layout.state_file)
    ran = find(state.supervisor) is not None
    if state.supervisor is not None and ran:
        end([state.supervisor], grace_s=STOP_TIMEOUT_S)
    return _end_orphans(state) or ran


def reset(layout: Layout) -> None:
    """End the stack and wipe its data, logs and secrets; downloads stay.

    Raises:
        StackError: Something does not end, and nothing was wiped; or something could not be wiped.
    """
    down(layout)
    if running := [part.name for part in status(layout) if part.pid is not None]:
        raise StackError(f"nothing is wiped, {', '.join(running)} does not end: end it and reset")
    folders = tuple(layout.home / name for name in ("data", "run", "logs"))
    files = (layout.secrets_file, layout.ports_file)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink()
    if left := [str(path) for path in (*folders, *files) if os.path.lexists(path)]:
        raise StackError(f"not all is wiped, {', '.join(left)} stayed: remove it yourself")


def migrate(layout: Layout) -> dict[str, int]:
    """Apply topics, rights and migrations, starting Kafka and Postgres when nothing runs.

    Returns:
        How many migrations were applied, per database.

    Raises:
        StackError: A migration fails.
    """
    borrowed = not is_up(layout)
    if borrowed:
        up(layout, parts=BACKENDS)
    try:
        credentials, servers = load_credentials(layout), local_servers(recorded_ports(layout))
        apply_topics(credentials, servers)
        return databases_of(credentials, servers).apply()
    finally:
        if borrowed:
            down(layout)


def _start_supervisor(layout: Layout, parts: tuple[str, ...], tied_to: int | None) -> None:
    command = [sys.executable, "-m", "civicloop_local.supervisor", "--parts", ",".join(parts)]
    command += ["--home", str(layout.home), "--cache", str(layout.cache)]
    command += ["--tied-to", str(tied_to)] if tied_to else []
    with layout.log("supervisor").open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while read_state(layout.state_file).supervisor is None:
        if process.poll() is not None or time.monotonic() > deadline:
            last = (last_lines(layout.log("supervisor"), 1) or ["no message"])[0]
            raise StackError(f"the supervisor did not start ({last}): see `civicloop logs`")
        time.sleep(POLL_S)


def _wait_until_ready(
    layout: Layout, parts: tuple[str, ...], report: Callable[[PartState], None]
) -> None:
    waiting = list(parts)
    deadline = time.monotonic() + START_TIMEOUT_S
    while waiting:
        state = read_state(layout.state_file)
        for part in (found for name in tuple(waiting) if (found := state.part(name))):
            if part.ready:
                waiting.remove(part.name)
                report(part)
            elif part.failure and part.restarts + 1 >= TRIES:
                raise StackError(_not_starting(part))
        if find(state.supervisor) is None:
            raise StackError("the supervisor ended: see `civicloop logs supervisor`")
        if time.monotonic() > deadline:
            raise StackError(f"{', '.join(waiting)} not ready in time: see `civicloop logs`")
        if waiting:
            time.sleep(POLL_S)


def _not_starting(part: PartState) -> str:
    return f"{part.name} does not start ({part.failure}): see `civicloop logs {part.name}`"


def _end_orphans(state: State) -> bool:
    """End parts that outlived their supervisor, services before what they need."""
    running = [part for part in state.parts if find(part.process) is not None]
    for part in sorted(running, key=lambda part: part.name in BACKENDS):
        if part.process is not None:
            end([part.process], grace_s=ORPHAN_GRACE_S, first=part.stop_signal)
    return bool(running)


def _status(part: PartState) -> PartStatus:
    alive = find(part.process) is not None
    return PartStatus(
        name=part.name,
        pid=part.process.pid if part.process and alive else None,
        address=part.address,
        ready=part.ready and alive,
        restarts=part.restarts,
        memory_mb=memory_mb(part.process) if part.process and alive else 0.0,
    )
