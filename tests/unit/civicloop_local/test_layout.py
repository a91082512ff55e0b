"""Layout: one folder per stack, downloads outside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from civicloop_local.errors import StackError
from civicloop_local.layout import WORK_TREE, Layout, default_layout

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_but_downloads_is_under_home(tmp_path: Path) -> None:
    """Wiping the home folder leaves nothing but the cache."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    own = (layout.run, layout.logs, layout.secrets_file, layout.ports_file, layout.data("kafka"))
    assert all(path.is_relative_to(layout.home) for path in own)
    assert layout.jars.is_relative_to(layout.cache)


def test_the_environment_moves_a_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIVICLOOP_HOME and CIVICLOOP_CACHE decide, the work tree is the default."""
    monkeypatch.delenv("CIVICLOOP_HOME", raising=False)
    assert default_layout().home == WORK_TREE / ".local"
    monkeypatch.setenv("CIVICLOOP_HOME", str(tmp_path / "b"))
    monkeypatch.setenv("CIVICLOOP_CACHE", str(tmp_path / "c"))
    assert default_layout() == Layout(home=tmp_path / "b", cache=tmp_path / "c")


def test_another_user_may_enter_but_not_list(tmp_path: Path) -> None:
    """Postgres may run as another user than its caller."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    assert layout.home.stat().st_mode & 0o777 == 0o711


def test_a_place_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    """The message is one line and says what to set."""
    (tmp_path / "file").write_text("")
    layout = Layout(home=tmp_path / "file" / "home", cache=tmp_path)
    with pytest.raises(StackError, match="CIVICLOOP_HOME"):
        layout.create()
