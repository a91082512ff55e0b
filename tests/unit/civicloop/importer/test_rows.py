"""One row and its mapping: what it says, and every reason not to import it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.civicloop.importer.conftest import COLUMNS, DOCUMENT, GOOD_ROW, changed_mapping

from civicloop.importer.errors import SourceError
from civicloop.importer.mapping import Mapping
from civicloop.importer.rows import RowReader
from civicloop.importer.words import Flag, Line, Reason, Reject, Row
from civicloop_contracts.codes import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

MAPPING = Mapping.model_validate(DOCUMENT)
AS_OF = datetime(2024, 5, 31, 22, tzinfo=UTC)


def _always(_source_id: str) -> bool:
    return True


def _read(
    changes: dict[str, str],
    mapping: Mapping = MAPPING,
    is_new: Callable[[str], bool] = _always,
    as_of: datetime | None = AS_OF,
) -> Line | Reject:
    reader = RowReader(mapping, COLUMNS, as_of, is_new)
    return reader.read(Row(line=7, fields=list((GOOD_ROW | changes).values())))


def _line(mapping: Mapping = MAPPING, **changes: str) -> Line:
    line = _read(changes, mapping)
    assert isinstance(line, Line)
    return line


def test_a_good_row_says_everything() -> None:
    """Times in UTC, words as our codes."""
    assert _line() == Line(
        line=7,
        source_id="A1",
        opened_at=datetime(2024, 5, 2, 6, tzinfo=UTC),
        due_at=datetime(2024, 5, 3, 6, tzinfo=UTC),
        handled_at=datetime(2024, 5, 2, 7, 30, tzinfo=UTC),
        channel=Channel.HOTLINE,
        department="made-roads",
        matter="01001",
        division="110101",
        position=(52.5, 13.4),
        flag=Flag.ON_TIME,
    )


def test_white_space_and_blank_words_do_not_matter() -> None:
    """Around a value, inside of it, and a word that stands for nothing."""
    line = _line(office="  Roads ", via="phone\t", due=" n/a ", y="", x=" ")
    assert (line.department, line.due_at, line.position) == ("made-roads", None, None)


def test_a_row_without_target_close_and_flag_is_an_open_one() -> None:
    """Blank is missing, not zero."""
    line = _line(due="", out="", state="new", ok="")
    assert (line.due_at, line.handled_at, line.flag) == (None, None, Flag.BLANK)


def test_an_unlisted_type_is_that_of_its_class() -> None:
    """And so is a missing one."""
    assert _line(detail="Sinkhole").matter == "01000"
    assert _line(detail="").matter == "01000"


def test_the_position_of_premises_stays_where_it_is() -> None:
    """A coarse class is imported without coordinates."""
    assert _line(sort="Home").position is None


@pytest.mark.parametrize(
    ("changes", "reason", "column"),
    [
        ({"id": "\ufffd1"}, Reason.TEXT_UNREADABLE, "id"),
        ({"detail": "Ho\0le"}, Reason.TEXT_UNREADABLE, "detail"),
        ({"id": " "}, Reason.SOURCE_ID_MISSING, "id"),
        ({"in": "n/a"}, Reason.OPENED_AT_MISSING, "in"),
        ({"in": "2.5.2024"}, Reason.TIME_UNREADABLE, "in"),
        ({"due": "soon"}, Reason.TIME_UNREADABLE, "due"),
        ({"out": "2024-13-01 00:00:00"}, Reason.TIME_UNREADABLE, "out"),
        ({"due": "2024-03-31 02:30:00"}, Reason.TIME_SKIPPED, "due"),
        ({"in": "2024-06-01 00:00:01"}, Reason.LATER_THAN_AS_OF, "in"),
        ({"out": "2024-06-01 00:00:01"}, Reason.LATER_THAN_AS_OF, "out"),
        ({"state": "Done"}, Reason.STATUS_UNKNOWN, "state"),
        ({"via": "fax"}, Reason.CHANNEL_UNKNOWN, "via"),
        ({"via": ""}, Reason.CHANNEL_UNKNOWN, "via"),
        ({"office": "Lakes"}, Reason.DEPARTMENT_UNKNOWN, "office"),
        ({"sort": "Sky"}, Reason.MATTER_UNKNOWN, "sort"),
        ({"area": "North"}, Reason.DIVISION_UNKNOWN, "area"),
        ({"out": "2024-05-01 00:00:00"}, Reason.HANDLED_BEFORE_OPENED, "out"),
        ({"out": ""}, Reason.STATUS_CONTRADICTS_HANDLED_AT, "state"),
        ({"state": "new"}, Reason.STATUS_CONTRADICTS_HANDLED_AT, "state"),
        ({"ok": "maybe"}, Reason.FLAG_UNKNOWN, "ok"),
        ({"y": ""}, Reason.POSITION_UNUSABLE, "y"),
        ({"x": "east"}, Reason.POSITION_UNUSABLE, "y"),
        ({"y": "90.1"}, Reason.POSITION_UNUSABLE, "y"),
        ({"x": "nan"}, Reason.POSITION_UNUSABLE, "y"),
    ],
)
def test_a_row_that_cannot_be_used_is_told(
    changes: dict[str, str], reason: Reason, column: str
) -> None:
    """By the first reason that holds and the source's own name of the column."""
    assert _read(changes) == Reject(line=7, reason=reason, column=column)


def test_a_source_id_counts_once() -> None:
    """Whoever keeps the ids says so."""
    seen: set[str] = set()

    def is_new(source_id: str) -> bool:
        known = source_id in seen
        seen.add(source_id)
        return not known

    assert isinstance(_read({}, is_new=is_new), Line)
    again = _read({}, is_new=is_new)
    assert again == Reject(line=7, reason=Reason.SOURCE_ID_REPEATED, column="id")


def test_only_named_columns_are_looked_at() -> None:
    """Garbage in a column that nobody named costs nothing."""
    mapping = changed_mapping("columns.matter_type", None)
    assert _line(mapping, detail="\ufffd\0").matter == "01000"


@pytest.mark.parametrize(
    ("key", "changes", "field", "value"),
    [
        (
            "handled_before_opened",
            {"out": "2024-05-01 00:00:00"},
            "handled_at",
            datetime(2024, 5, 2, 6, tzinfo=UTC),
        ),
        ("status_contradicts_handled_at", {"out": ""}, "handled_at", None),
        ("flag_unknown", {"ok": "maybe"}, "flag", Flag.BLANK),
        ("position_unusable", {"x": ""}, "position", None),
    ],
)
def test_a_mapping_may_keep_such_a_row(
    key: str, changes: dict[str, str], field: str, value: Any
) -> None:
    """With the reading that the reference gives."""
    assert getattr(_line(changed_mapping(f"reject.{key}", "keep"), **changes), field) == value


@pytest.mark.parametrize(
    ("path", "default", "changes", "field", "value"),
    [
        ("channels.default", "import", {"via": "fax"}, "channel", Channel.IMPORT),
        ("departments.default", "made-parks", {"office": ""}, "department", "made-parks"),
        ("matters.default", "99000", {"sort": "Sky"}, "matter", "99000"),
        ("place.division.default", "110105", {"area": ""}, "division", "110105"),
    ],
)
def test_a_default_stands_for_what_is_missing_or_unlisted(
    path: str, default: str, changes: dict[str, str], field: str, value: str
) -> None:
    """Each of the four look-ups has one."""
    assert getattr(_line(changed_mapping(path, default), **changes), field) == value


def test_without_as_of_nothing_is_too_late() -> None:
    """New work has no end of the file."""
    late = {"in": "2030-01-01 00:00:00", "due": "", "out": "", "state": "new"}
    assert isinstance(_read(late, as_of=None), Line)


def test_a_header_must_have_each_named_column_once() -> None:
    """White space aside; what is there is told."""
    with pytest.raises(SourceError, match="no column 'id': name one of: in, due"):
        RowReader(MAPPING, COLUMNS[1:], AS_OF, _always)
    with pytest.raises(SourceError, match="more than one column 'id'"):
        RowReader(MAPPING, [*COLUMNS, " id"], AS_OF, _always)
