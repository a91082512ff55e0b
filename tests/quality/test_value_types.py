"""Values are frozen, slotted and made by keyword: nobody changes or mixes up what was decided."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def _classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Return every class of these places, by its full name."""
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            module = ".".join(path.with_suffix("").parts).partition("src.")[2]
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    yield f"{module}.{node.name}", node


def _declared() -> dict[str, str]:
    """Return how each dataclass is declared, by its full name."""
    return {
        name: ast.unparse(decorator)
        for name, node in _classes()
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
    }


def _heirs() -> list[str]:
    """Return the classes that inherit from a dataclass of their own package."""
    values = {_short(name) for name in DECLARED}
    return [
        name
        for name, node in _classes()
        if any(
            _short(f"{name.partition('.')[0]}.{ast.unparse(base)}") in values for base in node.bases
        )
    ]


def _short(name: str) -> tuple[str, str]:
    """Return the package and the class itself: a base may be named through its module."""
    return name.partition(".")[0], name.rpartition(".")[2]


DECLARED = _declared()


@pytest.mark.parametrize("name", DECLARED)
def test_a_value_is_frozen_slotted_and_made_by_keyword(name: str) -> None:
    """Every dataclass of the domains and of the kit, but for the few that are no values."""
    assert DECLARED[name] == OTHERS.get(name, VALUE)


@pytest.mark.parametrize("name", _heirs())
def test_what_inherits_from_a_value_is_declared_as_one(name: str) -> None:
    """Without a declaration of its own it would have a dictionary that anybody could write to."""
    assert name in DECLARED


def test_every_exception_is_still_one() -> None:
    """A class that is gone needs no exception."""
    assert OTHERS.keys() <= DECLARED.keys()
