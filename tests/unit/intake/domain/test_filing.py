"""Filing: which report becomes a case, and how exactly its place is told."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain.commands import SubmitReport
from intake.domain.facts import CaseFiled, CaseRejected
from intake.domain.filing import file_case, place_of
from intake.domain.model import (
    Channel,
    ExternalClock,
    Matter,
    MatterKind,
    PlaceClass,
    Point,
    Precision,
    RejectReason,
    Sealed,
    SealedKind,
)
from intake.testing import NOW, PREMISES_CODE, PUBLIC_CODE, STANDARD, sample_rules

REPORT_ID = UUID(int=1)
POINT = Point(latitude=34.787123456, longitude=113.681234567, h3_cell="8840954985fffff")


def matter(code: str = PUBLIC_CODE, standard_ref: str = STANDARD) -> Matter:
    """Return a matter."""
    return Matter(standard_ref=standard_ref, kind=MatterKind.MATTER, code=code)


def report(**changes: object) -> SubmitReport:
    """Return a report that is filed, with changes."""
    values: dict[str, object] = {
        "report_id": REPORT_ID,
        "channel": Channel.SNAP,
        "matter": matter(),
        "division": "410105001",
        "point": POINT,
        "sealed": (),
    }
    return SubmitReport(**{**values, **changes})  # type: ignore[arg-type]


def filed(given: SubmitReport) -> CaseFiled | CaseRejected:
    """Return what the sample rules decide."""
    rules = sample_rules()
    return file_case(given, rules.jurisdiction, rules.matters, NOW)


def test_a_listed_matter_in_the_jurisdiction_is_filed() -> None:
    """A known matter at a place of ours becomes a case, now, with what the source said."""
    clock = ExternalClock(due_at=None)
    fact = filed(report(clock=clock, lead="water"))
    assert isinstance(fact, CaseFiled)
    assert (fact.report_id, fact.occurred_at, fact.clock, fact.lead) == (
        REPORT_ID,
        NOW,
        clock,
        "water",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"division": "110105001"}, RejectReason.OUTSIDE_JURISDICTION),
        ({"matter": matter("09999")}, RejectReason.UNKNOWN_MATTER),
        ({"matter": matter(standard_ref="nobody-s")}, RejectReason.UNKNOWN_MATTER),
        ({"matter": matter("09999"), "division": "11"}, RejectReason.OUTSIDE_JURISDICTION),
        ({"matter": matter("25001", "abroad")}, RejectReason.OUTSIDE_JURISDICTION),
    ],
)
def test_anything_else_is_rejected_with_its_reason(
    changes: dict[str, object], reason: RejectReason
) -> None:
    """A place that is not ours, or a matter that is not listed, is rejected."""
    fact = filed(report(**changes))
    assert isinstance(fact, CaseRejected)
    assert fact.reason is reason


def test_a_component_is_not_the_matter_of_the_same_code() -> None:
    """The kind belongs to the key: the same code means another thing."""
    component = Matter(standard_ref=STANDARD, kind=MatterKind.COMPONENT, code=PUBLIC_CODE)
    assert isinstance(filed(report(matter=component)), CaseRejected)


def test_a_standard_with_a_division_of_its_own_is_filed_there_only() -> None:
    """An imported city's standard applies in that city, not in the jurisdiction."""
    abroad = matter("25001", "abroad")
    assert isinstance(filed(report(matter=abroad, division="990000")), CaseFiled)
    assert isinstance(filed(report(matter=abroad, division="410105")), CaseRejected)


def test_a_case_that_another_system_accepted_is_filed_as_it_is() -> None:
    """An import is not judged by our list or borders; an unlisted matter's place stays coarse."""
    fact = filed(report(source_id="A-17", matter=matter("00001", "their-own"), division="550000"))
    assert isinstance(fact, CaseFiled)
    assert fact.place.precision is Precision.COARSE
    assert fact.place.latitude is None


def test_the_longest_beginning_wins() -> None:
    """`16*` stands for 16001 although `*` would fit too."""
    inside = filed(report(matter=matter("16001", "abroad"), division="990000"))
    assert isinstance(inside, CaseFiled)
    assert inside.place.precision is Precision.COARSE


def test_public_space_is_told_to_six_decimals() -> None:
    """A public place is exact, without the noise of the device."""
    place = place_of("410105001", POINT, PlaceClass.PUBLIC)
    assert place.precision is Precision.EXACT
    assert (place.latitude, place.longitude) == (34.787123, 113.681235)


@given(
    latitude=st.floats(min_value=-90, max_value=90),
    longitude=st.floats(min_value=-180, max_value=180),
)
def test_premises_never_tell_a_position(latitude: float, longitude: float) -> None:
    """Somebody's premises are told as a cell, whatever the position."""
    point = Point(latitude=latitude, longitude=longitude, h3_cell="8840954985fffff")
    fact = filed(report(matter=matter(PREMISES_CODE), point=point))
    assert isinstance(fact, CaseFiled)
    assert (fact.place.latitude, fact.place.longitude) == (None, None)
    assert fact.place.h3_cell == "8840954985fffff"


def test_a_report_without_a_position_is_filed() -> None:
    """The division alone is enough."""
    for code in (PUBLIC_CODE, PREMISES_CODE):
        fact = filed(report(matter=matter(code), point=None))
        assert isinstance(fact, CaseFiled)
        assert (fact.place.latitude, fact.place.h3_cell) == (None, None)


def test_an_imported_case_happened_when_its_source_got_it() -> None:
    """The opening time of the source is when it happened, but never later than now."""
    earlier = NOW - timedelta(days=400)
    assert filed(report(opened_at=earlier)).occurred_at == earlier
    assert filed(report(opened_at=NOW + timedelta(hours=1))).occurred_at == NOW


def test_only_a_contact_makes_a_reporter_reachable() -> None:
    """A narrative alone gives nobody to tell."""
    said = Sealed(kind=SealedKind.NARRATIVE, content=b"x")
    left = Sealed(kind=SealedKind.CONTACT, content=b"y")
    assert not filed(report(sealed=(said,))).reachable
    assert filed(report(sealed=(said, left))).reachable
