"""Logs: small, readable from the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_local.logs import KEPT_FILES, follow, last_lines, rotate

if TYPE_CHECKING:
    from pathlib import Path


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    """As is one that does not exist."""
    path = tmp_path / "part.log"
    assert not rotate(path, max_bytes=10)
    path.write_text("short")
    assert not rotate(path, max_bytes=10)
    assert path.read_text() == "short"


def test_a_writer_goes_on_after_rotation(tmp_path: Path) -> None:
    """It keeps its open file; the old lines stand beside it."""
    path = tmp_path / "part.log"
    with path.open("a") as writer:
        writer.write("old lines\n")
        writer.flush()
        assert rotate(path, max_bytes=5)
        writer.write("new\n")
    assert path.read_text() == "new\n"
    assert (tmp_path / "part.log.1").read_text() == "old lines\n"


def test_logs_cannot_fill_the_disk(tmp_path: Path) -> None:
    """Only so many old files are kept, the newest first."""
    path = tmp_path / "part.log"
    for number in range(KEPT_FILES + 3):
        path.write_text(f"round {number}")
        rotate(path, max_bytes=1)
    assert len(list(tmp_path.iterdir())) == KEPT_FILES + 1
    assert (tmp_path / "part.log.1").read_text() == f"round {KEPT_FILES + 2}"


def test_the_newest_lines_come_last(tmp_path: Path) -> None:
    """No log, no lines."""
    path = tmp_path / "part.log"
    assert last_lines(path, 2) == []
    path.write_text("a\nb\nc\n")
    assert last_lines(path, 2) == ["b", "c"]


def test_following_yields_what_is_written_afterwards(tmp_path: Path) -> None:
    """Whole lines only, also of a log that appears late or was emptied."""
    path, late = tmp_path / "part.log", tmp_path / "late.log"
    path.write_text("before, and long\n")
    lines = follow({"part": path, "late": late})
    with path.open("a") as writer:
        writer.write("after\nhal")
    assert next(lines) == ("part", "after")
    late.write_text("late\n")
    assert next(lines) == ("late", "late")
    path.write_text("afresh\n")
    assert next(lines) == ("part", "afresh")
