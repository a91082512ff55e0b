"""State: what is written is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_local.processes import ProcessId
from civicloop_local.state import PartState, State, read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path


def test_a_state_survives_its_file(tmp_path: Path) -> None:
    """With and without a process."""
    process = ProcessId(pid=7, created=1.5)
    parts = [
        PartState(name="kafka", address="127.0.0.1:1", process=process, ready=True, restarts=2),
        PartState(name="topics", address="", seconds=0.5, failure="why"),
    ]
    state = State(supervisor=process, parts=parts)
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state


def test_no_file_is_no_stack(tmp_path: Path) -> None:
    """Nothing runs, nothing is listed."""
    state = read_state(tmp_path / "none")
    assert state == State()
    assert state.part("kafka") is None
