"""Migrations: two folders, one log of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from civicloop_local.errors import StackError
from civicloop_local.migrations import apply_migrations

if TYPE_CHECKING:
    from pathlib import Path


def test_two_migrations_of_one_name_are_refused(tmp_path: Path) -> None:
    """The second would be taken for applied and never run."""
    for folder in ("kit", "service"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0001.tables.sql").write_text("SELECT 1")
    with pytest.raises(StackError, match=r"0001\.tables"):
        apply_migrations("postgresql://nobody@127.0.0.1:1/none", tuple(tmp_path.iterdir()))
