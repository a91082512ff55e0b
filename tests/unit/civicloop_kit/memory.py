"""A database in memory: transactions with real compare-and-set, and failures on demand."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import Counter, counting_room

from civicloop_kit.postgres import CommitUnknownError, ConflictError, load_queries
from civicloop_kit.received import Received
from civicloop_kit.room import Room
from civicloop_kit.rows import HeldRecord, Letter, OutboxFact, Row, Work
from civicloop_kit.store import PositionLostError
from civicloop_kit.testing import FakeClock
from civicloop_kit.transactions import Transactions

_QUERIES = load_queries("civicloop_kit")
# What happens next: an error, nothing, or something that a test does.
Failure = Exception | Callable[[], None] | None
START = datetime(2026, 3, 2, 1, tzinfo=UTC)


@dataclass
class Tables:
    """What is committed."""

    rows: dict[UUID, Row[Counter]] = field(default_factory=dict)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    held: list[HeldRecord] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    facts: list[OutboxFact] = field(default_factory=list)
    replies: dict[bytes, tuple[bytes, str]] = field(default_factory=dict)
    timers: list[UUID] = field(default_factory=list)


class BrokenCommitError(CommitUnknownError):
    """A COMMIT that breaks, after the server had it or before."""

    def __init__(self, *, reached: bool) -> None:
        super().__init__("broken")
        self.reached = reached


class Memory:
    """Database and store in one. What is in `fails_*` is raised next, one after another."""

    def __init__(self, room: Room[Counter] | None = None) -> None:
        self.room = room or counting_room()
        self.tables = Tables()
        self.fails_to_begin: deque[Failure] = deque()
        self.fails_to_save: deque[Failure] = deque()
        self.fails_to_commit: deque[Exception | None] = deque()
        # What no save accepts: a check of the database's own.
        self.refuses: tuple[UUID, ...] = ()
        self.refusal: Exception = ZeroDivisionError()
        self.begun = 0
        self.rescans = 0
        self.hinted: list[OutboxFact] = []
        self._staged = self.tables

    def transactions(self, clock: FakeClock | None = None) -> Transactions[Counter]:
        """Return transactions that run here."""
        return Transactions(
            self.room,
            cast("Any", self),
            cast("Any", self),
            clock or FakeClock(START),
            "router.tasks",
            self.hinted.extend,
            self._rescan,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Commit at the end, or nothing."""
        self.begun += 1
        _raise_next(self.fails_to_begin)
        self._staged = deepcopy(self.tables)
        yield self
        error = self.fails_to_commit.popleft() if self.fails_to_commit else None
        if error is None or (isinstance(error, BrokenCommitError) and error.reached):
            self.tables = self._staged
        if error is not None:
            raise error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read what is committed."""
        _raise_next(self.fails_to_begin)
        yield self

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Answer the queries that are asked outside of the store."""
        if query == _QUERIES["read_positions"]:
            return [
                # Other objects than ours, as over a wire.
                {"topic": topic, "partition": partition, "next": int(str(next_))}
                for (topic, partition), next_ in self.tables.positions.items()
            ]
        if query == _QUERIES["due_timers"]:
            return [{"case_id": case_id} for case_id in self.tables.timers]
        if query == _QUERIES["find_replies"]:
            return [
                {"key": key, "digest": found[0], "reply": found[1]}
                for key in arguments[0]
                if (found := self._staged.replies.get(key))
            ]
        raise AssertionError(query)

    async def execute(self, query: str, *columns: Any) -> None:
        """Write what is written outside of the store."""
        assert query == _QUERIES["write_replies"]
        for key, digest, _case_id, reply, _now, _forget_at in zip(*columns, strict=True):
            if key in self._staged.replies:
                raise ConflictError
            self._staged.replies[key] = (digest, reply)

    async def lock(self, _connection: Any, case_ids: Iterable[UUID]) -> Work[Counter]:
        """Give rows to change."""
        ids = sorted(set(case_ids))
        rows = {case_id: deepcopy(self._row(case_id)) for case_id in ids}
        work: Work[Counter] = Work(rows=rows)
        for item in self._staged.held:
            if item.record.case_id in rows:
                work.held_before.setdefault(item.record.case_id, []).append(item)
        return work

    async def forget_blank(self, _connection: Any, _work: Work[Counter]) -> None:
        """Nothing was made."""

    async def save(self, _connection: Any, work: Work[Counter], _now: datetime) -> None:
        """Stage it, if versions and positions are as expected."""
        _raise_next(self.fails_to_save)
        staged = self._staged
        if any(self._is_refused(row) for row in work.changed):
            raise self.refusal
        for row in work.changed:
            if self._row(row.case_id).version != row.version:
                raise ConflictError
            staged.rows[row.case_id] = row
            row.version += 1
            row.changed = False
        for move in work.moves:
            place = move.topic, move.partition
            if staged.positions.get(place, 0) != move.expected:
                raise PositionLostError
            staged.positions[place] = move.next
        released = [record.place for record in work.released]
        staged.held = [item for item in staged.held if item.record.place not in released]
        staged.held += work.held
        staged.letters += work.letters
        staged.facts += work.facts

    def told(self, case_id: UUID) -> int:
        """Return how many reports of a case were applied."""
        return self._committed(case_id).state.told

    def counted(self, case_id: UUID) -> int:
        """Return how many commands to a case were counted."""
        return self._committed(case_id).state.counted

    def _committed(self, case_id: UUID) -> Row[Counter]:
        return self.tables.rows.get(case_id) or _blank(case_id)

    def _is_refused(self, row: Row[Counter]) -> bool:
        return row.case_id in self.refuses and not row.blocked

    def _row(self, case_id: UUID) -> Row[Counter]:
        return self._staged.rows.get(case_id) or _blank(case_id)

    def _rescan(self) -> None:
        self.rescans += 1


def placed(record: Received, offset: int, topic: str = "intake.cases") -> Received:
    """Return a record at an offset."""
    return changed(record, topic=topic, partition=0, offset=offset)


def _raise_next(errors: deque[Failure]) -> None:
    error = errors.popleft() if errors else None
    if isinstance(error, Exception):
        raise error
    if error is not None:
        error()


def _blank(case_id: UUID) -> Row[Counter]:
    return Row(
        case_id=case_id,
        version=0,
        inbox={},
        emitted={},
        held_count=0,
        blocked=False,
        replay=None,
        state=Counter(),
    )
