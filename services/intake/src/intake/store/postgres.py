"""Intake's tables in Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from civicloop_kit.postgres import load_queries
from intake.domain.duplicates import box_around
from intake.domain.model import Particulars
from intake.domain.state import CaseState
from intake.ports import SealedRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.postgres import Connection, Database
    from intake.domain.duplicates import Nearness, Spot
    from intake.ports import Disclosure

# At one place more cases of one matter, the newest ones, are not looked at.
MAX_FOUND: Final = 8
# Texts that are given out of one case.
MAX_TEXTS: Final = 50
_QUERIES: Final = load_queries(__package__)


class PostgresRecords:
    """What intake has on record, in its database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def case(self, case_id: UUID) -> CaseState | None:
        """Return the state of a case, None for one that is not known."""
        async with self._database.read() as connection:
            state = await connection.fetchval(_QUERIES["read_case"], case_id)
        return None if state is None else msgspec.json.decode(state, type=CaseState)

    async def case_of(self, report_id: UUID) -> UUID | None:
        """Return the case that a report belongs to."""
        async with self._database.read() as connection:
            case_id: UUID | None = await connection.fetchval(_QUERIES["find_case"], report_id)
        return case_id

    async def particulars(self, report_id: UUID) -> Particulars | None:
        """Return what a report is about, None where that was not kept."""
        async with self._database.read() as connection:
            found = await connection.fetchval(_QUERIES["read_particulars"], report_id)
        return None if found is None else msgspec.json.decode(found, type=Particulars)

    async def near(
        self, spots: Sequence[Spot], nearness: Nearness, now: datetime
    ) -> Sequence[Sequence[UUID]]:
        """Return, per spot, cases about the same that are near it in place and time."""
        boxes = [box_around(spot, nearness.within_m) for spot in spots]
        async with self._database.read() as connection:
            rows = await connection.fetch(
                _QUERIES["find_places"],
                [spot.standard_ref for spot in spots],
                [spot.kind for spot in spots],
                [spot.code for spot in spots],
                [box.south for box in boxes],
                [box.north for box in boxes],
                [box.west for box in boxes],
                [box.east for box in boxes],
                now - nearness.within,
                MAX_FOUND,
            )
        found: list[list[UUID]] = [[] for _ in spots]
        for row in rows:
            found[row["number"] - 1].append(row["case_id"])
        return found

    async def forget_places(self, before: datetime, limit: int) -> int:
        """Forget places of cases that were filed before, and return how many."""
        async with self._database.transaction() as connection:
            return len(await connection.fetch(_QUERIES["forget_places"], before, limit))

    async def narratives(
        self, case_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Sequence[SealedRow]:
        """Return the texts of the reports that count in these cases, supplements last.

        Of a case with very many it is the newest ones. It leaves an audit row per case.
        """
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["read_narratives"], list(case_ids), MAX_TEXTS)
            await _write_disclosures(connection, disclosures)
        return [
            SealedRow(
                case_id=row["case_id"],
                report_id=row["report_id"],
                supplement_id=row["supplement_id"],
                content=row["sealed"],
            )
            for row in rows
        ]

    async def contacts(
        self, report_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Mapping[UUID, bytes]:
        """Return the sealed contacts of these reports, leaving an audit row per case."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["read_contacts"], list(report_ids))
            await _write_disclosures(connection, disclosures)
        return {row["subject_id"]: row["sealed"] for row in rows}

    async def note_erasure(self, report_id: UUID, principal: str, at: datetime) -> None:
        """Keep who asked first for a reporter to be forgotten."""
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["write_erasure"], report_id, principal, at)


async def _write_disclosures(connection: Connection, rows: Sequence[Disclosure]) -> None:
    await connection.execute(
        _QUERIES["write_disclosures"],
        [row.principal for row in rows],
        [row.case_id for row in rows],
        [row.purpose for row in rows],
        [row.at for row in rows],
    )
