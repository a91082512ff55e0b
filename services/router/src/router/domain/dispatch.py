"""Plan the tasks of a case: who leads and who assists, and by when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from router.domain.calendar import add_limit
from router.domain.catalog import choose_condition, find_entry
from router.domain.duties import Assist, choose_assists, choose_lead, tier_of
from router.domain.errors import NoDutyError, NoSuchDivisionError, NoSuchMatterError
from router.domain.facts import DisputeGround, TaskRole
from router.domain.parts import Precision
from router.domain.territory import Tier, locate

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.calendar import ServiceCalendar
    from router.domain.catalog import Catalog, CatalogEntry, FilingCondition
    from router.domain.duties import Duties
    from router.domain.facts import CaseFiled
    from router.domain.parts import ExternalClock, Matter, MatterKey, Place
    from router.domain.territory import Location, Territory

LEAD_TASK_NO: Final = 1

# A case that nobody is responsible for begins here: the lowest tier with a government of its own.
UNOWNED_TIER: Final = Tier.SUBDISTRICT

# A new case goes to the lowest tier that can handle it.
_LOWEST_TIER: Final = Tier.GRID


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The data that decisions rest on, one version each."""

    catalog: Catalog
    duties: Duties
    territory: Territory
    calendar: ServiceCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The deadlines of a task, None where there is no clock."""

    response_due_at: datetime | None
    resolution_due_at: datetime | None
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """A task to give to a department."""

    task_no: int
    department: str
    role: TaskRole
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDispute:
    """Task 1 is born disputed: nobody is known to lead it."""

    ground: DisputeGround
    settle_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tasks of a case, or a dispute in their place; never both.

    ``matter`` names the filing condition that counts, ``place`` is as exact as its class allows.
    Clocks and the end of the return window are the same for all tasks.
    """

    tier: Tier
    matter: Matter
    place: Place
    clocks: Clocks
    return_until: datetime | None
    catalog_version: str
    calendar_version: str
    tasks: tuple[PlannedTask, ...] = ()
    dispute: PlannedDispute | None = None


def plan_tasks(filed: CaseFiled, rules: Rulebook, now: datetime) -> Plan:
    """Return who does what by when for the case that was *filed*, its clocks starting at *now*.

    A lead that the source system named leads. An external clock bypasses catalog and calendar. A
    replayed case is not returnable: its departments do not answer. Nobody responsible, or a place
    outside the territory: task 1 is born disputed.

    Raises:
        CalendarYearMissingError: A limit would be counted in a past year without a calendar.
    """
    key = filed.matter.key
    location = _locate(filed.place.division, rules.territory)
    lead = filed.lead or _choose_lead(key, location, rules.duties)
    plan = _frame(filed, rules, now)
    if lead is None:
        settle_by = add_limit(now, rules.catalog.dispute_limit, rules.calendar).due_at
        dispute = PlannedDispute(ground=DisputeGround.NO_DUTY, settle_by=settle_by)
        return replace(plan, dispute=dispute)
    assists: tuple[Assist, ...] = ()
    if location is not None:
        assists = choose_assists(key, location, _LOWEST_TIER, rules.duties, lead)
    return replace(plan, tier=tier_of(lead, rules.duties), tasks=_tasks(lead, assists))


def _locate(division: str, territory: Territory) -> Location | None:
    try:
        return locate(division, territory)
    except NoSuchDivisionError:
        return None


def _choose_lead(key: MatterKey, location: Location | None, duties: Duties) -> str | None:
    if location is None:
        return None
    try:
        return choose_lead(key, location, _LOWEST_TIER, duties)
    except NoDutyError:
        return None


def _frame(filed: CaseFiled, rules: Rulebook, now: datetime) -> Plan:
    """Return the plan without its tasks: what holds whoever leads."""
    entry = _find_entry(filed.matter.key, rules.catalog)
    condition = _choose_condition(filed, entry, rules.catalog)
    return_until = None
    if not filed.replayed:
        return_until = add_limit(now, rules.catalog.return_window, rules.calendar).due_at
    return Plan(
        tier=UNOWNED_TIER,
        matter=replace(filed.matter, condition=condition.code) if condition else filed.matter,
        place=_limit_precision(filed.place, entry),
        clocks=_start_clocks(filed.clock, condition, rules.calendar, now),
        return_until=return_until,
        catalog_version=rules.catalog.version,
        calendar_version=rules.calendar.version,
    )


def _find_entry(key: MatterKey, catalog: Catalog) -> CatalogEntry | None:
    try:
        return find_entry(key, catalog)
    except NoSuchMatterError:
        return None


def _choose_condition(
    filed: CaseFiled, entry: CatalogEntry | None, catalog: Catalog
) -> FilingCondition | None:
    """Return the condition whose limits count; None where the source system set the clock."""
    if filed.clock is not None:
        return None
    return choose_condition(entry, filed.matter.condition) if entry else catalog.unlisted


def _limit_precision(place: Place, entry: CatalogEntry | None) -> Place:
    """Return *place* without its point if the matter's class forbids to tell it."""
    if entry is None or entry.place.precision is Precision.EXACT:
        return place
    return replace(place, precision=Precision.COARSE, latitude=None, longitude=None)


def _start_clocks(
    external: ExternalClock | None,
    condition: FilingCondition | None,
    calendar: ServiceCalendar,
    now: datetime,
) -> Clocks:
    if condition is None:
        due_at = external.due_at if external else None
        return Clocks(response_due_at=None, resolution_due_at=due_at, provisional=False)
    response = add_limit(now, condition.response, calendar)
    resolution = add_limit(now, condition.resolution, calendar)
    return Clocks(
        response_due_at=response.due_at,
        resolution_due_at=resolution.due_at,
        provisional=response.provisional or resolution.provisional,
    )


def _tasks(lead: str, assists: tuple[Assist, ...]) -> tuple[PlannedTask, ...]:
    first = PlannedTask(task_no=LEAD_TASK_NO, department=lead, role=TaskRole.LEAD, required=True)
    others = (
        PlannedTask(task_no=number, department=a.owner, role=TaskRole.ASSIST, required=a.required)
        for number, a in enumerate(assists, start=LEAD_TASK_NO + 1)
    )
    return (first, *others)
