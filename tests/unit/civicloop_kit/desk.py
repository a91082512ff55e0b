"""An operator's desk in memory: held records, operations, and a release that can be mended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from tests.unit.civicloop_kit.counting import BUG, WELL, Counter, attached, counting_room
from tests.unit.civicloop_kit.memory import START, Memory, Tables, _blank, placed

from civicloop_contracts.facts import intake
from civicloop_kit.operation import Operation, Selection, Why
from civicloop_kit.operations import Operations
from civicloop_kit.postgres import load_queries
from civicloop_kit.room import Decision, Moment, Room
from civicloop_kit.rows import HeldRecord, Row, Work
from civicloop_kit.testing import FakeClock
from civicloop_kit.testing.bench import record_of

_NAMES = {text: name for name, text in load_queries("civicloop_kit").items()}
_COLUMNS = (
    *("operation_id", "kind", "requested_at", "principal", "case_id", "reason", "error"),
    *("topic", "partition", "offset", "source", "seq", "digest", "why", "rate"),
)
ASKED = START + timedelta(hours=1)
ALL = Selection()
# What the held records of the desk's cases failed with.
ERROR = "ZeroDivisionError"


@dataclass
class DeskTables(Tables):
    """What is committed, operations included."""

    operations: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    failed_timers: dict[UUID, str] = field(default_factory=dict)


class DeskMemory(Memory):
    """The database with the table of operations."""

    tables: DeskTables
    _staged: DeskTables

    def __init__(self, room: Room[Counter]) -> None:
        super().__init__(room)
        self.tables = self._staged = DeskTables()
        # Operations that another process is at.
        self.locked: set[UUID] = set()
        # Reports that the database refuses, whatever becomes of their case.
        self.refused_reports: set[UUID] = set()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read what is committed."""
        async with super().read() as connection:
            self._staged = self.tables
            yield connection

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """Return the first column of the first row."""
        if _NAMES[query] == "knows_case":
            return arguments[0] in self._staged.rows or None
        assert _NAMES[query] == "open_operation"
        is_open = [row for row in self._staged.operations.values() if not row["finished_at"]]
        found = min(is_open, key=lambda row: cast("datetime", row["requested_at"]), default=None)
        return found and found["operation_id"]

    async def fetchrow(self, query: str, *arguments: Any) -> dict[str, Any] | None:
        """Return an operation."""
        operations = self._staged.operations
        if _NAMES[query] == "find_discard":
            places = (
                row
                for row in operations.values()
                if (row["topic"], row["partition"], row["offset"]) == arguments
            )
            return next(places, None)
        (operation_id,) = arguments
        if _NAMES[query] == "lock_operation" and operation_id in self.locked:
            return None
        assert _NAMES[query] in ("lock_operation", "find_operation")
        return operations.get(operation_id)

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Return cases or operations."""
        name = _NAMES[query]
        if name == "list_operations":
            before, limit = arguments
            newest = sorted(
                self._staged.operations.values(),
                key=lambda row: cast("datetime", row["requested_at"]),
                reverse=True,
            )
            ids = [row["operation_id"] for row in newest]
            first = ids.index(before) + 1 if before else 0
            return newest[first : first + limit]
        if name != "cases_to_retry":
            return await super().fetch(query, *arguments)
        reached, case_id, reason, error, _requested_at, limit = arguments
        blocked = sorted(
            (row for row in self._staged.rows.values() if row.blocked), key=lambda row: row.case_id
        )
        found = [
            row.case_id
            for row in blocked
            if (reached is None or row.case_id > reached)
            and case_id in (None, row.case_id)
            and (reason, error) in ((None, None), self._cause(row.case_id))
        ]
        # Other objects than ours, as over a wire.
        return [{"case_id": UUID(str(found_id))} for found_id in found[:limit]]

    def _cause(self, case_id: UUID) -> tuple[str, str]:
        found = (item for item in self._staged.held if item.record.case_id == case_id)
        return next(((item.reason, item.error) for item in found), ("timer", ""))

    async def execute(self, query: str, *arguments: Any) -> None:
        """Write down an operation, or how far it is."""
        operations = self._staged.operations
        if _NAMES[query] == "begin_operation":
            row = dict(zip(_COLUMNS, arguments, strict=True))
            row |= {"reached": None, "cases": 0, "freed": 0, "records": 0, "finished_at": None}
            operations[row["operation_id"]] = row
            return
        assert _NAMES[query] == "advance_operation"
        operation_id, reached, cases, freed, records, finished_at = arguments
        row = operations[operation_id]
        operations[operation_id] = row | {
            "reached": reached or row["reached"],
            "cases": row["cases"] + cases,
            "freed": row["freed"] + freed,
            "records": row["records"] + records,
            "finished_at": finished_at,
        }

    async def save(self, connection: Any, work: Work[Counter], now: datetime) -> None:
        """Stage it, unless a report in it is refused."""
        if self.refused_reports & {name for row in work.changed for name in row.state.reports}:
            raise self.refusal
        await super().save(connection, work, now)
        self._staged.failed_timers |= work.failed_timers


class Desk:
    """A room with an operator at it. Its release fails on bugs until it is mended."""

    def __init__(self, *cases: UUID, behind: int = 0) -> None:
        self.is_mended = True
        self.memory = DeskMemory(self._room())
        self.clock = FakeClock(ASKED)
        self.operations = Operations(self.memory.transactions(self.clock))
        self.woken = 0
        self.operations.wake = self._wake
        for number, case_id in enumerate(cases):
            self.hold(case_id, first=10 * number, behind=behind)

    def hold(self, case_id: UUID, *, first: int = 0, behind: int = 0) -> None:
        """Hold a record that failed and some behind it, in places from one on."""
        records = [
            placed(record_of(attached(case_id, channel), "/intake/cases", number), first + number)
            for number, channel in enumerate([BUG, *[WELL] * behind], start=1)
        ]
        reasons = [("bug", ERROR), *[("behind", "")] * behind]
        self.memory.tables.held += [
            HeldRecord(record=record, reason=reason, error=error, since=START)
            for record, (reason, error) in zip(records, reasons, strict=True)
        ]
        row = _blank(case_id)
        self.memory.tables.rows[case_id] = replace(
            row, version=1, blocked=True, held_count=1 + behind
        )

    def row(self, case_id: UUID) -> Row[Counter]:
        """Return the row of a case."""
        return self.memory.tables.rows[case_id]

    def reports(self, case_id: UUID) -> list[UUID]:
        """Return the reports that a case holds."""
        facts = [
            cast("intake.ReportAttached", item.record.fact)
            for item in self.memory.tables.held
            if item.record.case_id == case_id
        ]
        return [fact.report_id for fact in facts]

    @property
    def held(self) -> list[tuple[int, str, str]]:
        """Offset, reason and error of all that is held."""
        found = [(item.record.offset, item.reason, item.error) for item in self.memory.tables.held]
        return sorted(found)

    async def retry(self, selection: Selection = ALL, rate: int = 50) -> Operation:
        """Ask for a retry."""
        return await self.operations.retry("sre-1", selection, rate)

    async def discard(self, case_id: UUID, offset: int = 1) -> Operation:
        """Leave a record out."""
        place = ("intake.cases", 0, offset)
        return await self.operations.discard("sre-1", case_id, place, Why.NOT_A_FACT)

    async def found(self, operation: Operation) -> Operation:
        """Return an operation as it stands now."""
        return await self.operations.find(operation.operation_id)

    def _wake(self) -> None:
        self.woken += 1

    def _room(self) -> Room[Counter]:
        room = counting_room()
        kept = room.on_fact[intake.ReportAttached]

        def on_report(state: Counter, fact: Any, moment: Moment) -> Decision[Counter]:
            channel = WELL if self.is_mended else fact.channel
            return kept(state, fact.model_copy(update={"channel": channel}), moment)

        return replace(room, on_fact={intake.ReportAttached: on_report})
