"""Filing at the edges: wildcards of every length."""

from dataclasses import replace

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


@pytest.mark.parametrize("code", ["0123", "01234", "0"])
def test_a_wildcard_stands_for_longer_codes_only(code: str) -> None:
    """All digits and `*` are the subdivisions of a matter, not the matter itself."""
    keys = {("demo", MatterKind.MATTER, f"{code}*"): FOUND}
    assert MatterRegistry(version="1", entries=keys).find(replace(MATTER, code=code)) is None
