"""Who leads and who assists."""

from dataclasses import replace

import pytest

from router.domain.duties import (
    Assist,
    Duties,
    Duty,
    choose_assists,
    choose_lead,
    list_assists,
    order_duties,
    tier_of,
)
from router.domain.errors import NoDutyError
from router.domain.parts import MatterKey, MatterKind
from router.domain.territory import Location, Tier

COVER = MatterKey(standard_ref="test", kind=MatterKind.MATTER, code="01001")
STREET = Location(city="410100", district="410105", subdistrict="410105001")
ANY = Duty(
    standard_ref="test",
    kind=MatterKind.MATTER,
    class_code=None,
    code=None,
    territory=None,
    lead="any",
    tier=Tier.CITY,
)
CLASS = replace(ANY, class_code="01", lead="class")
CODE = replace(ANY, code="01001", lead="code")
DISTRICT = replace(CODE, territory="410105", lead="district")
SUBDISTRICT = replace(CODE, territory="410105001", lead="subdistrict")


def duties_of(*rows: Duty) -> Duties:
    """Return duties of unlisted departments."""
    return Duties(version="d1", departments={}, by_standard=order_duties(rows))


@pytest.mark.parametrize(
    ("rows", "lead"),
    [
        ((ANY,), "any"),
        ((ANY, CLASS), "class"),
        ((CODE, CLASS, ANY), "code"),
        ((CLASS, DISTRICT, CODE), "district"),
        ((SUBDISTRICT, DISTRICT, CODE), "subdistrict"),
        ((replace(CLASS, territory="410105001"), CODE), "code"),
        (
            (CODE, replace(CODE, lead="@subdistrict", tier=Tier.SUBDISTRICT)),
            "subdistrict-410105001",
        ),
    ],
)
def test_the_most_specific_duty_leads(rows: tuple[Duty, ...], lead: str) -> None:
    """Matter before place, smaller before larger, and the lowest tier among equals."""
    assert choose_lead(COVER, STREET, Tier.GRID, duties_of(*rows)) == lead
    assert choose_lead(COVER, STREET, Tier.GRID, duties_of(*reversed(rows))) == lead


@pytest.mark.parametrize(
    "row",
    [
        replace(ANY, standard_ref="other"),
        replace(ANY, kind=MatterKind.COMPONENT),
        replace(ANY, class_code="02"),
        replace(ANY, code="01002"),
        replace(ANY, territory="410173"),
    ],
)
def test_nobody_leads_what_no_duty_covers(row: Duty) -> None:
    """Another standard, kind, class, code or place is not ours."""
    with pytest.raises(NoDutyError, match="test/matter/01001"):
        choose_lead(COVER, STREET, Tier.GRID, duties_of(row))


def test_a_case_that_has_climbed_does_not_go_back_down() -> None:
    """Leads of a lower tier are passed over."""
    duties = duties_of(ANY, replace(CODE, lead="@subdistrict", tier=Tier.SUBDISTRICT))
    assert choose_lead(COVER, STREET, Tier.SUBDISTRICT, duties) == "subdistrict-410105001"
    assert choose_lead(COVER, STREET, Tier.DISTRICT, duties) == "any"


def test_assistants_come_once_and_never_lead() -> None:
    """Named twice, the stricter word holds; the lead does not assist itself."""
    row = replace(
        CODE,
        assists=(
            Assist(owner="@district", required=True),
            Assist(owner="district-410105", required=False),
            Assist(owner="code", required=True),
            Assist(owner="fire", required=False),
        ),
    )
    assert choose_assists(COVER, STREET, Tier.GRID, duties_of(row), "code") == (
        Assist(owner="district-410105", required=True),
        Assist(owner="fire", required=False),
    )


def test_nobody_assists_without_a_duty() -> None:
    """A lead from outside may stand alone."""
    assert choose_assists(COVER, STREET, Tier.GRID, duties_of(), "code") == ()


def test_every_helper_of_a_covering_duty_is_listed() -> None:
    """Best placed first, whoever leads; another place's are not."""
    rows = (
        replace(ANY, assists=(Assist(owner="far", required=False),)),
        replace(CODE, assists=(Assist(owner="@subdistrict", required=True),)),
        replace(CODE, territory="410173", assists=(Assist(owner="elsewhere", required=True),)),
    )
    helpers = list_assists(COVER, STREET, duties_of(*rows))
    assert helpers == ("subdistrict-410105001", "far")


@pytest.mark.parametrize(
    ("department", "tier"),
    [
        ("water", Tier.CITY),
        ("subdistrict-410105001", Tier.SUBDISTRICT),
        ("district-410105", Tier.DISTRICT),
        ("boston-parks", Tier.DISTRICT),
    ],
)
def test_every_department_has_a_tier(department: str, tier: Tier, duties: Duties) -> None:
    """Listed ones have their own, governments that of their place, strangers the district's."""
    assert tier_of(department, duties) is tier
