"""Read a CSV file row by row, plain or gzip; a broken row costs itself, never its neighbours."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from civicloop.importer.errors import SourceError
from civicloop.importer.words import Reason, Reject, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

CHUNK_BYTES: Final = 1 << 20
# A longer line is no row of a table; it is cut, so that it is never in memory as a whole.
MAX_LINE_CHARS: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_BYTE_ORDER_MARK: Final = "\ufeff"
# Stands for a line too long; as it has one field only, its row is broken.
_BROKEN: Final = "\0\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in the file, unpacked: SHA-256 in hex, and about how many lines."""

    digest: str
    lines: int


class SourceFile:
    """A city's file as its mapping describes it."""

    def __init__(self, path: Path, *, encoding: str, delimiter: str) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter

    def contents(self) -> Contents:
        """Read the file once, without keeping it.

        Raises:
            SourceError: It cannot be read to its end.
        """
        digest, lines = hashlib.sha256(), 0
        with self._bytes() as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                lines += chunk.count(b"\n")
        return Contents(digest=digest.hexdigest(), lines=lines)

    def header(self) -> list[str]:
        """Return the fields of the first line.

        Raises:
            SourceError: There is none, or the file cannot be read.
        """
        with self._lines() as lines:
            try:
                fields = next(csv.reader(lines, delimiter=self._delimiter, strict=True), [])
            except csv.Error as error:
                raise SourceError(f"{self._path}: line 1 must name the columns: {error}") from error
        if not fields:
            raise SourceError(f"{self._path}: is empty: its first line must name the columns")
        return fields

    def rows(self) -> Iterator[Row | Reject]:
        """Yield the rows after the header; each broken one as a `Reject`.

        A row that runs over several lines and is broken costs its first line only: the others are
        read again, as a stray quote swallows whatever follows it.

        Raises:
            SourceError: The file cannot be read to its end.
        """
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            width = len(next(reader, []))
            while True:
                lines.begin()
                try:
                    fields = next(reader, None)
                except csv.Error:
                    fields = [_BROKEN] * (width + 1)
                if fields is None:
                    return
                if len(fields) == width:
                    yield Row(line=lines.first, fields=fields)
                elif fields:
                    yield Reject(line=lines.first, reason=Reason.ROW_BROKEN)
                    lines.read_again_after_first()

    @contextmanager
    def _lines(self) -> Iterator[_Lines]:
        with self._bytes() as stream:
            # A byte that is no text becomes U+FFFD: it costs its row.
            text = io.TextIOWrapper(stream, self._encoding, errors="replace", newline="")
            try:
                yield _Lines(text)
            except UnicodeError as error:
                raise SourceError(
                    f"{self._path}: is no {self._encoding} text: give another `encoding`"
                ) from error

    @contextmanager
    def _bytes(self) -> Iterator[BufferedReader | gzip.GzipFile]:
        try:
            with self._path.open("rb") as raw:
                start = raw.peek(len(_ZIP))
                if start.startswith(_ZIP):
                    raise SourceError(f"{self._path}: is a zip archive: unpack it, give the CSV")
                if start.startswith(_GZIP):
                    with gzip.open(raw) as unpacked:
                        yield unpacked
                else:
                    yield raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError(f"{self._path}: the gzip data is damaged: fetch it again") from error
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror}: give a CSV file") from error


class _Lines:
    """Physical lines with their numbers, which can be read again."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.first = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        return line

    def begin(self) -> None:
        """Begin a row with the next line."""
        self.first += len(self._taken)
        self._taken.clear()

    def read_again_after_first(self) -> None:
        """Give the row's lines once more, without its first."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def _read(self) -> str:
        line = self._text.readline(MAX_LINE_CHARS)
        if len(line) < MAX_LINE_CHARS or line.endswith(("\n", "\r")):
            return line.removeprefix(_BYTE_ORDER_MARK) if self.first == 1 else line
        while (rest := self._text.readline(MAX_LINE_CHARS)) and not rest.endswith(("\n", "\r")):
            pass
        return _BROKEN
