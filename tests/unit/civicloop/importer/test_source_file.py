"""The CSV reader: whatever a line does, its neighbours are read."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicloop.importer.errors import SourceError
from civicloop.importer.source_file import MAX_LINE_CHARS, SourceFile
from civicloop.importer.words import Reason, Reject, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = "a,b\n"


def _file(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> SourceFile:
    path = tmp_path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return SourceFile(path, encoding=encoding, delimiter=",")


def _told(rows: SourceFile) -> list[tuple[int, list[str] | Reason]]:
    return [
        (row.line, row.reason if isinstance(row, Reject) else row.fields) for row in rows.rows()
    ]


def test_rows_have_the_number_of_their_first_line(tmp_path: Path) -> None:
    """The header is line 1; a field may run over lines, and a blank line is no row."""
    source = _file(tmp_path, 'a,b\n1,"x\ny"\n\n2,z')
    assert source.header() == ["a", "b"]
    assert _told(source) == [(2, ["1", "x\ny"]), (5, ["2", "z"])]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(tmp_path: Path, line_end: str) -> None:
    """Of Unix, Windows and old Macs."""
    assert _told(_file(tmp_path, f"a,b{line_end}1,2{line_end}3,4")) == [
        (2, ["1", "2"]),
        (3, ["3", "4"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, encoding: str) -> None:
    """And Chinese text survives its encoding."""
    mark = "\ufeff" if encoding == "utf-8" else ""
    source = _file(tmp_path, f'{mark}"a",b\n1,井盖\n', encoding)
    assert source.header() == ["a", "b"]
    assert _told(source) == [(2, ["1", "井盖"])]


def test_ragged_lines_are_rejected_alone(tmp_path: Path) -> None:
    """Too few and too many fields."""
    assert _told(_file(tmp_path, HEADER + "1\n2,3\n4,5,6\n7,8\n")) == [
        (2, Reason.ROW_BROKEN),
        (3, ["2", "3"]),
        (4, Reason.ROW_BROKEN),
        (5, ["7", "8"]),
    ]


@pytest.mark.parametrize("follower", ["2,3\n4,5\n", '2,"3"\n4,5\n', '2,3\n4,"5"\n'])
def test_a_stray_quote_costs_its_own_line_only(tmp_path: Path, follower: str) -> None:
    """The lines that it would swallow are read again, under their own numbers."""
    assert _told(_file(tmp_path, HEADER + '1,"x\n' + follower)) == [
        (2, Reason.ROW_BROKEN),
        (3, ["2", "3"]),
        (4, ["4", "5"]),
    ]


def test_a_stray_quote_in_a_long_file_costs_its_own_line_only(tmp_path: Path) -> None:
    """Even where it swallows more than a field may hold."""
    rows = "".join(f"{number},{'x' * 90}\n" for number in range(5_000))
    told = _told(_file(tmp_path, HEADER + '1,"x\n' + rows))
    assert told[0] == (2, Reason.ROW_BROKEN)
    assert [row[0] for row in told] == list(range(2, 5_003))
    assert sum(isinstance(row[1], list) for row in told) == 5_000


def test_a_line_beyond_all_bounds_is_rejected_alone(tmp_path: Path) -> None:
    """It is never in memory as a whole."""
    endless = "1," + "x" * (2 * MAX_LINE_CHARS + 5)
    assert _told(_file(tmp_path, f"{HEADER}{endless}\n2,3\n")) == [
        (2, Reason.ROW_BROKEN),
        (3, ["2", "3"]),
    ]


def test_bytes_that_are_no_text_stay_visible(tmp_path: Path) -> None:
    """Their row is read, with the mark that a decoder puts there."""
    assert _told(_file(tmp_path, b"a,b\n1,\xff\n2,3\n")) == [(2, ["1", "\ufffd"]), (3, ["2", "3"])]


def test_gzip_and_plain_have_the_same_contents(tmp_path: Path) -> None:
    """Whatever the file is called."""
    text = (HEADER + "1,2\n").encode()
    plain, packed = _file(tmp_path, text), tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(text, mtime=0))
    unpacked = SourceFile(packed, encoding="utf-8", delimiter=",")
    assert unpacked.contents() == plain.contents()
    assert _told(unpacked) == _told(plain)
    assert plain.contents().lines == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty"),
        (b"\n1,2\n", "is empty"),
        (b'"a,b\n1,2\n', "line 1 must name the columns"),
        (gzip.compress(b"a,b\n" * 99, mtime=0)[:-9], "the gzip data is damaged"),
        (b"\x1f\x8b and then nonsense", "the gzip data is damaged"),
        (b"PK\x03\x04...", "is a zip archive"),
    ],
)
def test_a_file_that_is_no_table_is_told(tmp_path: Path, content: bytes, fault: str) -> None:
    """Before anything of it is used."""
    source = _file(tmp_path, content)
    with pytest.raises(SourceError, match=fault):
        (source.header(), source.contents())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna"])
def test_a_file_in_another_encoding_is_told(tmp_path: Path, encoding: str) -> None:
    """One line that names the key, whatever Python says of the bytes."""
    path = tmp_path / "city.csv"
    path.write_bytes("Número;Ábert\n1;2\n".encode())
    with pytest.raises(SourceError, match="give another `encoding`"):
        SourceFile(path, encoding=encoding, delimiter=";").header()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(SourceError, match="No such file"):
        SourceFile(tmp_path / "none.csv", encoding="utf-8", delimiter=",").header()


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=20)


@given(rows=st.lists(st.lists(FIELDS, min_size=2, max_size=2), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: Sequence[list[str]]
) -> None:
    """Quotes, delimiters and line ends inside of fields included."""
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b"], *rows])
    source = _file(tmp_path_factory.mktemp("rows"), text.getvalue())
    assert [row.fields for row in source.rows() if isinstance(row, Row)] == list(rows)
