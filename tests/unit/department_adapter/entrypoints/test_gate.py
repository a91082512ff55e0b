"""Who was removed finds every door shut."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant

from department_adapter.testing import task_ref

from .conftest import Doors, Headers

TASK = f"/v1/tasks/{task_ref().task_id}"
LEASES = "/v1/departments/water/leases"
UPDATE = {"update_id": str(task_ref().task_id), "kind": "acknowledge"}
# Every door that takes a department's token: how it is asked, and what is sent.
DOORS: dict[str, tuple[str, Any]] = {
    "GET /v1/tasks/{task_id}": (TASK, None),
    "GET /v1/tasks/{task_id}/updates": (f"{TASK}/updates", None),
    "POST /v1/tasks/{task_id}/updates": (f"{TASK}/updates", UPDATE),
    "POST /v1/tasks/{task_id}/release": (f"{TASK}/release", None),
    "GET /v1/departments/{code}/leases": (LEASES, None),
    "POST /v1/departments/{code}/leases": (LEASES, {}),
    "POST /v1/departments/{code}/leases/{lease_id}/receipt": (
        f"{LEASES}/{task_ref().task_id}.dispatch.1.1/receipt",
        None,
    ),
}


def roles(dependant: Dependant) -> Iterator[str]:
    """Return the roles that a door takes."""
    yield from getattr(dependant.call, "declared_roles", ())
    for inner in dependant.dependencies:
        yield from roles(inner)


def test_no_door_for_departments_is_left_out(doors: Doors) -> None:
    """A new one is added to the list above."""
    taken = {
        f"{method} {route.path}"
        for route in doors.routes
        if "department" in roles(route.dependant)
        for method in route.methods or ()
    }
    assert taken == set(DOORS)


@pytest.mark.parametrize("name", DOORS)
async def test_a_removed_department_is_refused(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, name: str
) -> None:
    """401, and nothing is done."""
    doors.departments.revoked.add("water")
    url, body = DOORS[name]
    answer = await client.request(name.partition(" ")[0], url, json=body, headers=headers())
    assert (answer.status_code, answer.json()["type"]) == (
        401,
        "urn:civicloop:problem:unauthorized",
    )
    assert (doors.commands.taken, doors.jobs.asked) == ([], [])
