"""Load the catalog of matters, and with it the whole rulebook, from versioned data files.

A folder holds `catalog-<version>.yaml`, `duties-<version>.yaml`, `territory-<version>.csv`,
`calendar.yaml` and `calendar-<year>.csv`. The newest versions are taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from router.data_files import DataFileError, convert_row, name_of, newest_file, read_yaml
from router.data_rows import (
    CatalogHead,
    ConditionRow,
    ConditionSetRow,
    EntryRow,
    LimitText,
    PolicyRow,
    SectionRow,
    parse_limit,
)
from router.domain.calendar import Limit, LimitUnit, require_current
from router.domain.catalog import Catalog, CatalogEntry, FilingCondition
from router.domain.parts import MatterKey
from router.domain.rulebook import Rulebook
from router.domain.territory import Tier, is_territorial
from router.duty_files import load_duties
from router.territory_files import load_calendar, load_territory

DATA_FOLDER: Final = Path(__file__).parent / "data"

# The condition of an entry that has none of its own, and of a matter that no entry describes.
_UNSPECIFIED: Final = ("unspecified", "未细分", "Not specified")
_UNLISTED: Final = ("unlisted", "目录外事项", "Not in the catalog")
_CLASS_LIMIT: Final = "class limit"

# Hours of one unit, and whether it runs continuously: limits are compared within a family only.
_HOURS: Final = {
    LimitUnit.URGENT_SECOND: 1 / 3600,
    LimitUnit.URGENT_HOUR: 1,
    LimitUnit.URGENT_DAY: 24,
    LimitUnit.WORKING_HOUR: 1,
    LimitUnit.WORKING_DAY: 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _ConditionSet:
    source: str
    conditions: tuple[FilingCondition, ...]
    default: FilingCondition


def load_rulebook(folder: Path, present_year: int) -> Rulebook:
    """Return the newest versions of all data in *folder*.

    Raises:
        DataFileError: A file is missing or wrong, or two files contradict each other.
        CalendarOutdatedError: The service calendar ends before *present_year*.
    """
    catalog_file = newest_file(folder, "catalog", ".yaml")
    duties_file = newest_file(folder, "duties", ".yaml")
    rules = Rulebook(
        catalog=load_catalog(catalog_file),
        duties=load_duties(duties_file),
        territory=load_territory(newest_file(folder, "territory", ".csv")),
        calendar=load_calendar(folder),
    )
    require_current(rules.calendar, present_year)
    _check_leads(rules, catalog_file)
    _check_duties(rules, duties_file)
    return rules


def load_catalog(path: Path) -> Catalog:
    """Return the catalog in *path*.

    Raises:
        DataFileError: The file is missing or wrong, or a tier has no default lead.
    """
    head = convert_row(read_yaml(path), CatalogHead, path, "the file")
    _check_head(head, path)
    sets = {
        name: _read_set(raw, head.policy, path, f"condition set {name}")
        for name, raw in head.condition_sets.items()
    }
    entries: dict[MatterKey, CatalogEntry] = {}
    for number, raw in enumerate(head.sections, start=1):
        section = convert_row(raw, SectionRow, path, f"section number {number}")
        for entry in _read_section(section, sets, head.policy, path):
            if entry.key in entries:
                raise DataFileError(path, f"entry {entry.key}", "listed twice")
            entries[entry.key] = entry
    return Catalog(
        version=head.version,
        entries=entries,
        return_window=parse_limit(head.policy.return_window),
        dispute_limit=parse_limit(head.policy.dispute_limit),
        unlisted=_plain_condition(_UNLISTED, head.policy.unlisted_limit, head.policy),
        default_lead=head.default_lead,
        reminder_share=head.policy.reminder_share,
        major_reporters=head.policy.major_reporters,
    )


def _check_head(head: CatalogHead, path: Path) -> None:
    for tier in Tier:
        if tier not in head.default_lead:
            raise DataFileError(path, "default_lead", f"the tier {tier} has no lead")
    for unit in LimitUnit:
        if unit not in head.policy.response_limits:
            raise DataFileError(path, "policy", f"response_limits lacks {unit}")
    if not parse_limit(head.policy.dispute_limit).is_continuous:
        raise DataFileError(path, "policy", "dispute_limit must be in urgent hours or days")


def _read_set(raw: object, policy: PolicyRow, path: Path, entry: str) -> _ConditionSet:
    row = convert_row(raw, ConditionSetRow, path, entry)
    conditions: dict[str, FilingCondition] = {}
    for each in row.conditions:
        if each.code in conditions:
            raise DataFileError(path, entry, f"has the condition {each.code} twice")
        conditions[each.code] = _read_condition(each, policy, path, entry)
    if row.default not in conditions:
        raise DataFileError(path, entry, f"its default {row.default} is none of its conditions")
    return _ConditionSet(
        source=row.source,
        conditions=tuple(conditions.values()),
        default=conditions[row.default],
    )


def _read_condition(
    row: ConditionRow, policy: PolicyRow, path: Path, entry: str
) -> FilingCondition:
    resolution = parse_limit(row.limit)
    response = parse_limit(row.response or policy.response_limits[resolution.unit])
    if response.is_continuous == resolution.is_continuous and _hours(response) > _hours(resolution):
        raise DataFileError(path, entry, f"{row.code} may be answered later than resolved")
    return FilingCondition(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        response=response,
        resolution=resolution,
    )


def _plain_condition(
    names: tuple[str, str, str], limit: LimitText, policy: PolicyRow
) -> FilingCondition:
    """Return a condition that says no more than its limit."""
    code, name_zh, name_en = names
    resolution = parse_limit(limit)
    return FilingCondition(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        response=parse_limit(policy.response_limits[resolution.unit]),
        resolution=resolution,
    )


def _read_section(
    section: SectionRow, sets: Mapping[str, _ConditionSet], policy: PolicyRow, path: Path
) -> Iterator[CatalogEntry]:
    classes = {row.code: row for row in section.classes}
    for number, raw in enumerate(section.entries, start=1):
        entry = f"{section.standard_ref}/{section.kind}, {name_of(raw, number)}"
        row = convert_row(raw, EntryRow, path, entry)
        family = classes.get(row.code[:2])
        if family is None:
            raise DataFileError(path, entry, f"its class {row.code[:2]} is not listed")
        if row.conditions is not None and row.conditions not in sets:
            raise DataFileError(path, entry, f"no such condition set: {row.conditions}")
        plain = _plain_condition(_UNSPECIFIED, family.limit, policy)
        by_class = _ConditionSet(source=_CLASS_LIMIT, conditions=(), default=plain)
        chosen = sets[row.conditions] if row.conditions else by_class
        yield CatalogEntry(
            key=MatterKey(standard_ref=section.standard_ref, kind=section.kind, code=row.code),
            name_zh=row.name_zh,
            name_en=row.name_en or f"{family.name_en} {row.code}",
            place=row.place,
            source=f"{section.source}; limits: {chosen.source}",
            conditions=chosen.conditions,
            default=chosen.default,
        )


def _check_leads(rules: Rulebook, path: Path) -> None:
    """Refuse a default lead that is no department."""
    for tier, owner in rules.catalog.default_lead.items():
        if not is_territorial(owner) and owner not in rules.duties.departments:
            raise DataFileError(path, "default_lead", f"no such department at {tier}: {owner}")


def _check_duties(rules: Rulebook, path: Path) -> None:
    """Refuse a duty for something that the catalog or the territory does not have."""
    for (standard_ref, kind), duties in rules.duties.by_standard.items():
        codes = {
            key.code
            for key in rules.catalog.entries
            if (key.standard_ref, key.kind) == (standard_ref, kind)
        }
        classes = {code[:2] for code in codes}
        for duty in duties:
            entry = f"duty of {duty.lead} for {standard_ref}/{kind}"
            if duty.code not in codes | {None} or duty.class_code not in classes | {None}:
                wanted = duty.code or duty.class_code
                raise DataFileError(path, entry, f"the catalog has no {wanted}")
            if duty.territory not in rules.territory.divisions.keys() | {None}:
                raise DataFileError(path, entry, f"no such division: {duty.territory}")


def _hours(limit: Limit) -> float:
    return limit.value * _HOURS[limit.unit]
