"""Values are frozen, slotted and made by keyword: nobody changes or mixes up what was decided."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from typing import Any

import pytest

PACKAGES = (
    "intake.domain",
    "router.domain",
    "department_adapter.domain",
    "feedback.domain",
    "civicloop_kit",
)
# Work in hand, filled step by step and given to nobody else.
NOT_FROZEN = {
    "civicloop_kit.batches._Attempts",
    "civicloop_kit.rows.Row",
    "civicloop_kit.rows.Work",
}
# What a process or a room is joined from: made once.
NOT_SLOTTED = {
    "civicloop_kit.engine.Engine",
    "civicloop_kit.process.Kit",
    "civicloop_kit.process.Parts",
    "civicloop_kit.room.Room",
}
BY_POSITION = {"civicloop_kit.batches._Attempts"}


def _value_types() -> list[Any]:
    return [
        value
        for package in PACKAGES
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
        for value in vars(importlib.import_module(found.name)).values()
        if dataclasses.is_dataclass(value) and getattr(value, "__module__", "") == found.name
    ]


def _name(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


@pytest.mark.parametrize("kind", _value_types(), ids=_name)
def test_a_value_is_frozen_slotted_and_made_by_keyword(kind: Any) -> None:
    """Every dataclass of the domains and of the kit, but for the few that are no values."""
    name, fields = _name(kind), dataclasses.fields(kind)
    assert kind.__dataclass_params__.frozen == (name not in NOT_FROZEN)
    assert ("__slots__" in vars(kind)) == (name not in NOT_SLOTTED)
    assert all(field.kw_only == (name not in BY_POSITION) for field in fields if field.init)
