"""Filing at the edges: wildcards of every length."""

import pytest

from intake.domain.filing import Entry, MatterRegistry
from intake.domain.model import Matter, MatterKind, PlaceClass

CODE = "01234"
MATTER = Matter(standard_ref="demo", kind=MatterKind.MATTER, code=CODE)
FOUND = Entry(place_class=PlaceClass.PUBLIC)
OTHER = Entry(place_class=PlaceClass.PUBLIC, within="410105")


@pytest.mark.parametrize("digits", range(len(CODE)))
def test_a_wildcard_of_any_length_is_found(digits: int) -> None:
    """From `*` alone to all digits but the last; of two, the longer one."""
    keys = {("demo", MatterKind.MATTER, f"{CODE[:digits]}*"): FOUND}
    assert MatterRegistry(version="1", entries=keys).find(MATTER) is FOUND
    if digits:
        keys[("demo", MatterKind.MATTER, f"{CODE[: digits - 1]}*")] = OTHER
        assert MatterRegistry(version="1", entries=keys).find(MATTER) is FOUND


def test_a_wildcard_stands_for_longer_codes_only() -> None:
    """All digits and `*` are the subdivisions of a matter, not the matter itself."""
    keys = {("demo", MatterKind.MATTER, f"{CODE}*"): FOUND}
    assert MatterRegistry(version="1", entries=keys).find(MATTER) is None
