"""A seed gives one morning, and the morning says exactly what has to come of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import dist

from hypothesis import given, settings
from hypothesis import strategies as st

from civicloop.demo.generator import (
    ASSIST,
    LEAD,
    MadeReport,
    expected_outcome,
    make_reports,
)
from civicloop.demo.morning import load_morning

MORNING = load_morning()
CODES = {department.code for department in MORNING.departments}


@given(seed=st.integers(), count=st.integers(min_value=0, max_value=60))
@settings(max_examples=30)
def test_the_same_seed_gives_the_same_morning(seed: int, count: int) -> None:
    """On every machine, and however often."""
    reports = make_reports(MORNING, count, seed)
    assert reports == make_reports(MORNING, count, seed)
    assert len(reports) == count


def test_another_seed_gives_another_morning() -> None:
    """Nothing is fixed but the figures."""
    assert make_reports(MORNING, 20, 1) != make_reports(MORNING, 20, 2)


@given(seed=st.integers())
@settings(max_examples=30)
def test_every_filed_report_has_one_lead_and_known_departments(seed: int) -> None:
    """Nobody gets two tasks of one case; a rejected report gives nobody any."""
    for report in make_reports(MORNING, 40, seed):
        roles = Counter(role for _, role in report.tasks)
        departments = [department for department, _ in report.tasks]
        assert roles[LEAD] == (report.reason is None)
        assert set(roles) <= {LEAD, ASSIST}
        assert len(set(departments)) == len(departments)
        assert set(departments) <= CODES


@given(seed=st.integers())
@settings(max_examples=30)
def test_the_expected_outcome_counts_every_report_once(seed: int) -> None:
    """Filed or rejected, and what is filed is closed as solved."""
    reports = make_reports(MORNING, 80, seed)
    outcome = expected_outcome(reports)
    assert outcome.filed + outcome.rejected.total() == len(reports)
    assert outcome.closed == Counter(solved=outcome.filed)
    assert outcome.tasks.total() == sum(len(report.tasks) for report in reports)


def test_a_long_morning_follows_its_figures() -> None:
    """Channels and rejections come about as often as they are said to."""
    reports = make_reports(MORNING, 5_000, 7)
    channels = Counter(report.channel for report in reports)
    for channel, weight in MORNING.channels.items():
        assert abs(channels[channel] / 5_000 - weight / 100) < 0.03
    rejected = expected_outcome(reports).rejected
    assert 60 < rejected["outside_jurisdiction"] < 140
    assert 40 < rejected["unknown_matter"] < 110


def test_reports_come_in_the_order_of_the_morning() -> None:
    """From seven to noon."""
    times = [report.at for report in make_reports(MORNING, 200, 7)]
    assert times == sorted(times)
    assert {at.hour for at in times} == set(MORNING.hours)


def test_nobody_real_can_be_called() -> None:
    """Telephone numbers are made up: no exchange begins with 0."""
    contacts = [r.body["contact"] for r in make_reports(MORNING, 200, 7) if "contact" in r.body]
    assert contacts
    assert all(contact["phone"].startswith("+86 371 0") for contact in contacts)


@given(seed=st.integers(), count=st.integers(min_value=2, max_value=400))
@settings(max_examples=10)
def test_reports_of_one_matter_are_far_enough_apart_to_be_two(seed: int, count: int) -> None:
    """Intake takes what is within 50 m for the same: at least 60 m lie between them."""
    assert nearest_m(make_reports(MORNING, count, seed)) >= 60


def test_a_full_district_grows() -> None:
    """However many come, each finds a place."""
    crowded = replace(MORNING, matters=MORNING.matters[:1], streets=MORNING.streets[:1])
    one = replace(crowded.matters[0], channels=MORNING.channels)
    reports = make_reports(replace(crowded, matters=(one,)), 1_500, 7)
    assert nearest_m(reports) >= 60


def nearest_m(reports: Sequence[MadeReport]) -> float:
    """Return the least distance of two reports of one matter, in metres; rejected ones too."""
    spots: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for report in reports:
        matter, place = report.body["matter"], report.body["place"]
        if "latitude" in place:
            key = tuple(str(matter[part]) for part in ("standard_ref", "kind", "code"))
            spots.setdefault(key, []).append((place["latitude"], place["longitude"]))
    return min(
        (
            dist((one[0] * 111_195, one[1] * 91_000), (other[0] * 111_195, other[1] * 91_000))
            for found in spots.values()
            for one, other in combinations(found, 2)
        ),
        default=60.0,
    )
