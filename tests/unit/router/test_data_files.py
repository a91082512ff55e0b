"""Reading rows: every error is one line that names file and entry."""

from pathlib import Path

import pytest
from msgspec import Struct

from router.data_files import (
    DataFileError,
    convert_row,
    name_of,
    newest_file,
    read_csv,
    read_yaml,
)


class Pair(Struct, forbid_unknown_fields=True):
    """A row of one number."""

    number: int


def test_the_newest_version_is_taken(tmp_path: Path) -> None:
    """Numbers are compared as numbers."""
    for version in ("2026.1", "2026.2", "2026.10"):
        (tmp_path / f"catalog-{version}.yaml").touch()
    assert newest_file(tmp_path, "catalog", ".yaml").name == "catalog-2026.10.yaml"


def test_a_missing_version_is_named(tmp_path: Path) -> None:
    """The error tells which file to add."""
    with pytest.raises(DataFileError, match=r"^catalog-<version>\.yaml: the file is missing$"):
        newest_file(tmp_path, "catalog", ".yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path of the machine is not."""
    with pytest.raises(DataFileError, match=r"^calendar\.yaml: the file is missing$"):
        read_yaml(tmp_path / "calendar.yaml")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """Bytes that are no text are no data."""
    path = tmp_path / "calendar.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match=r"^calendar\.yaml: cannot be read: "):
        read_yaml(path)


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    """One line, however much the parser has to say."""
    path = tmp_path / "duties-1.yaml"
    path.write_text("a: 1\nb: [1, 2\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"^duties-1\.yaml: line 3: .+$") as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: expected the columns code,name"),
        ("name,code\n", "line 1: expected the columns code,name"),
        ("code,name\n1\n", "line 2: expected 2 fields"),
    ],
)
def test_a_table_with_other_columns_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    """The line is named."""
    path = tmp_path / "territory-1.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        read_csv(path, ("code", "name"))
    assert str(caught.value) == f"territory-1.csv: {problem}"


def test_a_table_is_read_by_its_columns(tmp_path: Path) -> None:
    """Quoted fields included."""
    path = tmp_path / "territory-1.csv"
    path.write_text('code,name\n1,"a,b"\n', encoding="utf-8")
    assert read_csv(path, ("code", "name")) == [{"code": "1", "name": "a,b"}]


@pytest.mark.parametrize("raw", [{}, {"number": "x"}, {"number": 1, "nubmer": 2}, None])
def test_a_wrong_row_is_named(raw: object) -> None:
    """Missing, wrong and misspelt fields are all refused."""
    with pytest.raises(DataFileError, match=r"^f\.yaml: entry 7: "):
        convert_row(raw, Pair, Path("f.yaml"), "entry 7")


def test_an_entry_is_named_by_its_code_or_number() -> None:
    """Whatever it is."""
    assert name_of({"code": "01001"}, 3) == "entry 01001"
    assert name_of({}, 3) == "entry number 3"
    assert name_of("odd", 3) == "entry number 3"
