"""What the auditor reads from one service's database, in one REPEATABLE READ snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

# Last sequence and hexadecimal digest of one source.
Mark = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """What a service keeps of a case: ``inbox`` per source it reads, ``emitted`` per own source."""

    case_id: UUID
    inbox: Mapping[str, Mark]
    emitted: Mapping[str, Mark]
    held_count: int = 0
    blocked: bool = False
    timer_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A fact that waits to be sent."""

    source: str
    case_id: UUID
    sequence: int
    type: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A record that waits before a service."""

    case_id: UUID
    source: str
    sequence: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A report that a caller was told is in a case."""

    case_id: UUID
    report_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that leaves a service; ``due_at`` None: it waits for a person."""

    job_id: str
    lane: UUID
    case_id: UUID
    due_at: datetime | None
    claim_expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One service's database at ``at``. The rows may be read once only."""

    service: str
    at: datetime
    rows: Iterable[CaseRow]
    outbox: Iterable[OutboxRow] = ()
    held: Iterable[HeldRow] = ()
    receipts: Iterable[Receipt] = ()
    jobs: Iterable[Job] = ()
