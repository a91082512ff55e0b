"""Decide whether a report becomes a case (立案), and how exactly its place may be told.

Pure: the registry of matters and the jurisdiction are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from intake.domain.facts import CaseFiled, CaseRejected
from intake.domain.model import Place, PlaceClass, Precision, RejectReason, SealedKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from intake.domain.commands import SubmitReport
    from intake.domain.model import Matter, MatterKind, Point

# About 0.1 m on the ground: finer digits are noise of the device.
COORDINATE_DECIMALS: Final = 6
WILDCARD: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the registry says about a matter.

    ``within`` is the division that its standard is limited to; None: the whole jurisdiction.
    """

    place_class: PlaceClass
    within: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterRegistry:
    """The matters that may be filed, by standard, kind and code.

    A key's code may be leading digits and `*`: it stands for all codes that begin with them.
    """

    version: str
    entries: Mapping[tuple[str, MatterKind, str], Entry]

    def find(self, matter: Matter) -> Entry | None:
        """Return the entry of *matter*: its own, else the one with the most digits before `*`."""
        begin = [matter.code[:end] + WILDCARD for end in range(len(matter.code) - 1, -1, -1)]
        for code in (matter.code, *begin):
            entry = self.entries.get((matter.standard_ref, matter.kind, code))
            if entry is not None:
                return entry
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The divisions (区划) that this installation answers for: all whose code begins so."""

    prefix: str

    def covers(self, division: str, entry: Entry | None) -> bool:
        """Tell whether a case of that entry at *division* is ours."""
        return division.startswith((entry and entry.within) or self.prefix)


def file_case(
    report: SubmitReport, jurisdiction: Jurisdiction, matters: MatterRegistry, now: datetime
) -> CaseFiled | CaseRejected:
    """Return the case that *report* becomes, or why it becomes none.

    It happened when the source system got it, at the latest now. A case that another system has
    accepted is filed as it is: another city's codes and places are not ours to judge.
    """
    entry = matters.find(report.matter)
    occurred_at = min(report.opened_at or now, now)
    if report.source_id is None:
        if not jurisdiction.covers(report.division, entry):
            return _rejected(report, RejectReason.OUTSIDE_JURISDICTION, occurred_at)
        if entry is None:
            return _rejected(report, RejectReason.UNKNOWN_MATTER, occurred_at)
    # Nobody has said that the place of an unlisted matter is public: tell it coarsely.
    place_class = entry.place_class if entry else PlaceClass.PREMISES
    return CaseFiled(
        report_id=report.report_id,
        channel=report.channel,
        matter=report.matter,
        place=place_of(report.division, report.point, place_class),
        clock=report.clock,
        lead=report.lead,
        reachable=_reachable(report),
        replayed=report.replayed,
        occurred_at=occurred_at,
    )


def place_of(division: str, point: Point | None, place_class: PlaceClass) -> Place:
    """Return the place as it may be told: exact in public space, a cell for premises."""
    if place_class is PlaceClass.PREMISES:
        cell = point.h3_cell if point else None
        return Place(division=division, precision=Precision.COARSE, h3_cell=cell)
    return Place(
        division=division,
        precision=Precision.EXACT,
        latitude=round(point.latitude, COORDINATE_DECIMALS) if point else None,
        longitude=round(point.longitude, COORDINATE_DECIMALS) if point else None,
        h3_cell=point.h3_cell if point else None,
    )


def _rejected(report: SubmitReport, reason: RejectReason, occurred_at: datetime) -> CaseRejected:
    return CaseRejected(
        report_id=report.report_id,
        channel=report.channel,
        matter=report.matter,
        division=report.division,
        reason=reason,
        reachable=_reachable(report),
        replayed=report.replayed,
        occurred_at=occurred_at,
    )


def _reachable(report: SubmitReport) -> bool:
    return any(sealed.kind is SealedKind.CONTACT for sealed in report.sealed)
