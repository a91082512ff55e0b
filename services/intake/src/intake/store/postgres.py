"""Intake's tables in Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from civicloop_kit.postgres import load_queries
from intake.domain.case import CaseState
from intake.ports import SealedRow, StoreNotice, StoreReport, StoreSealed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.postgres import Connection, Database
    from intake.ports import Disclosure

_QUERIES: Final = load_queries(__package__)
E = TypeVar("E")


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save what the decisions of one transaction leave beside the case rows, in bulk.

    Raises:
        TypeError: An effect has no table.
    """
    reports, sealed = _of(effects, StoreReport), _of(effects, StoreSealed)
    notices = _of(effects, StoreNotice)
    if len(reports) + len(sealed) + len(notices) != len(effects):
        raise TypeError("an effect has no table in intake")
    if reports:
        await _write_reports(connection, reports)
    if sealed:
        await _write_vault(connection, sealed)
    if notices:
        await _write_notices(connection, notices)


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

    async def narratives(
        self, case_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Sequence[SealedRow]:
        """Return the reports of these cases with narratives, leaving an audit row per case."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["read_narratives"], list(case_ids))
            await _write_disclosures(connection, disclosures)
        return [
            SealedRow(case_id=row["case_id"], report_id=row["report_id"], content=row["sealed"])
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


def _of(effects: Sequence[object], kind: type[E]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


async def _write_reports(connection: Connection, reports: Sequence[StoreReport]) -> None:
    await connection.execute(
        _QUERIES["write_reports"],
        [report.report_id for report in reports],
        [report.case_id for report in reports],
        [report.channel for report in reports],
        [report.received_at for report in reports],
        [report.state for report in reports],
        [report.source_id for report in reports],
    )


async def _write_vault(connection: Connection, items: Sequence[StoreSealed]) -> None:
    await connection.execute(
        _QUERIES["write_vault"],
        [item.report_id for item in items],
        [item.sealed.kind for item in items],
        [item.sealed.content for item in items],
    )


async def _write_notices(connection: Connection, notices: Sequence[StoreNotice]) -> None:
    await connection.execute(
        _QUERIES["write_notices"],
        [notice.report_id for notice in notices],
        [notice.round for notice in notices],
        [notice.outcome for notice in notices],
        [notice.at for notice in notices],
    )


async def _write_disclosures(connection: Connection, rows: Sequence[Disclosure]) -> None:
    await connection.execute(
        _QUERIES["write_disclosures"],
        [row.principal for row in rows],
        [row.case_id for row in rows],
        [row.purpose for row in rows],
        [row.at for row in rows],
    )
