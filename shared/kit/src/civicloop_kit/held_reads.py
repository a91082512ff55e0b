"""What operators see of what is held and of dead letters: where, why, since when; no content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from civicloop_contracts.envelope import traceparent_of
from civicloop_contracts.facts import BY_TYPE
from civicloop_kit.operation import UnknownCaseError
from civicloop_kit.postgres import Database, load_queries
from civicloop_kit.received import unpack_headers
from civicloop_kit.tracing import trace_id_of

_QUERIES: Final = load_queries(__package__)
MAX_GROUPS: Final = 200
MAX_RECORDS: Final = 500


class UnknownLetterError(Exception):
    """There is no such dead letter here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something waits: a record that failed (`bug`), a `timer` that failed, a `gap`.

    ``error`` is the kind of the error, never its words; ``release`` the one that met it.
    """

    reason: str
    error: str
    source: str | None
    release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGroup:
    """Everything that waits for one cause."""

    cause: Cause
    cases: int
    records: int
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCase:
    """A case that waits, and how many of its records do."""

    case_id: UUID
    cause: Cause
    records: int
    since: datetime | None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPlace:
    """One held record: where it lies in Kafka, and why it waits."""

    topic: str
    partition: int
    offset: int
    source: str
    sequence: int | None
    fact: str | None
    reason: str
    error: str
    release: str | None
    since: datetime
    trace_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterGroup:
    """Dead letters of one topic for one reason."""

    reason: str
    topic: str
    letters: int
    since: datetime
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record of which not even the case can be read; its content stays sealed."""

    letter_id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    digest: str
    sealed_bytes: int
    recorded_at: datetime
    trace_id: str | None
    unsent: bool = False


class HeldReads:
    """Reads beside the work: nothing is locked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def groups(self) -> Sequence[HeldGroup]:
        """Return what is held, by cause: the worst first."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["held_groups"], MAX_GROUPS)
        return [
            HeldGroup(
                cause=_cause(row), cases=row["cases"], records=row["records"], since=row["since"]
            )
            for row in rows
        ]

    async def cases(
        self, *, after: UUID | None, reason: str | None, error: str | None, limit: int
    ) -> Sequence[HeldCase]:
        """Return cases that wait, in the order of their ids."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["held_cases"], after, reason, error, limit)
        return [_case(row, None) for row in rows]

    async def case(self, case_id: UUID) -> tuple[HeldCase, Sequence[HeldPlace]]:
        """Return what one case waits for, and its first held records.

        Raises:
            UnknownCaseError: Nothing of it waits here.
        """
        async with self._database.read() as connection:
            row = await connection.fetchrow(_QUERIES["held_case"], case_id)
            if row is None:
                raise UnknownCaseError("nothing of that case is held here")
            records = await connection.fetch(_QUERIES["held_records"], case_id, MAX_RECORDS)
        return _case(row, trace_id_of(row["traceparent"])), [_place(record) for record in records]

    async def letter_groups(self) -> Sequence[LetterGroup]:
        """Return dead letters by reason and topic: the most first."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["letter_groups"], MAX_GROUPS)
        return [LetterGroup(**row) for row in rows]

    async def letters(
        self, *, before: UUID | None, reason: str | None, limit: int
    ) -> Sequence[DeadLetter]:
        """Return dead letters, the newest first."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_letters"], before, reason, limit)
        return [_letter(row) for row in rows]

    async def letter(self, letter_id: UUID) -> DeadLetter:
        """Return one dead letter.

        Raises:
            UnknownLetterError: There is none.
        """
        async with self._database.read() as connection:
            row = await connection.fetchrow(_QUERIES["find_letter"], letter_id)
        if row is None:
            raise UnknownLetterError(UnknownLetterError.__doc__)
        return _letter(row, unsent=row["unsent"])


def _cause(row: Any) -> Cause:
    return Cause(
        reason=row["reason"], error=row["error"], source=row["source"], release=row["release"]
    )


def _case(row: Any, trace_id: str | None) -> HeldCase:
    return HeldCase(
        case_id=row["case_id"],
        cause=_cause(row),
        records=row["records"],
        since=row["since"],
        trace_id=trace_id,
    )


def _place(row: Any) -> HeldPlace:
    headers = unpack_headers(row["headers"])
    # A type that we do not know could be anybody's words.
    kind = BY_TYPE.get((dict(headers).get("ce_type") or b"").decode(errors="replace"))
    return HeldPlace(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        source=row["source"],
        sequence=row["seq"],
        fact=kind.__name__ if kind else None,
        reason=row["reason"],
        error=row["error"],
        release=row["release"],
        since=row["held_at"],
        trace_id=trace_id_of(traceparent_of(headers)),
    )


def _letter(row: Any, *, unsent: bool = False) -> DeadLetter:
    return DeadLetter(
        letter_id=row["letter_id"],
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        reason=row["reason"],
        digest=row["digest"].hex(),
        sealed_bytes=row["sealed_bytes"],
        recorded_at=row["recorded_at"],
        trace_id=trace_id_of(row["traceparent"]),
        unsent=unsent,
    )
