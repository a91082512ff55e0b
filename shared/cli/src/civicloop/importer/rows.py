"""Understand one row of the file as its mapping says; pure, and one row at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from civicloop.importer.errors import SourceError
from civicloop.importer.mapping import UNLISTED_TYPE
from civicloop.importer.mapping_values import KeepOrReject, normalize
from civicloop.importer.times import SkippedTimeError, UnreadableTimeError
from civicloop.importer.words import Flag, Line, Reason, Reject
from civicloop_contracts.codes import Precision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Mapping as Table
    from datetime import datetime

    from civicloop.importer.mapping import Mapping
    from civicloop.importer.words import Row
    from civicloop_contracts.codes import Channel

# NUL, and what a decoder puts in the place of bytes that are no text.
_NO_TEXT: Final = ("\0", "\ufffd")
_MAX_LATITUDE: Final = 90.0
_MAX_LONGITUDE: Final = 180.0


class RowReader:
    """Turns rows into lines.

    ``as_of``, where given, refuses what lies after it. ``is_new`` tells whether no earlier row had
    that source id.
    """

    def __init__(
        self,
        mapping: Mapping,
        header: Sequence[str],
        as_of: datetime | None,
        is_new: Callable[[str], bool],
    ) -> None:
        """Raises `SourceError` when the header lacks a column that the mapping names."""
        self._mapping = mapping
        self._places = _find_columns(mapping, header)
        self._blank = frozenset(mapping.blank)
        self._as_of = as_of
        self._is_new = is_new

    def read(self, row: Row) -> Line | Reject:
        """Return what the row says, or the first reason not to import it."""
        values = {field: normalize(row.fields[at]) for field, at in self._places.items()}
        try:
            return self._line(row.line, values)
        except _UnusableError as error:
            column = getattr(self._mapping.columns, error.field)
            return Reject(line=row.line, reason=error.reason, column=column or "")

    def _line(self, line: int, written: Table[str, str]) -> Line:
        for field, text in written.items():
            if any(character in text for character in _NO_TEXT):
                raise _UnusableError(Reason.TEXT_UNREADABLE, field)
        values = {k: v for k, v in written.items() if v not in self._blank}
        source_id = self._source_id(values)
        opened_at, due_at, handled_at = self._times(values)
        closed = self._closed(values)
        channel, department = self._channel(values), self._department(values)
        matter, precision = self._matter(values)
        division = self._division(values)
        handled_at = self._handled(opened_at, handled_at, closed)
        flag = self._flag(values)
        position = self._position(values)
        return Line(
            line=line,
            source_id=source_id,
            opened_at=opened_at,
            due_at=due_at,
            handled_at=handled_at,
            channel=channel,
            department=department,
            matter=matter,
            division=division,
            # Somebody's premises: the coordinates stay where they are.
            position=position if precision is Precision.EXACT else None,
            flag=flag,
        )

    def _source_id(self, values: Table[str, str]) -> str:
        source_id = values.get("source_id")
        if source_id is None:
            raise _UnusableError(Reason.SOURCE_ID_MISSING, "source_id")
        if not self._is_new(source_id):
            raise _UnusableError(Reason.SOURCE_ID_REPEATED, "source_id")
        return source_id

    def _times(self, values: Table[str, str]) -> tuple[datetime, datetime | None, datetime | None]:
        if "opened_at" not in values:
            raise _UnusableError(Reason.OPENED_AT_MISSING, "opened_at")
        fields = ("opened_at", "due_at", "handled_at")
        opened_at, due_at, handled_at = (self._time(values, field) for field in fields)
        assert opened_at is not None  # noqa: S101 -- its value is there
        if self._as_of is not None:
            for field, time in (("opened_at", opened_at), ("handled_at", handled_at)):
                if time is not None and time > self._as_of:
                    raise _UnusableError(Reason.LATER_THAN_AS_OF, field)
        return opened_at, due_at, handled_at

    def _time(self, values: Table[str, str], field: str) -> datetime | None:
        if field not in values:
            return None
        try:
            return self._mapping.clock.read(values[field])
        except UnreadableTimeError as error:
            raise _UnusableError(Reason.TIME_UNREADABLE, field) from error
        except SkippedTimeError as error:
            raise _UnusableError(Reason.TIME_SKIPPED, field) from error

    def _closed(self, values: Table[str, str]) -> bool | None:
        word, words = values.get("status"), self._mapping.status
        if word is None:
            return None
        if word not in words.open and word not in words.closed:
            raise _UnusableError(Reason.STATUS_UNKNOWN, "status")
        return word in words.closed

    def _channel(self, values: Table[str, str]) -> Channel:
        channels = self._mapping.channels
        channel = channels.words.get(values.get("channel", ""), channels.default)
        if channel is None:
            raise _UnusableError(Reason.CHANNEL_UNKNOWN, "channel")
        return channel

    def _department(self, values: Table[str, str]) -> str:
        departments = self._mapping.departments
        listed = departments.values.get(values.get("department", ""))
        code = listed.code if listed else departments.default
        if code is None:
            raise _UnusableError(Reason.DEPARTMENT_UNKNOWN, "department")
        return code

    def _matter(self, values: Table[str, str]) -> tuple[str, Precision]:
        matters = self._mapping.matters
        listed = matters.classes.get(values.get("matter_class", ""))
        if listed is not None:
            kind = listed.types.get(values.get("matter_type", ""), UNLISTED_TYPE)
            return listed.code + kind, listed.precision
        if matters.default is None:
            raise _UnusableError(Reason.MATTER_UNKNOWN, "matter_class")
        return matters.default, matters.default_precision

    def _division(self, values: Table[str, str]) -> str:
        divisions = self._mapping.place.division
        code = divisions.codes.get(values.get("division", ""), divisions.default)
        if code is None:
            raise _UnusableError(Reason.DIVISION_UNKNOWN, "division")
        return code

    def _handled(
        self, opened_at: datetime, handled_at: datetime | None, closed: bool | None
    ) -> datetime | None:
        rules = self._mapping.reject
        if handled_at is not None and handled_at < opened_at:
            if rules.handled_before_opened is KeepOrReject.REJECT:
                raise _UnusableError(Reason.HANDLED_BEFORE_OPENED, "handled_at")
            handled_at = opened_at
        contradicts = closed is not None and closed is (handled_at is None)
        if contradicts and rules.status_contradicts_handled_at is KeepOrReject.REJECT:
            raise _UnusableError(Reason.STATUS_CONTRADICTS_HANDLED_AT, "status")
        return handled_at

    def _flag(self, values: Table[str, str]) -> Flag:
        word, words = values.get("on_time_flag"), self._mapping.on_time_flag
        if word is None:
            return Flag.BLANK
        if word in words.overdue:
            return Flag.OVERDUE
        if word in words.on_time:
            return Flag.ON_TIME
        if self._mapping.reject.flag_unknown is KeepOrReject.REJECT:
            raise _UnusableError(Reason.FLAG_UNKNOWN, "on_time_flag")
        return Flag.BLANK

    def _position(self, values: Table[str, str]) -> tuple[float, float] | None:
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if latitude is None and longitude is None:
            return None
        position = _degrees(latitude, _MAX_LATITUDE), _degrees(longitude, _MAX_LONGITUDE)
        if None in position and self._mapping.reject.position_unusable is KeepOrReject.REJECT:
            raise _UnusableError(Reason.POSITION_UNUSABLE, "latitude")
        return None if None in position else position  # type: ignore[return-value]


class _UnusableError(Exception):
    """A row is not to be imported."""

    def __init__(self, reason: Reason, field: str) -> None:
        super().__init__(reason, field)
        self.reason = reason
        self.field = field


def _find_columns(mapping: Mapping, header: Sequence[str]) -> dict[str, int]:
    names = [normalize(name) for name in header]
    wanted = {k: v for k, v in mapping.columns.model_dump().items() if v is not None}
    for field, column in wanted.items():
        if names.count(column) != 1:
            fault = "no column" if column not in names else "more than one column"
            shown = ", ".join(names)
            hint = "" if len(names) > 1 else "; it is one column only: is `delimiter` right?"
            raise SourceError(
                f"columns.{field}: the file has {fault} {column!r}: name one of: {shown}{hint}"
            )
    return {field: names.index(column) for field, column in wanted.items()}


def _degrees(text: str | None, limit: float) -> float | None:
    try:
        degrees = float(text or "")
    except ValueError:
        return None
    return degrees if math.isfinite(degrees) and abs(degrees) <= limit else None
