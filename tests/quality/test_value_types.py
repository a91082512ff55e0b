"""Values are frozen, slotted and made by keyword: nobody changes or mixes up what was decided."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("services/*/src/*/domain/*.py", "shared/kit/src/civicloop_kit/*.py")
VALUE = "dataclass(frozen=True, slots=True, kw_only=True)"
WORK_IN_HAND = "dataclass(slots=True, kw_only=True)"
JOINED_ONCE = "dataclass(frozen=True, kw_only=True)"
# The few that are no values: filled step by step and given to nobody else, or what a process or
# a room is joined from.
OTHERS = {
    "civicloop_kit.batches._Attempts": "dataclass(slots=True)",
    "civicloop_kit.engine.Engine": JOINED_ONCE,
    "civicloop_kit.process.Kit": JOINED_ONCE,
    "civicloop_kit.process.Parts": JOINED_ONCE,
    "civicloop_kit.room.Room": JOINED_ONCE,
    "civicloop_kit.rows.Row": WORK_IN_HAND,
    "civicloop_kit.rows.Work": WORK_IN_HAND,
}


def _declared() -> dict[str, str]:
    """Return how each dataclass is declared, by its full name."""
    return {
        f"{module}.{node.name}": ast.unparse(decorator)
        for place in PLACES
        for path in sorted(ROOT.glob(place))
        for module in [".".join(path.with_suffix("").parts).partition("src.")[2]]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
    }


DECLARED = _declared()


@pytest.mark.parametrize("name", DECLARED)
def test_a_value_is_frozen_slotted_and_made_by_keyword(name: str) -> None:
    """Every dataclass of the domains and of the kit, but for the few that are no values."""
    assert DECLARED[name] == OTHERS.get(name, VALUE)


def test_every_exception_is_still_one() -> None:
    """A class that is gone needs no exception."""
    assert OTHERS.keys() <= DECLARED.keys()
