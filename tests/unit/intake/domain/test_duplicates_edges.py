"""Distances at the edges: the earth itself."""

from intake.domain.duplicates import EARTH_RADIUS_M, METRES_PER_DEGREE


def test_the_earth_is_a_sphere_of_its_mean_radius() -> None:
    """A degree of latitude is about 111 kilometres."""
    assert EARTH_RADIUS_M == 6_371_000.0
    assert round(METRES_PER_DEGREE) == 111_195
