"""Duplicates: the same matter, near in place and time, and a case that is open."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from intake.domain.case import evolve
from intake.domain.duplicates import (
    METRES_PER_DEGREE,
    OFF,
    Home,
    Nearness,
    Spot,
    box_around,
    distance_m,
    find_home,
    spot_of,
)
from intake.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseRejected,
    CaseReopened,
    MergeRequested,
    WithdrawalRequested,
)
from intake.domain.model import (
    Channel,
    Matter,
    MatterKind,
    Outcome,
    Place,
    Precision,
    RejectReason,
)
from intake.domain.state import CaseState, new_case
from intake.testing import NEAR, NOW

MATTER = Matter(standard_ref="demo", kind=MatterKind.MATTER, code="00001", condition="open")
SPOT = Spot(standard_ref="demo", kind="matter", code="00001", latitude=34.75, longitude=113.65)
ONE, OTHER, ELSEWHERE = UUID(int=1), UUID(int=2), UUID(int=9)


def filed(metres: float = 0, matter: Matter = MATTER) -> CaseFiled:
    """Return a report so many metres to the north."""
    latitude = SPOT.latitude + metres / METRES_PER_DEGREE
    place = Place(
        division="410105",
        precision=Precision.EXACT,
        latitude=latitude,
        longitude=SPOT.longitude,
    )
    return CaseFiled(
        report_id=UUID(int=5),
        channel=Channel.SNAP,
        matter=matter,
        place=place,
        clock=None,
        lead=None,
        reachable=True,
        replayed=False,
        occurred_at=NOW,
    )


def case(case_id: UUID = ONE, fact: CaseFiled | None = None) -> CaseState:
    """Return an open case."""
    return evolve(new_case(case_id), fact or filed())


def home(*cases: CaseState, report: CaseFiled | None = None, nearness: Nearness = NEAR) -> Home:
    """Return where a report belongs that is handed in now."""
    return find_home(report or filed(), cases, nearness, NOW)


def test_a_report_joins_an_open_case_at_its_place() -> None:
    """Of the same matter, whatever its filing condition."""
    for condition in ("open", "missing", None):
        other = filed(matter=replace(MATTER, condition=condition))
        assert home(case(fact=other)) == Home(join=case(fact=other))


@pytest.mark.parametrize(
    "matter",
    [
        replace(MATTER, standard_ref="other"),
        replace(MATTER, kind=MatterKind.COMPONENT),
        replace(MATTER, code="00002"),
    ],
)
def test_another_matter_is_another_case(matter: Matter) -> None:
    """A code means something only with its standard and kind."""
    assert home(case(fact=filed(matter=matter))) == Home()


@pytest.mark.parametrize(
    ("metres", "joins"), [(0, True), (49.99, True), (50.01, False), (-49.99, True), (-51, False)]
)
def test_the_distance_has_an_edge(metres: float, joins: bool) -> None:
    """At most fifty metres."""
    assert (home(case(), report=filed(metres)).join is not None) is joins


def test_exactly_at_the_edge_is_near() -> None:
    """Within means at most."""
    there = replace(SPOT, latitude=SPOT.latitude + 0.0004)
    distance = distance_m(SPOT, there)
    assert SPOT.is_near(there, distance)
    assert not SPOT.is_near(there, distance * 0.999_999)
    assert not SPOT.is_near(replace(SPOT, code="00002"), distance)


@pytest.mark.parametrize(("late", "joins"), [(0, True), (1, False)])
def test_the_time_has_an_edge(late: int, joins: bool) -> None:
    """At most a day after the case was filed."""
    old = replace(filed(), occurred_at=NOW - NEAR.within - timedelta(seconds=late))
    assert (home(case(fact=old)).join is not None) is joins


def test_of_several_the_oldest_open_case_is_joined() -> None:
    """In whatever order they are found; what has ended is passed over."""
    young, old = case(OTHER), case(ONE)
    assert home(young, old).join == old
    ended = evolve(old, CaseClosed(round=1, outcome=Outcome.SOLVED, occurred_at=NOW))
    assert home(ended, young) == Home(join=young)


ENDED = CaseClosed(round=1, outcome=Outcome.SOLVED, occurred_at=NOW)


@pytest.mark.race("reopen and a new report at the same place")
@pytest.mark.parametrize(
    "fact", [ENDED, WithdrawalRequested(occurred_at=NOW)], ids=["closed", "withdrawing"]
)
def test_a_case_that_has_ended_or_is_ending_is_only_offered(
    fact: CaseClosed | WithdrawalRequested,
) -> None:
    """A person may merge; the oldest one is named."""
    ended = [evolve(case(case_id), fact) for case_id in (OTHER, ONE)]
    assert home(*ended) == Home(offer=ONE)


@pytest.mark.race("reopen and a new report at the same place")
def test_a_reopened_case_is_joined() -> None:
    """Read before the report, it is open again."""
    again = evolve(evolve(case(), ENDED), CaseReopened(round=2, occurred_at=NOW))
    assert home(again) == Home(join=again)


def test_of_a_case_on_its_way_the_survivor_is_offered() -> None:
    """That is the one that goes on."""
    merging = evolve(case(), MergeRequested(survivor=ELSEWHERE, occurred_at=NOW))
    assert home(merging) == Home(offer=ELSEWHERE)


def test_what_never_was_a_case_is_nothing_to_join() -> None:
    """Unknown, rejected, of an imported history, or without a position."""
    rejected = CaseRejected(
        report_id=UUID(int=5),
        channel=Channel.SNAP,
        matter=MATTER,
        division="410105",
        reason=RejectReason.UNKNOWN_MATTER,
        reachable=True,
        replayed=False,
        occurred_at=NOW,
    )
    nowhere = replace(filed(), place=Place(division="410105", precision=Precision.COARSE))
    cases = (
        new_case(ONE),
        evolve(new_case(ONE), rejected),
        case(fact=replace(filed(), replayed=True)),
        case(fact=nowhere),
    )
    assert home(*cases) == Home()
    assert home(case(), report=nowhere) == Home()


def test_switched_off_nothing_is_the_same() -> None:
    """Not even at the very place."""
    assert home(case(), nearness=OFF) == Home()
    assert OFF.is_off
    assert not replace(OFF, within_m=0.1).is_off


def test_a_spot_needs_both_coordinates() -> None:
    """And has the matter without its condition."""
    assert spot_of(MATTER, 34.75, 113.65) == SPOT
    assert spot_of(MATTER, None, 113.65) is None
    assert spot_of(MATTER, 34.75, None) is None
    assert SPOT.key == ("demo", "matter", "00001")


@pytest.mark.parametrize(
    ("latitude", "north", "east", "metres"),
    [
        (0.0, 1.0, 0.0, 111_195),
        (0.0, 0.0, 1.0, 111_195),
        (60.0, 0.0, 1.0, 55_597),
        (60.0, 1.0, 0.0, 111_195),
        (34.75, 0.3, 0.4, 49_470),
    ],
)
def test_distances_are_those_on_a_sphere(
    latitude: float, north: float, east: float, metres: float
) -> None:
    """A degree of longitude is shorter towards the poles."""
    here = replace(SPOT, latitude=latitude)
    there = replace(here, latitude=latitude + north, longitude=here.longitude + east)
    assert distance_m(here, there) == pytest.approx(metres, rel=2e-3)
    assert distance_m(there, here) == pytest.approx(distance_m(here, there))


@pytest.mark.parametrize("latitude", [-60.0, 0.0, 34.75, 70.0])
def test_the_box_has_everything_near_and_little_else(latitude: float) -> None:
    """Its edges are as far as asked, and a hundredth more."""
    here = replace(SPOT, latitude=latitude)
    box = box_around(here, 50)
    edges = (
        replace(here, latitude=box.south),
        replace(here, latitude=box.north),
        replace(here, longitude=box.west),
        replace(here, longitude=box.east),
    )
    for edge in edges:
        assert distance_m(here, edge) == pytest.approx(50.5, rel=1e-3)
    assert box.south < here.latitude < box.north
    assert box.west < here.longitude < box.east


def test_a_box_at_a_pole_has_an_end() -> None:
    """Where all meridians meet it takes some of them."""
    box = box_around(replace(SPOT, latitude=90.0), 50)
    assert box.east - box.west == pytest.approx((box.north - box.south) / 0.05)
