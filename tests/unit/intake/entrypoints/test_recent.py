"""Recent reports: found by place for a moment, then forgotten."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from intake.domain.duplicates import METRES_PER_DEGREE, OFF, Spot
from intake.entrypoints.recent import KEEP, MAX_NEAR, RecentReports
from intake.testing import NEAR, NOW

SPOT = Spot(standard_ref="demo", kind="matter", code="00001", latitude=34.75, longitude=113.65)
ONE, OTHER = UUID(int=1), UUID(int=2)


def moved(north_m: float = 0, east_m: float = 0) -> Spot:
    """Return a spot so many metres away."""
    return replace(
        SPOT,
        latitude=SPOT.latitude + north_m / METRES_PER_DEGREE,
        longitude=SPOT.longitude + east_m / METRES_PER_DEGREE / 0.8216,
    )


@pytest.mark.parametrize("degrees", range(0, 360, 15))
@pytest.mark.parametrize(("metres", "found"), [(49.5, True), (51, False), (300, False)])
def test_what_is_near_is_found_in_every_direction(
    degrees: int,
    metres: float,
    found: bool,
) -> None:
    """Across the borders of cells too."""
    turn = 1j ** (degrees / 90) * metres
    recent = RecentReports(NEAR)
    recent.add(ONE, SPOT, NOW)
    assert (recent.near(moved(turn.real, turn.imag), NOW) == [ONE]) is found


def test_matters_are_kept_apart() -> None:
    """Another matter at the same place is nothing."""
    recent = RecentReports(NEAR)
    recent.add(ONE, SPOT, NOW)
    recent.add(OTHER, replace(SPOT, code="00002"), NOW)
    assert recent.near(SPOT, NOW) == [ONE]


def test_it_is_forgotten_after_a_moment() -> None:
    """Nothing of it is kept, however much comes."""
    recent = RecentReports(NEAR)
    recent.add(ONE, SPOT, NOW)
    recent.add(OTHER, SPOT, NOW + KEEP)
    assert recent.near(SPOT, NOW + KEEP) == [ONE, OTHER]
    assert recent.near(SPOT, NOW + KEEP + timedelta(microseconds=1)) == [OTHER]
    assert recent.near(moved(5_000), NOW + 3 * KEEP) == []
    assert (len(recent._cells), len(recent._ages)) == (0, 0)


def test_of_a_crowd_the_first_ones_are_found() -> None:
    """In the order of their ids, whatever the order of their cells."""
    recent = RecentReports(NEAR)
    for number in range(20, 0, -1):
        recent.add(UUID(int=number), moved(number % 3 * 20), NOW)
    assert recent.near(moved(20), NOW) == [UUID(int=number) for number in range(1, MAX_NEAR + 1)]


def test_switched_off_it_does_no_harm() -> None:
    """A distance of nothing needs no cell of nothing."""
    RecentReports(OFF).add(ONE, SPOT, NOW)
