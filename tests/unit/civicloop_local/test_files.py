"""Files: replaced whole, private, locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_local.files import locked, read_json, write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_a_written_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Also when it replaces a file that others could read."""
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_an_absent_or_torn_file_reads_as_empty(tmp_path: Path) -> None:
    """A crash while writing never keeps the stack from starting."""
    assert read_json(tmp_path / "none") == {}
    (tmp_path / "torn").write_text('{"a": ')
    assert read_json(tmp_path / "torn") == {}
    (tmp_path / "list").write_text("[1]")
    assert read_json(tmp_path / "list") == {}


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    """The second asker learns that it came second."""
    with locked(tmp_path / "lock") as first, locked(tmp_path / "lock", wait=False) as second:
        assert first
        assert not second
    with locked(tmp_path / "lock", wait=False) as again:
        assert again
