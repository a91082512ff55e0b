"""What runs now, as the supervisor tells others: one JSON file, replaced whole."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from civicloop_local.files import read_json, write_private
from civicloop_local.processes import ProcessId

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True, kw_only=True)
class PartState:
    """One part; `seconds` is how long its start took, `failure` one line why it is not ready."""

    name: str
    address: str
    process: ProcessId | None = None
    ready: bool = False
    restarts: int = 0
    seconds: float | None = None
    failure: str = ""
    stop_signal: int = signal.SIGTERM


@dataclass(slots=True, kw_only=True)
class State:
    """The stack."""

    supervisor: ProcessId | None = None
    parts: list[PartState] = field(default_factory=list)

    def part(self, name: str) -> PartState | None:
        """Return a part's state, or None when the stack has no such part."""
        return next((part for part in self.parts if part.name == name), None)


def read_state(path: Path) -> State:
    """Return the last written state, an empty one when there is none."""
    known = read_json(path)
    parts = [
        PartState(**(part | {"process": _process(part["process"])}))
        for part in known.get("parts", [])
    ]
    return State(supervisor=_process(known.get("supervisor")), parts=parts)


def write_state(path: Path, state: State) -> None:
    """Replace the state file."""
    write_private(path, json.dumps(asdict(state), indent=1))


def _process(known: dict[str, float] | None) -> ProcessId | None:
    if not known:
        return None
    return ProcessId(pid=int(known["pid"]), created=float(known["created"]))
