"""Read a service's invariant views as the auditor: one REPEATABLE READ snapshot, streamed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import IsolationLevel
from psycopg.raw_cursor import RawCursor, RawServerCursor
from psycopg.rows import dict_row

from civicloop.audit.snapshot import CaseRow, HeldRow, Job, OutboxRow, Receipt, Snapshot
from civicloop_kit.postgres import load_queries
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    Row = dict[str, Any]

FETCHED_ROWS: Final = 5_000
_QUERIES: Final = load_queries(__package__)


@contextmanager
def snapshot_of(service: str, url: str, sources: Sequence[str]) -> Iterator[Snapshot]:
    """Open a snapshot; its rows are read while the block lasts.

    Raises:
        StackError: The database does not answer or does not let the auditor in.
    """
    with _connect(service, url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with RawCursor(connection, row_factory=dict_row) as cursor:
            now = cursor.execute(_QUERIES["now"]).fetchone()
        yield Snapshot(
            service=service,
            at=(now or {})["now"],
            rows=map(_case_row, _stream(connection, "rows")),
            outbox=map(_outbox_row, _stream(connection, "outbox", list(sources))),
            held=map(_held_row, _stream(connection, "held")),
            receipts=(Receipt(**row) for row in _stream(connection, "receipts")),
            jobs=(Job(**row) for row in _stream(connection, "jobs")),
        )


def read_again(service: str, url: str, cases: Sequence[UUID]) -> list[CaseRow]:
    """Return the rows of some cases as they are now.

    Raises:
        StackError: The database does not answer.
    """
    with _connect(service, url) as connection:
        return [_case_row(row) for row in _stream(connection, "rows_of", list(cases))]


@contextmanager
def _connect(service: str, url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    try:
        with psycopg.connect(url, application_name="civicloop-audit") as connection:
            yield connection
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0] if str(error) else type(error).__name__
        raise StackError(
            f"the auditor cannot read the database of {service} ({reason}): see `civicloop status`"
        ) from error


def _stream(
    connection: psycopg.Connection[tuple[Any, ...]], query: str, *values: object
) -> Iterator[Row]:
    name = f"audit_{query}"
    with RawServerCursor(connection, name, row_factory=dict_row) as cursor:
        cursor.itersize = FETCHED_ROWS
        cursor.execute(_QUERIES[query], values)
        yield from cursor


def _case_row(row: Row) -> CaseRow:
    return CaseRow(
        case_id=row["case_id"],
        inbox={source: (mark[0], mark[1]) for source, mark in row["inbox"].items()},
        emitted={source: (mark[0], mark[1]) for source, mark in row["emitted"].items()},
        held_count=row["held_count"],
        blocked=row["blocked"],
        timer_at=row["timer_at"],
    )


def _outbox_row(row: Row) -> OutboxRow:
    return OutboxRow(
        source=row["source"],
        case_id=row["case_id"],
        sequence=row["seq"],
        type=row["type"],
        value=bytes(row["value"]),
    )


def _held_row(row: Row) -> HeldRow:
    return HeldRow(
        case_id=row["case_id"], source=row["source"], sequence=row["seq"], reason=row["reason"]
    )
