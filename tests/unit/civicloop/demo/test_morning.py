"""What the demo expects is what the city's own data say; here both may be read."""

import csv
from pathlib import Path

import pytest

from civicloop.demo.morning import Matter, Street, load_morning, owner_here
from intake.matter_files import load_matters
from router.catalog_files import DATA_FOLDER, load_rulebook
from router.domain.duties import choose_assists, choose_lead
from router.domain.parts import MatterKey, MatterKind
from router.domain.territory import Tier, locate

MORNING = load_morning()
RULES = load_rulebook(DATA_FOLDER, 2026)


@pytest.mark.parametrize("street", MORNING.streets, ids=lambda street: street.code)
def test_the_router_plans_what_the_demo_expects(street: Street) -> None:
    """For each matter in each street: the lead, and the assistants in their order."""
    for matter in MORNING.matters:
        _compare(matter, street)


def test_the_catalog_knows_each_matter_and_its_condition() -> None:
    """Names and conditions are those of the catalog."""
    for matter in MORNING.matters:
        entry = RULES.catalog.entries[_key(matter)]
        assert (entry.name_zh, entry.name_en) == (matter.name.zh, matter.name.en)
        assert matter.key["condition"] in {condition.code for condition in entry.conditions}


def test_streets_and_departments_are_the_citys() -> None:
    """Codes and Chinese names as in the territory and in the duties."""
    for street in MORNING.streets:
        assert RULES.territory.divisions[street.code].name_zh == street.name.zh
    for department in MORNING.line_departments:
        known = RULES.duties.departments[department.code]
        assert (known.name_zh, known.name_en) == (department.name.zh, department.name.en)


def test_what_must_be_rejected_is_unknown() -> None:
    """No list has the unknown matter, and the outside division is another city's."""
    assert not MORNING.outside_division.startswith("4101")
    unknown = MORNING.unknown_matter
    listed = Path(load_matters.__code__.co_filename).parent / "data"
    for path in listed.glob("matters-*.csv"):
        with path.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                assert (row["standard_ref"], row["code"]) != (
                    unknown["standard_ref"],
                    unknown["code"],
                )


def test_every_channel_has_something_to_report() -> None:
    """And every matter a channel that exists."""
    for channel in MORNING.channels:
        assert any(channel in matter.channels for matter in MORNING.matters)
    for matter in MORNING.matters:
        assert set(matter.channels) <= set(MORNING.channels)


def _key(matter: Matter) -> MatterKey:
    return MatterKey(
        standard_ref=matter.key["standard_ref"],
        kind=MatterKind(matter.key["kind"]),
        code=matter.key["code"],
    )


def _compare(matter: Matter, street: Street) -> None:
    key = _key(matter)
    place = locate(street.code, RULES.territory)
    lead = choose_lead(key, place, Tier.GRID, RULES.duties)
    assists = choose_assists(key, place, Tier.GRID, RULES.duties, lead)
    assert owner_here(matter.lead, street) == lead
    expected = [(owner_here(owner, street), required) for owner, required in matter.assists]
    assert expected == [(assist.owner, assist.required) for assist in assists]
