"""The shipped territory and calendar, and what is wrong with others."""

import shutil
from collections import Counter
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from router.catalog_files import DATA_FOLDER
from router.data_files import DataFileError
from router.domain.territory import DivisionKind, Tier
from router.territory_files import load_calendar, load_territory

TERRITORY = DATA_FOLDER / "territory-2023.csv"


def test_the_city_has_its_districts_and_subdistricts() -> None:
    """12 districts, three development zones beside them, 208 subdistricts."""
    territory = load_territory(TERRITORY)
    counts = Counter((d.tier, d.kind) for d in territory.divisions.values())
    assert territory.version == "2023"
    assert counts[Tier.DISTRICT, DivisionKind.ADMINISTRATIVE] == 12
    assert counts[Tier.DISTRICT, DivisionKind.DEVELOPMENT_ZONE] == 3
    assert counts[Tier.SUBDISTRICT, DivisionKind.ADMINISTRATIVE] == 208


def test_administrative_districts_have_a_centre() -> None:
    """WGS 84, near the city."""
    districts = [
        d
        for d in load_territory(TERRITORY).divisions.values()
        if d.tier is Tier.DISTRICT and d.kind is DivisionKind.ADMINISTRATIVE
    ]
    assert all(112 < (d.longitude or 0) < 115 for d in districts)
    assert all(34 < (d.latitude or 0) < 35 for d in districts)


def test_the_calendar_agrees_with_the_published_one() -> None:
    """Every day of the published years, as the package of the State Council's notices has it."""
    library = pytest.importorskip("chinese_calendar")
    calendar = load_calendar(DATA_FOLDER)
    day = date(2024, 1, 1)
    while day <= date(2026, 12, 31):
        assert calendar.is_working(day) == library.is_workday(day), day
        day += timedelta(days=1)


def test_make_up_saturdays_are_working_days() -> None:
    """2026-05-09 is one."""
    calendar = load_calendar(DATA_FOLDER)
    assert calendar.is_working(date(2026, 5, 9))
    assert not calendar.is_working(date(2026, 5, 1))
    assert calendar.published == {2024, 2025, 2026}
    assert calendar.hours == ((time(8), time(12)), (time(14), time(18)))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("410100,,city", "410109,,city", "entry 410102: its parent must come before it"),
        ("410102,410100,", "410102,410109,", "entry 410102: its parent must come before it"),
        ("410103,410100,", "410102,410100,", "entry 410102: listed twice"),
        ("410102,410100,district", "410102,410100,county", "entry 410102: Invalid enum value"),
        ("113.605537", "east", "entry 410102: longitude and latitude must be numbers"),
        ("410102001,410102,", "4101020,410102,", "entry 4101020: Expected"),
    ],
)
def test_a_wrong_territory_is_refused_in_one_line(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    """File and entry are named."""
    text = TERRITORY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / TERRITORY.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_territory(path)
    assert str(caught.value).startswith(f"{TERRITORY.name}: {problem}")


def test_a_territory_without_a_city_is_refused(tmp_path: Path) -> None:
    """There is one root."""
    path = tmp_path / "territory-1.csv"
    header = TERRITORY.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"^territory-1\.csv: expected one city, found 0$"):
        load_territory(path)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("calendar.yaml", "Asia/Shanghai", "Asia/Atlantis", "zone: no such time zone"),
        ("calendar.yaml", 'opens: "14:00"', 'opens: "11:00"', "hours: must be in order"),
        ("calendar.yaml", 'closes: "18:00"', 'closes: "24:00"', "the file: Expected"),
        ("calendar-2026.csv", "2026-05-09", "2027-05-09", "entry 2027-05-09: is listed twice or"),
        ("calendar-2026.csv", "2026-05-09", "2026-05-32", "entry 2026-05-32: Invalid"),
        ("calendar-2026.csv", "2026-05-09,working", "2026-05-09,maybe", "entry 2026-05-09: Inv"),
    ],
)
def test_a_wrong_calendar_is_refused_in_one_line(
    name: str, old: str, new: str, problem: str, tmp_path: Path
) -> None:
    """File and entry are named."""
    folder = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_calendar(folder)
    assert str(caught.value).startswith(f"{name}: {problem}")
    assert "\n" not in str(caught.value)


def test_a_calendar_without_a_year_is_refused(tmp_path: Path) -> None:
    """At least one year is published."""
    shutil.copy(DATA_FOLDER / "calendar.yaml", tmp_path)
    with pytest.raises(DataFileError, match=r"^calendar-<year>\.csv: the file is missing$"):
        load_calendar(tmp_path)
