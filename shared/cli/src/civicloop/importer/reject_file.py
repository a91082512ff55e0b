"""The file of lines that were not imported: line number, reason, column, what to do."""

from __future__ import annotations

import csv
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from civicloop.importer.errors import UsageError
from civicloop.importer.words import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from civicloop.importer.words import Reject

HEADER: Final = ("line", "reason", "column", "fix")
SUFFIX: Final = ".rejects.csv"
_LIST_IT: Final = "list the value in the mapping, or give a default"
FIXES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ROW_BROKEN: "the row has other fields than the first line: look for a stray quote",
        Reason.TEXT_UNREADABLE: "bytes that are no text: check `encoding` in the mapping",
        Reason.SOURCE_ID_MISSING: "give the row its number",
        Reason.SOURCE_ID_REPEATED: "an earlier row has the same number: nothing, or mend the file",
        Reason.OPENED_AT_MISSING: "give the row the time of its opening",
        Reason.TIME_UNREADABLE: "mend it, or add the way that it is written to `time_formats`",
        Reason.TIME_SKIPPED: "the clocks jump over that time: mend it, or `skipped_time: shift`",
        Reason.LATER_THAN_AS_OF: "`as_of` lies before it: set it to when the file was made",
        Reason.STATUS_UNKNOWN: "list the word under `status`",
        Reason.CHANNEL_UNKNOWN: _LIST_IT,
        Reason.DEPARTMENT_UNKNOWN: _LIST_IT,
        Reason.MATTER_UNKNOWN: _LIST_IT,
        Reason.DIVISION_UNKNOWN: _LIST_IT,
        Reason.HANDLED_BEFORE_OPENED: "mend the row, or set that key under `reject` to keep",
        Reason.STATUS_CONTRADICTS_HANDLED_AT: "mend the row, or set that key to keep",
        Reason.FLAG_UNKNOWN: "list the word under `on_time_flag`, or set that key to keep",
        Reason.POSITION_UNUSABLE: "mend the row, or set that key under `reject` to keep",
        Reason.OUTSIDE_JURISDICTION: "intake does not answer for the division: see its settings",
        Reason.UNKNOWN_MATTER: "intake does not know the matter: see its list of matters",
        Reason.ID_REUSED: "imported before with other contents: it stays as it was",
        Reason.REFUSED: "intake refuses the column's value: see its API",
        Reason.FAILED: "intake failed on it: see `civicloop logs intake`, then import again",
    }
)


def open_place(file: Path, wanted: Path | None, mapping: Path | None = None) -> Path:
    """Return where rejects go: as wanted, or beside the file that is imported.

    Raises:
        UsageError: That would overwrite the file or its mapping, or cannot be written.
    """
    place = wanted or file.with_name(file.name + SUFFIX)
    if place.exists() and file.exists() and place.samefile(file):
        raise UsageError(f"{place}: is the file to import: give --rejects another name")
    if mapping and place.exists() and mapping.exists() and place.samefile(mapping):
        raise UsageError(f"{place}: is the mapping: give --rejects another name")
    if wanted is not None:
        _write(place, ())
    return place


def keep_rejects(place: Path, rejects: Iterable[Reject]) -> None:
    """Write every reject, in the order of the file; none, and no file there, needs no file.

    Raises:
        UsageError: The place cannot be written.
    """
    kept = iter(rejects)
    first = next(kept, None)
    if first is None and not place.exists():
        return
    every = chain([first] if first else [], kept)
    _write(place, ((it.line, it.reason.value, it.column, FIXES[it.reason]) for it in every))


def _write(place: Path, rows: Iterable[tuple[object, ...]]) -> None:
    try:
        with place.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(rows)
    except OSError as error:
        raise UsageError(
            f"{place}: {error.strerror}: give --rejects a file that can be written"
        ) from error
