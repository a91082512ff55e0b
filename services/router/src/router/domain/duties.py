"""The duties of departments (权责清单): who leads what, where, and who assists.

A duty covers one entry, one class or one standard, in the whole city or in one part of it. The most
specific one counts: first by matter (entry, class, standard), then by place (subdistrict, district,
city). Where several are equally specific, the lowest tier that can handle it leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from router.domain.errors import NoDutyError
from router.domain.territory import Tier, resolve_owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.domain.codes import Gate
    from router.domain.parts import MatterKey, MatterKind
    from router.domain.territory import Location

# The tier of a department that a source system named and our list does not know.
# Source: assumption; line departments work by districts.
_TIER_OF_UNLISTED: Final = Tier.DISTRICT
_TIERS_BY_PREFIX: Final = {"subdistrict": Tier.SUBDISTRICT, "district": Tier.DISTRICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department (部门) that may be named in a duty."""

    code: str
    name_zh: str
    name_en: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Assist:
    """A department that assists (协办). Unless required, the case does not wait for it.

    ``after``: it gets its task only when the lead is that far.
    """

    owner: str
    required: bool
    after: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who leads (主办) and assists. None as class, code or territory means all of them.

    Owners are department codes, or ``@subdistrict`` and ``@district`` for the government of the
    place. ``tier`` is that of the lead.
    """

    standard_ref: str
    kind: MatterKind
    class_code: str | None
    code: str | None
    territory: str | None
    lead: str
    tier: Tier
    assists: tuple[Assist, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """One version of all duties, by standard and kind, most specific first."""

    version: str
    departments: Mapping[str, Department]
    by_standard: Mapping[tuple[str, MatterKind], tuple[Duty, ...]]


def order_duties(duties: Iterable[Duty]) -> dict[tuple[str, MatterKind], tuple[Duty, ...]]:
    """Group *duties* by standard and kind, most specific first."""
    groups: dict[tuple[str, MatterKind], list[Duty]] = {}
    for duty in duties:
        groups.setdefault((duty.standard_ref, duty.kind), []).append(duty)
    return {key: tuple(sorted(group, key=_rank)) for key, group in groups.items()}


def choose_lead(matter: MatterKey, location: Location, tier: Tier, duties: Duties) -> str:
    """Return the department of the most specific duty that covers *matter* at *location*.

    Duties whose lead is of a lower tier than *tier* are passed over: a case that has climbed does
    not go back down.

    Raises:
        NoDutyError: Nobody is responsible on paper; a joint conference must decide.
    """
    duty = _find_duty(matter, location, tier, duties)
    if duty is None:
        message = f"the duties {duties.version} name nobody for {matter}"
        raise NoDutyError(message)
    return resolve_owner(duty.lead, location)


def choose_assists(
    matter: MatterKey, location: Location, tier: Tier, duties: Duties, lead: str
) -> tuple[Assist, ...]:
    """Return who assists *lead* under the same duty: departments, each once, *lead* left out.

    A department named twice is required if either is, and waits only if both do.
    """
    duty = _find_duty(matter, location, tier, duties)
    chosen: dict[str, Assist] = {}
    for assist in duty.assists if duty else ():
        department = resolve_owner(assist.owner, location)
        if department == lead:
            continue
        known = chosen.get(department, assist)
        chosen[department] = Assist(
            owner=department,
            required=assist.required or known.required,
            after=assist.after and known.after,
        )
    return tuple(chosen.values())


def list_leads(matter: MatterKey, location: Location, duties: Duties) -> tuple[str, ...]:
    """Return every department that a duty for *matter* at *location* names, best placed first."""
    covering = _covering(matter, location, duties)
    return tuple(resolve_owner(duty.lead, location) for duty in covering)


def list_assists(matter: MatterKey, location: Location, duties: Duties) -> tuple[str, ...]:
    """Return every department that such a duty names to assist, in the same order."""
    covering = _covering(matter, location, duties)
    return tuple(
        resolve_owner(assist.owner, location) for duty in covering for assist in duty.assists
    )


def tier_of(department: str, duties: Duties) -> Tier:
    """Return the tier at which *department* works."""
    listed = duties.departments.get(department)
    if listed is not None:
        return listed.tier
    return _TIERS_BY_PREFIX.get(department.partition("-")[0], _TIER_OF_UNLISTED)


def _find_duty(matter: MatterKey, location: Location, tier: Tier, duties: Duties) -> Duty | None:
    candidates = duties.by_standard.get((matter.standard_ref, matter.kind), ())
    return next(
        (d for d in candidates if _covers(d, matter, location) and d.tier.height >= tier.height),
        None,
    )


def _covering(matter: MatterKey, location: Location, duties: Duties) -> Iterable[Duty]:
    candidates = duties.by_standard.get((matter.standard_ref, matter.kind), ())
    return (duty for duty in candidates if _covers(duty, matter, location))


def _covers(duty: Duty, matter: MatterKey, location: Location) -> bool:
    return (
        duty.code in (None, matter.code)
        and duty.class_code in (None, matter.code[:2])
        and duty.territory in (None, location.city, location.district, location.subdistrict)
    )


def _rank(duty: Duty) -> tuple[bool, bool, int, int]:
    """Sort key: a named entry before a class before the rest, a smaller place before a larger."""
    place = -len(duty.territory or "")
    return (duty.code is None, duty.class_code is None, place, duty.tier.height)
