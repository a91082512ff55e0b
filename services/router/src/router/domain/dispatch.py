"""Plan the tasks of a case: who leads and who assists, and by when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from router.domain.calendar import add_limit
from router.domain.catalog import choose_condition, find_entry
from router.domain.clocks import start_clocks
from router.domain.codes import DisputeGround, TaskRole
from router.domain.duties import Assist, choose_assists, choose_lead, tier_of
from router.domain.errors import NoDutyError, NoSuchDivisionError, NoSuchMatterError
from router.domain.parts import Precision
from router.domain.terms import Limits, Terms
from router.domain.territory import Tier, locate

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.catalog import Catalog, CatalogEntry, FilingCondition
    from router.domain.clocks import Clocks
    from router.domain.codes import Gate
    from router.domain.duties import Duties
    from router.domain.facts import CaseFiled
    from router.domain.parts import MatterKey, Place
    from router.domain.rulebook import Rulebook
    from router.domain.territory import Location

LEAD_TASK_NO: Final = 1

# A case that nobody is responsible for begins here: the lowest tier with a government of its own.
UNOWNED_TIER: Final = Tier.SUBDISTRICT

# A new case goes to the lowest tier that can handle it.
_LOWEST_TIER: Final = Tier.GRID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """A task to give to a department, at once or ``after`` the lead is that far."""

    task_no: int
    department: str
    role: TaskRole
    required: bool
    after: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDispute:
    """Task 1 is born disputed: nobody is known to lead it."""

    ground: DisputeGround
    settle_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tasks of a case, or a dispute in their place; never both.

    Clocks and the end of the return window are the same for all tasks that are given out at once.
    """

    tier: Tier
    terms: Terms
    clocks: Clocks
    return_until: datetime | None
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
    location = find_location(filed.place, rules)
    lead = filed.lead or _choose_lead(key, location, rules.duties)
    plan = _frame(filed, rules, now)
    if lead is None:
        dispute = PlannedDispute(ground=DisputeGround.NO_DUTY, settle_by=settle_time(rules, now))
        return replace(plan, dispute=dispute)
    assists: tuple[Assist, ...] = ()
    if location is not None:
        assists = choose_assists(key, location, _LOWEST_TIER, rules.duties, lead)
    return replace(plan, tier=tier_of(lead, rules.duties), tasks=_tasks(lead, assists))


def find_location(place: Place, rules: Rulebook) -> Location | None:
    """Return where *place* lies in the territory, None where it lies outside."""
    try:
        return locate(place.division, rules.territory)
    except NoSuchDivisionError:
        return None


def return_time(terms: Terms, rules: Rulebook, now: datetime) -> datetime | None:
    """Return until when a task that is given out *now* may be returned; None for never."""
    if not terms.returnable:
        return None
    return add_limit(now, rules.catalog.return_window, rules.calendar).due_at


def settle_time(rules: Rulebook, now: datetime) -> datetime:
    """Return until when a conference has to settle a dispute that is opened *now*."""
    return add_limit(now, rules.catalog.dispute_limit, rules.calendar).due_at


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
    terms = Terms(
        channel=filed.channel,
        matter=replace(filed.matter, condition=condition.code) if condition else filed.matter,
        place=_limit_precision(filed.place, entry),
        limits=_limits(condition),
        external_due_at=filed.clock.due_at if filed.clock else None,
        planned_at=now,
        returnable=not filed.replayed,
        catalog_version=rules.catalog.version,
        calendar_version=rules.calendar.version,
    )
    return Plan(
        tier=UNOWNED_TIER,
        terms=terms,
        clocks=start_clocks(terms, rules, now),
        return_until=return_time(terms, rules, now),
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


def _limits(condition: FilingCondition | None) -> Limits | None:
    if condition is None:
        return None
    return Limits(response=condition.response, resolution=condition.resolution)


def _tasks(lead: str, assists: tuple[Assist, ...]) -> tuple[PlannedTask, ...]:
    first = PlannedTask(task_no=LEAD_TASK_NO, department=lead, role=TaskRole.LEAD, required=True)
    others = (
        PlannedTask(
            task_no=number,
            department=assist.owner,
            role=TaskRole.ASSIST,
            required=assist.required,
            after=assist.after,
        )
        for number, assist in enumerate(assists, start=LEAD_TASK_NO + 1)
    )
    return (first, *others)
