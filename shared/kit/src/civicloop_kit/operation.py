"""A retry or a discard that an operator asked for, and its row: also the audit of these doors."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from civicloop_kit.postgres import Connection, load_queries
from civicloop_kit.received import Place

_QUERIES: Final = load_queries(__package__)
# Cases a second.
DEFAULT_RATE: Final = 50


class UnknownCaseError(Exception):
    """There is no such case here."""


class UnknownOperationError(Exception):
    """There is no such operation here."""


class Kind(StrEnum):
    """What an operator can do about held records."""

    RETRY = "retry"
    DISCARD = "discard"


class Why(StrEnum):
    """Why a record is discarded."""

    # Nobody's fact: written by a stranger or damaged on its way.
    NOT_A_FACT = "not_a_fact"
    # What it says was brought about in another way.
    DONE_BY_HAND = "done_by_hand"
    # It contradicts what is known, and what is known is right.
    CONTRADICTS = "contradicts"
    # Nobody needs it: a test, a case that is over.
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one batch: cases tried, cases that hold nothing any more, records applied."""

    cases: int
    freed: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which blocked cases to try again: one, those of a cause, or all when nothing is named."""

    case_id: UUID | None = None
    reason: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """A record that was left out, why, and the number that its source advanced to, if it did."""

    place: Place
    source: str
    sequence: int | None
    digest: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What was asked for, by whom, and what has come of it so far.

    ``cases`` were tried, ``freed`` of them hold nothing any more, ``records`` were applied.
    ``reached`` is the last case that was tried.
    """

    operation_id: UUID = field(default_factory=uuid4)
    kind: Kind
    requested_at: datetime
    principal: str
    selection: Selection
    discarded: Discarded | None = None
    rate: int = DEFAULT_RATE
    reached: UUID | None = None
    cases: int = 0
    freed: int = 0
    records: int = 0
    finished_at: datetime | None = None


async def next_cases(connection: Connection, operation: Operation, limit: int) -> list[UUID]:
    """Return the next blocked cases of an operation, in the order of their ids."""
    selection = operation.selection
    rows = await connection.fetch(
        _QUERIES["cases_to_retry"],
        operation.reached,
        selection.case_id,
        selection.reason,
        selection.error,
        operation.requested_at,
        limit,
    )
    return [row["case_id"] for row in rows]


async def note_tried(
    connection: Connection,
    operation: Operation,
    reached: UUID | None,
    tried: Tried,
    finished_at: datetime | None,
) -> None:
    """Note that cases were tried, up to one, and that these were the last when there is a time."""
    await connection.execute(
        _QUERIES["advance_operation"],
        operation.operation_id,
        reached,
        tried.cases,
        tried.freed,
        tried.records,
        finished_at,
    )


async def begin(connection: Connection, operation: Operation) -> None:
    """Write down what was asked for."""
    selection, gone = operation.selection, operation.discarded
    await connection.execute(
        _QUERIES["begin_operation"],
        operation.operation_id,
        operation.kind,
        operation.requested_at,
        operation.principal,
        selection.case_id,
        selection.reason,
        selection.error,
        *(gone.place if gone else (None, None, None)),
        gone.source if gone else None,
        gone.sequence if gone else None,
        gone.digest if gone else None,
        gone.why if gone else None,
        operation.rate,
    )


def operation_in(row: Any) -> Operation:
    """Return the operation that a row holds."""
    return Operation(
        operation_id=row["operation_id"],
        kind=Kind(row["kind"]),
        requested_at=row["requested_at"],
        principal=row["principal"],
        selection=Selection(case_id=row["case_id"], reason=row["reason"], error=row["error"]),
        discarded=_discarded(row),
        rate=row["rate"],
        reached=row["reached"],
        cases=row["cases"],
        freed=row["freed"],
        records=row["records"],
        finished_at=row["finished_at"],
    )


def _discarded(row: Any) -> Discarded | None:
    if row["why"] is None:
        return None
    return Discarded(
        place=(row["topic"], row["partition"], row["offset"]),
        source=row["source"],
        sequence=row["seq"],
        digest=row["digest"],
        why=Why(row["why"]),
    )
