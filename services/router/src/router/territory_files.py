"""Load the territory and the service calendar from versioned data files."""

import re
from datetime import date, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from router.data_files import DataFileError, convert_row, read_csv, read_yaml
from router.data_rows import CalendarRow, DayRow, DivisionRow
from router.domain.calendar import ServiceCalendar
from router.domain.territory import Division, Territory, Tier

_DIVISION_COLUMNS: Final = ("code", "parent", "tier", "kind", "name_zh", "longitude", "latitude")
_DAY_COLUMNS: Final = ("date", "kind", "name")
_YEAR: Final = re.compile(r"^calendar-([0-9]{4})$")
_OFF: Final = "off"


def load_territory(path: Path) -> Territory:
    """Return the territory in *path*; its version is in the file's name.

    Raises:
        DataFileError: The file is missing or wrong, or is not one tree of city, districts and
            subdistricts.
    """
    divisions: dict[str, Division] = {}
    for raw in read_csv(path, _DIVISION_COLUMNS):
        division = _read_division(raw, path)
        if division.code in divisions:
            raise DataFileError(path, f"entry {division.code}", "listed twice")
        parent = divisions.get(division.parent) if division.parent else None
        if _tier_below(parent) is not division.tier:
            raise DataFileError(path, f"entry {division.code}", "its parent must come before it")
        divisions[division.code] = division
    cities = [code for code, division in divisions.items() if division.tier is Tier.CITY]
    if len(cities) != 1:
        raise DataFileError(path, "", f"expected one city, found {len(cities)}")
    version = path.stem.partition("-")[2]
    return Territory(version=version, city=cities[0], divisions=divisions)


def load_calendar(folder: Path) -> ServiceCalendar:
    """Return the service calendar of *folder*: its settings and a file per published year.

    Raises:
        DataFileError: A file is missing or wrong.
    """
    path = folder / "calendar.yaml"
    row = convert_row(read_yaml(path), CalendarRow, path, "the file")
    years = {
        int(match[1]): file
        for file in folder.glob("calendar-*.csv")
        if (match := _YEAR.match(file.stem))
    }
    if not years:
        raise DataFileError(folder / "calendar-<year>.csv", "", "the file is missing")
    days = [day for year, file in sorted(years.items()) for day in _read_days(file, year)]
    return ServiceCalendar(
        version=row.version,
        zone=_read_zone(row.zone, path),
        hours=_read_hours(row, path),
        published=frozenset(years),
        days_off=frozenset(day.date for day in days if day.kind == _OFF),
        make_up_days=frozenset(day.date for day in days if day.kind != _OFF),
    )


def _read_division(raw: dict[str, str], path: Path) -> Division:
    entry = f"entry {raw['code']}"
    row = convert_row(raw, DivisionRow, path, entry)
    try:
        longitude, latitude = (
            float(text) if text else None for text in (row.longitude, row.latitude)
        )
    except ValueError as error:
        raise DataFileError(path, entry, "longitude and latitude must be numbers") from error
    return Division(
        code=row.code,
        parent=row.parent or None,
        tier=row.tier,
        kind=row.kind,
        name_zh=row.name_zh,
        longitude=longitude,
        latitude=latitude,
    )


def _tier_below(parent: Division | None) -> Tier | None:
    if parent is None:
        return Tier.CITY
    return {Tier.CITY: Tier.DISTRICT, Tier.DISTRICT: Tier.SUBDISTRICT}.get(parent.tier)


def _read_days(path: Path, year: int) -> list[DayRow]:
    days: dict[date, DayRow] = {}
    for raw in read_csv(path, _DAY_COLUMNS):
        entry = f"entry {raw['date']}"
        day = convert_row(raw, DayRow, path, entry)
        if day.date.year != year or day.date in days:
            raise DataFileError(path, entry, f"is listed twice or not in {year}")
        days[day.date] = day
    return list(days.values())


def _read_zone(name: str, path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataFileError(path, "zone", f"no such time zone: {name}") from error


def _read_hours(row: CalendarRow, path: Path) -> tuple[tuple[time, time], ...]:
    spans = [(span.opens, span.closes) for span in row.hours]
    instants = [instant for span in spans for instant in span]
    if instants != sorted(set(instants)):
        raise DataFileError(path, "hours", "must be in order and not overlap")
    return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans)
