"""Read the registry of matters from its versioned file."""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from intake.domain.errors import IntakeError
from intake.domain.filing import Entry, MatterRegistry
from intake.domain.model import MatterKind, PlaceClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COLUMNS: Final = ["standard_ref", "kind", "code", "place_class", "within"]
_STANDARD: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,31}")
_CODE: Final = re.compile(r"[0-9]{5}|[0-9]{0,4}\*")
_DIVISION: Final = re.compile(r"[0-9]{0,12}")

Key = tuple[str, MatterKind, str]


class MatterFileError(IntakeError):
    """The file of matters cannot be used."""


def load_matters(version: str) -> MatterRegistry:
    """Return the registry of that version.

    Raises:
        MatterFileError: There is no such file, or a line in it is wrong; the message names both.
    """
    name = f"matters-{version}.csv"
    try:
        text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MatterFileError(f"{name}: no such file; set CIVICLOOP_MATTERS_VERSION") from error
    return MatterRegistry(version=version, entries=read_matters(name, text.splitlines()))


def read_matters(name: str, lines: Iterable[str]) -> Mapping[Key, Entry]:
    """Return the entries in *lines*; *name* is what errors call the file.

    Raises:
        MatterFileError: A line is wrong.
    """
    rows = csv.DictReader(lines)
    if rows.fieldnames != _COLUMNS:
        raise MatterFileError(f"{name}: the first line must be {','.join(_COLUMNS)}")
    entries: dict[Key, Entry] = {}
    for number, row in enumerate(rows, start=2):
        key, entry = _entry(f"{name} line {number}", row)
        if key in entries:
            raise MatterFileError(f"{name} line {number}: {key[2]} stands there twice")
        entries[key] = entry
    return entries


def _entry(place: str, row: Mapping[str, str]) -> tuple[Key, Entry]:
    if None in row or None in row.values():
        raise MatterFileError(f"{place}: has not {len(_COLUMNS)} fields")
    for column, pattern in (("standard_ref", _STANDARD), ("code", _CODE), ("within", _DIVISION)):
        if not pattern.fullmatch(row[column]):
            raise MatterFileError(f"{place}: {column} must match {pattern.pattern}")
    try:
        kind, place_class = MatterKind(row["kind"]), PlaceClass(row["place_class"])
    except ValueError as error:
        raise MatterFileError(f"{place}: {error}") from error
    entry = Entry(place_class=place_class, within=row["within"] or None)
    return (row["standard_ref"], kind, row["code"]), entry
