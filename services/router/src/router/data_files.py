"""Read rows from data files: whatever is wrong ends in one line that names file and entry."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import yaml

from router.domain.errors import RouterError

Row = TypeVar("Row")

_NUMBER: Final = re.compile(r"[0-9]+")


class DataFileError(RouterError):
    """A data file cannot be loaded."""

    def __init__(self, path: Path, entry: str, problem: str) -> None:
        super().__init__(f"{path.name}: {entry}: {problem}" if entry else f"{path.name}: {problem}")


def newest_file(folder: Path, stem: str, suffix: str) -> Path:
    """Return `<stem>-<version><suffix>` with the highest version, numbers compared as numbers.

    Raises:
        DataFileError: The folder has none.
    """
    found = sorted(folder.glob(f"{stem}-*{suffix}"), key=_version_order)
    if not found:
        raise DataFileError(folder / f"{stem}-<version>{suffix}", "", "the file is missing")
    return found[-1]


def read_yaml(path: Path) -> object:
    """Return the content of a YAML file.

    Raises:
        DataFileError: It cannot be read, or is no YAML.
    """
    try:
        return yaml.load(_read_text(path), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataFileError(path, f"line {line}", str(error.problem)) from error


def read_csv(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a CSV file whose first line is *columns*.

    Raises:
        DataFileError: It cannot be read, or has other columns.
    """
    lines = list(csv.reader(_read_text(path).splitlines()))
    if not lines or tuple(lines[0]) != columns:
        raise DataFileError(path, "line 1", f"expected the columns {','.join(columns)}")
    for number, line in enumerate(lines, start=1):
        if len(line) != len(columns):
            raise DataFileError(path, f"line {number}", f"expected {len(columns)} fields")
    return [dict(zip(columns, line, strict=True)) for line in lines[1:]]


def convert_row(raw: object, row_type: type[Row], path: Path, entry: str) -> Row:
    """Return *raw* as a checked row.

    Raises:
        DataFileError: It lacks a field, or one has a wrong name or value.
    """
    try:
        return msgspec.convert(raw, row_type)
    except msgspec.ValidationError as error:
        raise DataFileError(path, entry, str(error)) from error


def name_of(raw: object, number: int) -> str:
    """Return how to name a raw entry in an error: by its code, or by its number."""
    code = raw.get("code") if isinstance(raw, Mapping) else None
    return f"entry {code}" if code else f"entry number {number}"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataFileError(path, "", "the file is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(path, "", f"cannot be read: {error}") from error


def _version_order(path: Path) -> tuple[list[int], str]:
    return [int(number) for number in _NUMBER.findall(path.stem)], path.stem
