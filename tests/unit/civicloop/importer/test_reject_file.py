"""The reject file: where it goes, and that it never replaces the import's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from civicloop.importer.errors import UsageError
from civicloop.importer.reject_file import FIXES, keep_rejects, open_place
from civicloop.importer.words import Reason, Reject

if TYPE_CHECKING:
    from pathlib import Path

REJECT = Reject(line=3, reason=Reason.CHANNEL_UNKNOWN, column="via")


def test_rejects_lie_beside_the_file(tmp_path: Path) -> None:
    """Unless another place is wanted."""
    file = tmp_path / "made.csv"
    assert open_place(file, None) == tmp_path / "made.csv.rejects.csv"
    assert open_place(file, tmp_path / "other.csv") == tmp_path / "other.csv"


def test_each_reject_has_line_reason_column_and_fix(tmp_path: Path) -> None:
    """As CSV, so that it can be joined with the file."""
    place = tmp_path / "rejects.csv"
    keep_rejects(place, [REJECT])
    assert place.read_text(encoding="utf-8").splitlines() == [
        "line,reason,column,fix",
        '3,channel_unknown,via,"list the value in the mapping, or give a default"',
    ]


def test_no_rejects_need_no_file_beside_the_import(tmp_path: Path) -> None:
    """But what an earlier import left there is replaced."""
    place = tmp_path / "rejects.csv"
    keep_rejects(place, [])
    assert not place.exists()
    keep_rejects(place, [REJECT])
    keep_rejects(place, [])
    assert place.read_text(encoding="utf-8") == "line,reason,column,fix\n"


def test_the_file_itself_is_never_the_place(tmp_path: Path) -> None:
    """By whatever name."""
    file, link = tmp_path / "made.csv", tmp_path / "link.csv"
    file.write_text("id\n", encoding="utf-8")
    link.symlink_to(file)
    with pytest.raises(UsageError, match="give --rejects another name"):
        open_place(file, link)
    assert file.read_text(encoding="utf-8") == "id\n"


def test_the_mapping_is_never_the_place(tmp_path: Path) -> None:
    """It is what the next import needs."""
    mapping = tmp_path / "rivertown.yaml"
    mapping.write_text("version: 1")
    with pytest.raises(UsageError, match="is the mapping"):
        open_place(tmp_path / "file.csv", mapping, mapping)
    assert mapping.read_text() == "version: 1"


def test_a_place_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError, match="give --rejects a file that can be written"):
        open_place(tmp_path / "made.csv", tmp_path / "none" / "rejects.csv")


def test_every_reason_has_a_fix() -> None:
    """Nobody is left with a code alone."""
    assert set(FIXES) == set(Reason)
