"""What became of each line, on disk: a file of any size is never in memory as a whole."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from civicloop.importer.causes import Judged
from civicloop.importer.words import Flag, Reason, Reject
from civicloop_kit.postgres import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from civicloop.importer.words import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of lines that were not rejected; ``closed`` were handled by their source.

    ``repeated`` had been imported before, ``overdue`` is our judgement, ``unjudged`` have none.
    """

    filed: int
    closed: int
    repeated: int
    overdue: int
    overdue_source: int
    on_time_source: int
    unjudged: int


class Ledger:
    """The lines of one import. Made by `open_ledger`, gone with it."""

    def __init__(self, connection: sqlite3.Connection, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    def is_new(self, source_id: str) -> bool:
        """Tell whether this is the first row with that id, and note it."""
        return self._run("see", source_id=source_id).rowcount == 1

    def add(self, line: Line, *, overdue: bool | None = None) -> None:
        """Note a line, with its judgement where it is known already."""
        self._run(
            "add_line",
            line=line.line,
            source_id=line.source_id,
            department=line.department,
            flag=line.flag.value,
            handled=line.handled_at is not None,
            overdue=overdue,
        )

    def reject(self, reject: Reject) -> None:
        """Note a row that is not imported, or a line that intake did not file."""
        self._run("remove_line", line=reject.line)
        self._run(
            "add_reject", line=reject.line, reason=reject.reason.value, source_column=reject.column
        )

    def file(self, line: int, case_id: str, *, repeated: bool) -> None:
        """Note the case that a line became; ``repeated``: an earlier import had made it."""
        self._run("file_line", line=line, case_id=case_id, repeated=repeated)

    def judge(self, case_id: str, *, overdue: bool, handled: bool) -> None:
        """Note our judgement of a case; of one that waits for its handling it is none yet."""
        self._run("judge_case", case_id=case_id, overdue=overdue, handled=handled)

    def totals(self) -> Totals:
        """Return the counts over all departments."""
        row = self._run("totals").fetchone()
        return Totals(**dict(row))

    def departments(self) -> dict[str, Totals]:
        """Return the counts of each department, by code."""
        rows = (dict(row) for row in self._run("departments"))
        return {row.pop("department"): Totals(**row) for row in rows}

    def judged(self) -> Iterator[Judged]:
        """Yield the lines that we judged, in the order of the file."""
        for row in self._run("judged"):
            values = dict(row)
            values |= {"overdue": bool(values["overdue"]), "flag": Flag(values["flag"])}
            yield Judged(**values)

    def unjudged(self, most: int) -> list[Mapping[str, str | int]]:
        """Return line, source id and case id of the first lines that we did not judge."""
        return [dict(row) for row in self._run("unjudged", most=most)]

    def rejects(self) -> Iterator[Reject]:
        """Yield what was not imported, in the order of the file."""
        for line, reason, column in self._run("rejects"):
            yield Reject(line=line, reason=Reason(reason), column=column)

    def reject_counts(self) -> dict[Reason, int]:
        """Return how many lines each reason cost, the costliest first."""
        return {Reason(reason): lines for reason, lines in self._run("reject_counts")}

    def _run(self, query: str, **values: str | int | None) -> sqlite3.Cursor:
        return self._connection.execute(self._queries[query], values)


@contextmanager
def open_ledger() -> Iterator[Ledger]:
    """Give an empty ledger in a temporary folder, which ends with the block."""
    queries = load_queries(__package__)
    with tempfile.TemporaryDirectory(prefix="civicloop-import-") as folder:
        path = Path(folder) / "ledger.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            # Nobody reads it after a crash: importing again makes a new one.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            for name in ("create_seen", "create_lines", "create_rejects"):
                connection.execute(queries[name])
            yield Ledger(connection, queries)
