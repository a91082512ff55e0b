"""Mapping files: the shipped one, and how each fault is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.unit.civicloop.importer.conftest import DOCUMENT, changed_document

from civicloop.importer.errors import MISUSED, MappingError
from civicloop.importer.mapping_files import load_mapping, read_mapping, shipped_names

if TYPE_CHECKING:
    from pathlib import Path


def _fault(document: object) -> str:
    with pytest.raises(MappingError) as caught:
        read_mapping("m.yaml", yaml.safe_dump(document, allow_unicode=True).encode())
    assert caught.value.exit_status == MISUSED
    return str(caught.value)


def test_the_shipped_mapping_is_found_by_name() -> None:
    """No path is needed for what comes with the program."""
    assert shipped_names() == ["boston311"]
    assert load_mapping("boston311").name == "boston311"


def test_a_mapping_is_read_from_a_file(tmp_path: Path) -> None:
    """Chinese names included."""
    path = tmp_path / "made.yaml"
    path.write_text(yaml.safe_dump(DOCUMENT, allow_unicode=True), encoding="utf-8")
    assert load_mapping(str(path)).departments.values["Roads"].zh == "道路"


def test_a_missing_file_names_the_shipped_ones(tmp_path: Path) -> None:
    """So that a typing error is seen at once."""
    with pytest.raises(MappingError, match=r"no such file.*boston311"):
        load_mapping(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("version", 2, "version: 2 is not known: use 1"),
        ("name", "Made!", "name: 'Made!' must match"),
        ("encoding", "utf-99", "encoding: Python knows no text encoding 'utf-99'"),
        ("encoding", "hex", "encoding: Python knows no text encoding 'hex'"),
        ("delimiter", "||", "delimiter: must be one character"),
        ("blank", [1], "blank.0: must be text: put it in double quotes"),
        ("blank", "n/a", "blank: must be a list"),
        ("time_zone", "Mars/Base", "time_zone: no time zone 'Mars/Base'"),
        ("time_zone", "../etc", "time_zone: no time zone"),
        ("time_formats", [], "time_formats: must not be empty"),
        ("time_formats", ["%H:%M"], "time_formats.0: '%H:%M' must hold year, month and day"),
        ("time_formats", ["%Y-%Q"], "time_formats.0: '%Y-%Q' is no strptime format"),
        ("as_of", "yesterday", "as_of 'yesterday' must be a time written as"),
        ("columns.source_id", None, "columns.source_id: must be text"),
        ("columns.due_at", ..., "columns.due_at: is missing: give the source's column, or null"),
        ("columns.latitude", None, "columns: latitude and longitude go together"),
        ("columns.dueat", "x", "columns.dueat: is no key here: did you mean 'due_at'?"),
        ("zzz", 1, "zzz: is no key here: remove it"),
        ("status.open", ["done"], "status: 'done' stands in both lists"),
        ("on_time_flag.on_time", ["no"], "on_time_flag: 'no' stands in both lists"),
        ("agreement.max_per_1000", -1, "agreement.max_per_1000: "),
        ("agreement.causes", ["luck"], "agreement.causes.0: 'luck' is not known: use"),
        ("channels.words", {"a": "fax"}, "channels.words.a: 'fax' is not known: use 'patrol'"),
        ("channels.words", {"a ": "snap", "a": "snap"}, "channels.words: 'a' stands there twice"),
        ("channels.words", {1: "snap"}, "channels.words.1: must be text: put it in double quotes"),
        ("channels", [], "channels: must be keys with values"),
        ("departments.default", "made-lakes", "departments: default 'made-lakes' is none of"),
        ("departments.values.Roads.code", "Roads", "departments.values.Roads.code: 'Roads' must"),
        (
            "departments.values.Parks.code",
            "made-roads",
            "departments: made-roads has two names (see 'Roads')",
        ),
        ("place.division.codes", {"West": "1101"}, "place.division.codes.West: '1101' must match"),
        ("reject.flag_unknown", "drop", "reject.flag_unknown: 'drop' is not known"),
        ("matters.classes.Street.code", 1, "matters.classes.Street.code: must be text"),
        ("matters.classes.Street.code", "00", "matters: code 00 stands for unlisted values"),
        ("matters.classes.Street.code", "02", "matters: code 02 is given twice"),
        ("matters.classes.Street.types", {"a": "000"}, "matters.classes.Street: code 000 stands"),
        ("matters.classes.Street.types", {"a": "01"}, "Street.types.a: '01' must match"),
        ("matters.kind", "thing", "matters.kind: 'thing' is not known"),
    ],
)
def test_a_fault_is_told_with_path_and_fix(path: str, value: Any, fault: str) -> None:
    """One line per fault, with the file's name before it."""
    line = _fault(changed_document(path, value))
    assert line.startswith("m.yaml: ")
    assert fault in line


def test_all_faults_are_told_at_once() -> None:
    """One line each."""
    document = changed_document("version", 9) | {"name": "", "blank": 3}
    assert len(_fault(document).splitlines()) == 3


def test_very_many_faults_are_cut() -> None:
    """A screen is enough."""
    document = changed_document("blank", list(range(40)))
    assert _fault(document).splitlines()[-1] == "m.yaml: and 20 more: mend these first"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"a: 1\nb: 2\na: 3\n", "line 3: key 'a' stands there twice: keep one"),
        (b"a: {b: 1, b: 2}\n", "line 1: key 'b' stands there twice: keep one"),
        (b"? [a]\n: 1\n", "line 1: this key must be text"),
        (b"a: [1\n", "line 2: "),
        (b"a: \xff\xfe\xff", "this is no UTF-8 YAML"),
        (b"", "must be keys with values"),
        (b"- a\n", "must be keys with values"),
    ],
)
def test_what_is_no_mapping_document_is_told_with_its_line(text: bytes, fault: str) -> None:
    """Before any key is looked at."""
    with pytest.raises(MappingError) as caught:
        read_mapping("m.yaml", text)
    assert fault in str(caught.value)


def test_a_time_without_quotes_is_told_to_be_quoted() -> None:
    """YAML makes a timestamp of it, which is not what the file's times are."""
    text = yaml.safe_dump(DOCUMENT).replace("'2024-06-01 00:00:00'", "2024-06-01 00:00:00")
    with pytest.raises(MappingError, match="as_of: must be text: put it in double quotes"):
        read_mapping("m.yaml", text.encode())
