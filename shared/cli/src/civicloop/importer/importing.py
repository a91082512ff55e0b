"""Import one file: check it, replay it, or take its open rows over as new work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from civicloop.importer.judging import compare, is_overdue
from civicloop.importer.outcome import Mode, Outcome
from civicloop.importer.requests import request_of, run_of
from civicloop.importer.rows import RowReader
from civicloop.importer.sending import Parcel, Sender
from civicloop.importer.source_file import SourceFile
from civicloop.importer.waiting import Judge
from civicloop.importer.words import Reject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Table
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from civicloop.importer.calls import Calls
    from civicloop.importer.ledger import Ledger
    from civicloop.importer.mapping import Mapping
    from civicloop.importer.requests import Run
    from civicloop.importer.words import Line


class Watcher(Protocol):
    """Somebody who wants to see how far an import is."""

    def begins(self, what: str, lines: int) -> None:
        """Hear that a stage begins, and about how many lines it has."""

    def reached(self, lines: int) -> None:
        """Hear how many lines of the stage are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services that an import speaks to."""

    intake: Calls
    feedback: Calls


class Import:
    """One file under its mapping. Each method is one of the three things to do with it."""

    def __init__(
        self, path: Path, mapping: Mapping, as_of: datetime, ledger: Ledger, watcher: Watcher
    ) -> None:
        """Read the file once, so that nothing is sent of one that cannot be read.

        Raises:
            SourceError: It cannot be read, or lacks a column.
        """
        self._mapping = mapping
        self._as_of = as_of
        self._ledger = ledger
        self._watcher = watcher
        self._source = SourceFile(path, encoding=mapping.encoding, delimiter=mapping.delimiter)
        self._header = self._source.header()
        self._reader(as_of)
        contents = self._source.contents()
        self._lines = contents.lines
        self._run = run_of(mapping, as_of, contents.digest)
        self._skipped_closed = 0

    def check(self) -> Outcome:
        """Read and judge every row, and send nothing.

        Raises:
            SourceError: The file cannot be read to its end.
        """
        self._watcher.begins("reading", self._lines)
        for line in self._read(self._as_of):
            overdue = is_overdue(line.due_at, line.handled_at, self._as_of)
            self._ledger.add(line, overdue=overdue)
            self._watcher.reached(line.line)
        return self._outcome(Mode.CHECK)

    async def replay(self, services: Services) -> Outcome:
        """Let every row live through its own times, and compare the judgements.

        Raises:
            SourceError: The file cannot be read to its end.
            ServiceError: A service does not do its part; doing it again goes on from there.
        """
        await self._send(services, self._parcels(self._run))
        judge = Judge(services.feedback, self._ledger, self._run.id)
        self._watcher.begins("judging", self._ledger.totals().closed)
        await judge.wait(lambda progress: self._watcher.reached(progress.closed))
        return self._outcome(Mode.REPLAY, await judge.indicators())

    async def take_over(self, services: Services) -> Outcome:
        """File the rows that are still open as new work, under their own deadlines.

        Raises:
            SourceError: The file cannot be read to its end.
            ServiceError: Intake does not do its part; doing it again goes on from there.
        """
        await self._send(services, self._parcels(None))
        return self._outcome(Mode.LIVE)

    async def _send(self, services: Services, parcels: Iterator[Parcel]) -> None:
        self._watcher.begins("sending", self._lines)
        answered = 0

        def sent(lines: int) -> None:
            nonlocal answered
            answered += lines
            self._watcher.reached(answered)

        await Sender(services.intake, self._ledger).send(parcels, sent)

    def _parcels(self, run: Run | None) -> Iterator[Parcel]:
        for line in self._read(self._as_of if run else None):
            if run is None and line.handled_at is not None:
                self._skipped_closed += 1
                continue
            self._ledger.add(line)
            yield Parcel(line=line.line, request=request_of(line, self._mapping, run))

    def _read(self, as_of: datetime | None) -> Iterator[Line]:
        reader = self._reader(as_of)
        for row in self._source.rows():
            line = row if isinstance(row, Reject) else reader.read(row)
            if isinstance(line, Reject):
                self._ledger.reject(line)
            else:
                yield line

    def _reader(self, as_of: datetime | None) -> RowReader:
        return RowReader(self._mapping, self._header, as_of, self._ledger.is_new)

    def _outcome(self, mode: Mode, indicators: Table[str, Any] | None = None) -> Outcome:
        compares = mode is not Mode.LIVE and self._mapping.columns.on_time_flag is not None
        agreement = self._mapping.agreement
        return Outcome(
            mode=mode,
            mapping=self._mapping,
            run=self._run,
            totals=self._ledger.totals(),
            departments=self._ledger.departments(),
            rejected=self._ledger.reject_counts(),
            skipped_closed=self._skipped_closed,
            comparison=compare(self._ledger.judged(), agreement) if compares else None,
            indicators=indicators,
        )
