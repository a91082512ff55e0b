"""One transaction's worth of case rows and everything that is saved with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic
from uuid import UUID

import msgspec

from civicloop_contracts.fact import Replay
from civicloop_kit.hops import Hop
from civicloop_kit.received import Place, Received
from civicloop_kit.room import S

# Last sequence and digest (hexadecimal SHA-256) of one source.
Mark = tuple[int, str]
NO_MARK: Mark = (0, "")


@dataclass(slots=True, kw_only=True)
class Row(Generic[S]):
    """A case in this room: inbox, sequence and audit in one.

    ``inbox`` has the last applied mark per incoming source, ``emitted`` the last one per outgoing
    source. ``blocked``: a record failed as a bug; every later record of the case waits behind it.
    ``traceparent`` is that of the first hop: all that becomes of the case stays in its trace.
    """

    case_id: UUID
    version: int
    inbox: dict[str, Mark]
    emitted: dict[str, Mark]
    held_count: int
    blocked: bool
    replay: Replay | None
    traceparent: str | None = None
    state: S
    changed: bool = False


class OutboxFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact as it is stored and sent."""

    source: str
    case_id: UUID
    seq: int
    shard: int
    topic: str
    type: str
    value: bytes
    traceparent: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """A record that waits, and why; ``since`` None is just now.

    A `gap`, a `bug`, a code of a `newer` release, or `behind` one of the last two.
    """

    record: Received
    reason: str
    error: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A record of which not even the case can be read."""

    record: Received
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A position: the next offset of a partition, from what we believe it is."""

    topic: str
    partition: int
    expected: int
    next: int


@dataclass(slots=True, kw_only=True)
class Work(Generic[S]):
    """Rows under lock, and what a batch adds to them."""

    rows: dict[UUID, Row[S]]
    held_before: dict[UUID, list[HeldRecord]] = field(default_factory=dict)
    facts: list[OutboxFact] = field(default_factory=list)
    effects: list[object] = field(default_factory=list)
    held: list[HeldRecord] = field(default_factory=list)
    released: list[Received] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    # Cases that failed as bugs in this transaction, a failing timer included.
    failed: set[UUID] = field(default_factory=set)
    # Why a timer failed, by case.
    failed_timers: dict[UUID, str] = field(default_factory=dict)
    # Cases that are tried again, and since when each of their records has waited.
    retried: set[UUID] = field(default_factory=set)
    held_since: dict[Place, datetime | None] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    moves: Sequence[Move] = ()

    @property
    def changed(self) -> list[Row[S]]:
        """The rows to save."""
        return [row for row in self.rows.values() if row.changed]
