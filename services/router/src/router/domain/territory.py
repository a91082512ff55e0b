"""The territory (块): city, districts, subdistricts, and the governments that answer for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from router.domain.errors import NoSuchDivisionError

if TYPE_CHECKING:
    from collections.abc import Mapping

CITY_GOVERNMENT: Final = "city-government"

# An owner that starts with this is the government of the place, such as "@subdistrict".
_HERE: Final = "@"
# A code has 12 digits, or fewer for a higher level: the first 9 name the subdistrict, the first 6
# the district. Communities are not listed: no department is one.
_PREFIX_LENGTHS: Final = (9, 6)


class Tier(StrEnum):
    """Levels of the territory, lowest first: 网格, 社区, 街道, 区县, 市."""

    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"
    CITY = "city"

    @property
    def height(self) -> int:
        """Its place in the order, the lowest tier being 0."""
        return _HEIGHTS[self]


_TIERS: Final = tuple(Tier)
_HEIGHTS: Final = {tier: height for height, tier in enumerate(_TIERS)}


class DivisionKind(StrEnum):
    """Development zones coordinate like districts but are no administrative divisions."""

    ADMINISTRATIVE = "administrative"
    DEVELOPMENT_ZONE = "development_zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """One node of the territory. The centre point is WGS 84, where known."""

    code: str
    parent: str | None
    tier: Tier
    kind: DivisionKind
    name_zh: str
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a case lies in the territory, as far down as its division code tells."""

    city: str
    district: str | None = None
    subdistrict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """The tree of one city."""

    version: str
    city: str
    divisions: Mapping[str, Division]


def locate(code: str, territory: Territory) -> Location:
    """Return the location of a community, subdistrict, district or city code (12, 9 or 6 digits).

    An unknown subdistrict of a known district is that district: the list of subdistricts is older
    than the newest of them. A shorter code may be filled up with zeros.

    Raises:
        NoSuchDivisionError: Neither the code nor a district that contains it is known.
    """
    for length in _PREFIX_LENGTHS:
        division = territory.divisions.get(code[:length].ljust(length, "0"))
        if division is not None:
            return _location(division, territory)
    message = f"the territory {territory.version} has no division {code}"
    raise NoSuchDivisionError(message)


def climb(tier: Tier) -> Tier:
    """Return the next tier up; the city stays the city."""
    return _TIERS[min(tier.height + 1, len(_TIERS) - 1)]


def resolve_owner(owner: str, location: Location | None) -> str:
    """Return the department that *owner* names: itself, or the government of the place.

    ``@subdistrict`` and ``@district`` go up to the lowest tier that *location* knows; a case
    outside the territory (None) is the city's.
    """
    if not owner.startswith(_HERE):
        return owner
    wanted = owner.removeprefix(_HERE)
    if location and location.subdistrict and wanted == Tier.SUBDISTRICT:
        return f"subdistrict-{location.subdistrict}"
    if location and location.district and wanted in {Tier.SUBDISTRICT, Tier.DISTRICT}:
        return f"district-{location.district}"
    return CITY_GOVERNMENT


def is_territorial(owner: str) -> bool:
    """Tell whether *owner* stands for the government of the place."""
    return owner.startswith(_HERE)


def tier_of_territorial(owner: str) -> Tier:
    """Return the tier that a territorial owner such as ``@district`` names.

    Raises:
        ValueError: No tier has this name.
    """
    return Tier(owner.removeprefix(_HERE))


def _location(division: Division, territory: Territory) -> Location:
    match division.tier:
        case Tier.SUBDISTRICT:
            return Location(
                city=territory.city, district=division.parent, subdistrict=division.code
            )
        case Tier.DISTRICT:
            return Location(city=territory.city, district=division.code)
        case _:
            return Location(city=territory.city)
