"""The territory and the governments of its places."""

import pytest

from router.domain.errors import NoSuchDivisionError
from router.domain.territory import Location, Territory, Tier, climb, locate, resolve_owner

STREET = Location(city="410100", district="410105", subdistrict="410105001")
DISTRICT = Location(city="410100", district="410105")
CITY = Location(city="410100")


@pytest.mark.parametrize(
    ("code", "location"),
    [
        ("410105001002", STREET),
        ("410105001", STREET),
        ("410105001000", STREET),
        ("410105", DISTRICT),
        ("410105000000", DISTRICT),
        ("410105099", DISTRICT),
        ("410105099001", DISTRICT),
        ("410100", CITY),
        ("410100000000", CITY),
    ],
)
def test_a_code_is_located_as_far_down_as_it_is_known(
    code: str, location: Location, territory: Territory
) -> None:
    """Communities lie in their subdistrict, unknown subdistricts in their district."""
    assert locate(code, territory) == location


@pytest.mark.parametrize("code", ["250250", "410199", "410199001", "41", ""])
def test_a_place_elsewhere_has_no_location(code: str, territory: Territory) -> None:
    """What lies in no known district is outside."""
    with pytest.raises(NoSuchDivisionError):
        locate(code, territory)


@pytest.mark.parametrize(
    ("owner", "location", "department"),
    [
        ("water", STREET, "water"),
        ("@subdistrict", STREET, "subdistrict-410105001"),
        ("@subdistrict", DISTRICT, "district-410105"),
        ("@subdistrict", CITY, "city-government"),
        ("@district", STREET, "district-410105"),
        ("@district", CITY, "city-government"),
        ("@city", STREET, "city-government"),
        ("@subdistrict", None, "city-government"),
    ],
)
def test_the_government_of_a_place_is_the_lowest_one_known(
    owner: str, location: Location | None, department: str
) -> None:
    """A place told too coarsely goes up a tier."""
    assert resolve_owner(owner, location) == department


def test_climbing_ends_at_the_city() -> None:
    """Each tier leads to the next, the city to itself."""
    tiers = list(Tier)
    assert [climb(tier) for tier in tiers] == [*tiers[1:], Tier.CITY]
    assert [tier.height for tier in tiers] == [0, 1, 2, 3, 4]
