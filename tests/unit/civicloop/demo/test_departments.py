"""The demo plays departments of its own, and nobody else's."""

from typing import Any

import pytest

from civicloop.demo.departments import require_ours
from civicloop_local.errors import StackError

OWN = "http://127.0.0.1:41513/hooks/water-supply"


def department(**changes: Any) -> dict[str, Any]:
    """Return a department as the adapter lists it."""
    return {"transport": "webhook", "url": OWN, "state": "active", **changes}


@pytest.mark.parametrize("known", [None, department(), department(state="removed", url=None)])
def test_what_nobody_else_plays_is_ours(known: dict[str, Any] | None) -> None:
    """New, of an earlier demo, or removed."""
    require_ours("water-supply", known)


@pytest.mark.parametrize(
    "known",
    [
        department(transport="pull", url=None),
        department(url="http://127.0.0.1:9411/"),
        department(url="https://water.example.org/hooks/water-supply"),
    ],
)
def test_a_department_that_is_plugged_in_is_left_alone(known: dict[str, Any]) -> None:
    """Its deliveries would go to a simulator, and it would not hear of it."""
    with pytest.raises(StackError, match="water-supply is plugged in here"):
        require_ours("water-supply", known)
