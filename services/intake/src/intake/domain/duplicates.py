"""Tell an evident duplicate: the same matter, at nearly the same place, at nearly the same time.

Only in public space, where the place itself may be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from intake.domain.facts import CaseFiled
    from intake.domain.model import Matter
    from intake.domain.state import CaseState

EARTH_RADIUS_M: Final = 6_371_000.0
METRES_PER_DEGREE: Final = radians(1) * EARTH_RADIUS_M
# Towards the poles a degree of longitude is nothing: whoever looks for a box stops here.
_LEAST_COSINE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near two reports of one matter are the same; nothing is while ``within_m`` is 0."""

    within_m: float
    within: timedelta

    @property
    def is_off(self) -> bool:
        """Whether no report is ever taken for another."""
        return self.within_m <= 0


OFF: Final = Nearness(within_m=0, within=timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A matter at a position in WGS 84 degrees, without its filing condition."""

    standard_ref: str
    kind: str
    code: str
    latitude: float
    longitude: float

    def is_near(self, other: Spot, within_m: float) -> bool:
        """Tell whether *other* is the same matter at nearly the same place."""
        return self.key == other.key and distance_m(self, other) <= within_m

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.standard_ref, self.kind, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Degrees between which everything near a position lies, and some that is not near."""

    south: float
    north: float
    west: float
    east: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a report belongs: ``join`` is the case that it is the same as, without a doubt.

    ``offer`` is one that a person may merge it with.
    """

    join: CaseState | None = None
    offer: UUID | None = None


def spot_of(matter: Matter, latitude: float | None, longitude: float | None) -> Spot | None:
    """Return the spot of a matter, None where no position may be told."""
    if latitude is None or longitude is None:
        return None
    return Spot(
        standard_ref=matter.standard_ref,
        kind=matter.kind,
        code=matter.code,
        latitude=latitude,
        longitude=longitude,
    )


def distance_m(one: Spot, other: Spot) -> float:
    """Return the distance of two positions on a sphere, in metres."""
    north = radians(other.latitude - one.latitude) / 2
    east = radians(other.longitude - one.longitude) / 2
    narrow = cos(radians(one.latitude)) * cos(radians(other.latitude))
    return 2 * EARTH_RADIUS_M * asin(sqrt(sin(north) ** 2 + narrow * sin(east) ** 2))


def box_around(spot: Spot, within_m: float) -> Box:
    """Return a box that has every position within that distance."""
    # A little more: the edge must not depend on the last digit.
    north = within_m / METRES_PER_DEGREE * 1.01
    east = north / max(cos(radians(spot.latitude)), _LEAST_COSINE)
    return Box(
        south=spot.latitude - north,
        north=spot.latitude + north,
        west=spot.longitude - east,
        east=spot.longitude + east,
    )


def find_home(
    report: CaseFiled, cases: Iterable[CaseState], nearness: Nearness, now: datetime
) -> Home:
    """Return the oldest of *cases* that the report evidently belongs to.

    It joins only a case that is open and stays so; of any other it is told.
    """
    spot = spot_of(report.matter, report.place.latitude, report.place.longitude)
    if spot is None or nearness.is_off:
        return Home()
    offer: UUID | None = None
    # Ids sort by time.
    for state in sorted(cases, key=lambda item: item.case_id):
        if not _is_same(spot, state, nearness, now):
            continue
        if _is_open(state):
            return Home(join=state)
        offer = offer or (state.merge.survivor if state.merge else state.case_id)
    return Home(offer=offer)


def _is_same(spot: Spot, state: CaseState, nearness: Nearness, now: datetime) -> bool:
    filing = state.filing
    if filing is None or filing.rejected is not None or state.replayed:
        return False
    known = spot_of(filing.matter, filing.latitude, filing.longitude)
    if known is None or now - filing.filed_at > nearness.within:
        return False
    return known.is_near(spot, nearness.within_m)


def _is_open(state: CaseState) -> bool:
    return not (state.is_over or state.merge or state.withdrawing)
