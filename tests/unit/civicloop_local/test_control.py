"""Control: what can be known without starting anything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from civicloop_local import control
from civicloop_local.credentials import load_credentials
from civicloop_local.errors import StackError
from civicloop_local.layout import Layout
from civicloop_local.processes import ProcessId, identify
from civicloop_local.state import PartState, State, write_state

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty stack folder."""
    made = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    made.create()
    return made


def _state(layout: Layout, supervisor: ProcessId | None, **part: object) -> None:
    known = PartState(name="intake", address="127.0.0.1:1")
    for name, value in part.items():
        setattr(known, name, value)
    write_state(layout.state_file, State(supervisor=supervisor, parts=[known]))


def test_nothing_started_is_nothing_to_end(layout: Layout) -> None:
    """`down` on a stack that never ran says so."""
    assert not control.is_up(layout)
    assert control.status(layout) == ()
    assert not control.down(layout)


def test_a_dead_part_is_never_shown_as_ready(layout: Layout) -> None:
    """Whatever the last written state says."""
    gone = ProcessId(pid=os.getpid(), created=1.0)
    _state(layout, None, process=gone, ready=True, restarts=4)
    shown = control.status(layout)[0]
    assert (shown.pid, shown.ready, shown.restarts, shown.memory_mb) == (None, False, 4, 0.0)


def test_a_second_up_changes_nothing(layout: Layout) -> None:
    """A running supervisor with ready parts is left as it is."""
    own = identify(os.getpid())
    _state(layout, own, process=own, ready=True)
    seen: list[str] = []
    control.up(layout, parts=("intake",), report=lambda part: seen.append(part.name))
    assert seen == ["intake"]


def test_a_part_that_keeps_dying_is_named(layout: Layout) -> None:
    """With its reason and the command that shows more."""
    _state(layout, identify(os.getpid()), failure="ended with 1: no database", restarts=2)
    with pytest.raises(StackError, match=r"intake does not start.*no database.*civicloop logs"):
        control.up(layout, parts=("intake",))


def test_a_stack_with_fewer_parts_must_go_down_first(layout: Layout) -> None:
    """Parts are not added to a running stack."""
    _state(layout, identify(os.getpid()))
    with pytest.raises(StackError, match="civicloop down"):
        control.up(layout, parts=("intake", "router"))


def test_reset_names_what_stayed(layout: Layout, tmp_path: Path) -> None:
    """A folder that is a link to another disk, say; the rest is wiped all the same."""
    load_credentials(layout)
    elsewhere = tmp_path / "elsewhere"
    layout.data("").rename(elsewhere)
    layout.data("").symlink_to(elsewhere)
    layout.ports_file.mkdir()
    with pytest.raises(StackError, match=r"not all is wiped, \S+/data, \S+/ports.json stayed"):
        control.reset(layout)
    assert elsewhere.exists()
    assert not layout.secrets_file.exists()
    assert not layout.logs.exists()


def test_reset_wipes_data_and_secrets(layout: Layout) -> None:
    """And leaves the downloads."""
    load_credentials(layout)
    layout.jars.mkdir(parents=True)
    layout.data("kafka").mkdir()
    control.reset(layout)
    assert not layout.secrets_file.exists()
    assert not (layout.home / "data").exists()
    assert layout.jars.exists()
