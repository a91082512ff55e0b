"""Postgres binaries: the machine's, the wheel's, or a line that names the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from civicloop_local.errors import StackError
from civicloop_local.layout import Layout
from civicloop_local.postgres_binaries import find_binaries, inspect, wheel_folders

if TYPE_CHECKING:
    from pathlib import Path


def _server(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A stack without data."""
    return Layout(home=tmp_path / "home", cache=tmp_path / "cache")


def test_a_folder_tells_its_version(tmp_path: Path) -> None:
    """A folder without a server is none."""
    found = inspect(_server(tmp_path / "a", "15.4 (Debian 15.4-1)"))
    assert found is not None
    assert found.major == 15
    assert inspect(tmp_path) is None


def test_too_old_a_machine_gets_the_wheels_server(tmp_path: Path, layout: Layout) -> None:
    """A machine's old Postgres does not matter."""
    chosen = find_binaries(layout, (_server(tmp_path / "a", "13.1"),))
    assert chosen.folder in wheel_folders()


def test_data_of_a_version_that_is_gone_is_not_opened(layout: Layout) -> None:
    """The message says which version to install."""
    layout.data("postgres").mkdir(parents=True)
    (layout.data("postgres") / "PG_VERSION").write_text("15\n")
    with pytest.raises(StackError, match="Postgres 15"):
        find_binaries(layout, ())
