"""The shipped duties, and what is wrong with others."""

from pathlib import Path

import pytest

from router.catalog_files import DATA_FOLDER
from router.data_files import DataFileError
from router.domain.duties import Assist, Duties, choose_assists, choose_lead
from router.domain.parts import MatterKey, MatterKind
from router.domain.territory import Location, Tier
from router.duty_files import load_duties

FILE = DATA_FOLDER / "duties-2026.1.yaml"
STREET = Location(city="410100", district="410105", subdistrict="410105001")


@pytest.fixture(scope="module")
def duties() -> Duties:
    """The shipped duties."""
    return load_duties(FILE)


def key(code: str, kind: str = "matter", standard_ref: str = "gbt-47678.5-2026") -> MatterKey:
    """Return a key, shortly."""
    return MatterKey(standard_ref=standard_ref, kind=MatterKind(kind), code=code)


@pytest.mark.parametrize(
    ("matter", "lead"),
    [
        (key("01001"), "water-supply"),
        (key("01001", "component"), "water-supply"),
        (key("01037"), "urban-management"),
        (key("02014"), "traffic-police"),
        (key("09006"), "subdistrict-410105001"),
        (key("01001", standard_ref="local-emergency"), "water"),
        (key("01003", standard_ref="local-food-safety"), "market-regulation"),
    ],
)
def test_familiar_cases_go_where_people_expect(
    matter: MatterKey, lead: str, duties: Duties
) -> None:
    """Covers, lamps, signals, street trade, floods and kitchens have their departments."""
    assert choose_lead(matter, STREET, Tier.GRID, duties) == lead


def test_a_zone_can_keep_street_order_to_itself(duties: Duties) -> None:
    """A duty may hold in one district only."""
    zone = Location(city="410100", district="410173", subdistrict="410173400")
    assert choose_lead(key("09006"), zone, Tier.GRID, duties) == "district-410173"


def test_floods_bring_departments_together(duties: Duties) -> None:
    """Required helpers have to be done before the case is."""
    flood = key("01001", standard_ref="local-emergency")
    assert choose_assists(flood, STREET, Tier.GRID, duties, "water") == (
        Assist(owner="traffic-police", required=True),
        Assist(owner="subdistrict-410105001", required=True),
        Assist(owner="urban-management", required=False),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("lead: fire}", "lead: fires}", "duty number 9: no such department: fires"),
        ("lead: fire}", 'lead: "@moon"}', "duty number 9: Expected"),
        ("{code: fire, ", "{code: Fire, ", "entry Fire: Expected"),
        ("{code: fire, ", "{code: power, ", "entry power: listed twice"),
        (
            'codes: ["01010", "01061"], lead: heating',
            'codes: ["01010", "01001"], lead: heating',
            "duty number 6: says again who leads 01001",
        ),
        ("{department: urban-management}", "{department: urban}", "duty number 14: no such depa"),
        (
            "{department: landscaping, required: true, after: lead_completed}",
            "{department: landscaping, after: lead_completed}",
            "duty number 73: landscaping would never begin",
        ),
    ],
)
def test_wrong_duties_are_refused_in_one_line(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    """File and entry are named."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / FILE.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_duties(path)
    assert str(caught.value).startswith(f"{FILE.name}: {problem}")
    assert "\n" not in str(caught.value)
