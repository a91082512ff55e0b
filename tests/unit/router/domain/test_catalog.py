"""Looking things up in the catalog."""

import pytest

from router.domain.catalog import Catalog, PlaceClass, choose_condition, find_entry
from router.domain.errors import NoSuchMatterError
from router.domain.parts import Matter, MatterKey, MatterKind, Precision

COVER = MatterKey(standard_ref="test", kind=MatterKind.MATTER, code="01001")


def test_an_entry_is_found_by_standard_kind_and_code(catalog: Catalog) -> None:
    """The same code as a component is another entry, and not in this catalog."""
    matter = Matter(standard_ref="test", kind=MatterKind.MATTER, code="01001", condition="missing")
    assert find_entry(matter.key, catalog).key == COVER
    other = MatterKey(standard_ref="test", kind=MatterKind.COMPONENT, code="01001")
    with pytest.raises(NoSuchMatterError, match="test/component/01001"):
        find_entry(other, catalog)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("missing", "missing"), ("loose", "loose"), ("odd", "loose"), (None, "loose")],
)
def test_an_unknown_condition_falls_back_to_the_default(
    asked: str | None, found: str, catalog: Catalog
) -> None:
    """A limit always exists for an entry."""
    assert choose_condition(find_entry(COVER, catalog), asked).code == found


def test_premises_are_told_coarsely() -> None:
    """Public space may be told exactly."""
    assert PlaceClass.PREMISES.precision is Precision.COARSE
    assert PlaceClass.PUBLIC_SPACE.precision is Precision.EXACT


def test_a_class_is_the_first_two_digits(catalog: Catalog) -> None:
    """As the standard numbers its classes (大类)."""
    assert find_entry(COVER, catalog).class_code == "01"
