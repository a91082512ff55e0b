"""Write what decisions leave beside the case rows, in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from civicloop_kit.postgres import load_queries
from intake.ports import (
    StoreMembership,
    StoreNotice,
    StorePlace,
    StoreReport,
    StoreSealed,
    StoreSupplement,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from civicloop_kit.postgres import Connection
    from intake.domain.model import Particulars

_QUERIES: Final = load_queries(__package__)


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save what the decisions of one transaction leave beside the case rows, in bulk.

    Raises:
        TypeError: An effect has no table.
    """
    if unknown := {type(effect) for effect in effects} - _WRITERS.keys():
        raise TypeError(f"an effect has no table in intake: {min(map(str, unknown))}")
    for kind, write in _WRITERS.items():
        if chosen := [effect for effect in effects if isinstance(effect, kind)]:
            await write(connection, chosen)


async def _write_reports(connection: Connection, reports: Sequence[StoreReport]) -> None:
    await connection.execute(
        _QUERIES["write_reports"],
        [report.report_id for report in reports],
        [report.case_id for report in reports],
        [report.channel for report in reports],
        [report.received_at for report in reports],
        [report.state for report in reports],
        [report.source_id for report in reports],
        [_json(report.particulars) for report in reports],
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
        [notice.notice_id for notice in notices],
        [notice.report_id for notice in notices],
        [notice.case_id for notice in notices],
        [notice.round for notice in notices],
        [notice.outcome for notice in notices],
        [notice.at for notice in notices],
    )


async def _write_members(connection: Connection, members: Sequence[StoreMembership]) -> None:
    # The last word of a transaction about a report stands.
    last = {member.report_id: member for member in members}
    await connection.execute(
        _QUERIES["move_reports"],
        list(last),
        [member.case_id for member in last.values()],
        [member.active for member in last.values()],
    )


async def _write_places(connection: Connection, places: Sequence[StorePlace]) -> None:
    await connection.execute(
        _QUERIES["write_places"],
        [place.case_id for place in places],
        [place.spot.standard_ref for place in places],
        [place.spot.kind for place in places],
        [place.spot.code for place in places],
        [place.spot.latitude for place in places],
        [place.spot.longitude for place in places],
        [place.filed_at for place in places],
    )


async def _write_supplements(connection: Connection, items: Sequence[StoreSupplement]) -> None:
    await connection.execute(
        _QUERIES["write_supplements"],
        [item.supplement_id for item in items],
        [item.report_id for item in items],
        [item.sealed for item in items],
        [item.at for item in items],
    )


def _json(particulars: Particulars | None) -> str | None:
    return None if particulars is None else msgspec.json.encode(particulars).decode()


# In this order: a report is there before it moves.
_WRITERS: Final[dict[type, Callable[[Connection, Sequence[Any]], Awaitable[None]]]] = {
    StoreReport: _write_reports,
    StoreMembership: _write_members,
    StoreSealed: _write_vault,
    StoreSupplement: _write_supplements,
    StorePlace: _write_places,
    StoreNotice: _write_notices,
}
