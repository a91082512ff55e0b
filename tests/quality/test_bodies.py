"""One policy for everything that callers send, in every service."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.quality.doors import Door, doors

from civicloop_kit.bodies import Body

BODIES: Final[list[tuple[Door, Any]]] = [
    (door, field.field_info.annotation)
    for door in doors()
    for field in door.route.dependant.body_params
]


@pytest.mark.parametrize(("door", "body"), BODIES, ids=[door.name for door, _ in BODIES])
def test_every_body_is_of_the_kits_kind(door: Door, body: Any) -> None:
    """A model of a room's own could ignore a misspelt field, or quote what was sent."""
    assert issubclass(body, Body), door.name
    assert {**body.model_config, **Body.model_config} == body.model_config


def test_bodies_are_found_in_every_service() -> None:
    """None is missed by how it is declared."""
    assert {door.service for door, _ in BODIES} == {
        "intake",
        "router",
        "department-adapter",
        "feedback",
    }
    assert {"Decision", "Verification", "ReportBody", "UpdateBody", "Retry"} <= {
        body.__name__ for _, body in BODIES
    }
