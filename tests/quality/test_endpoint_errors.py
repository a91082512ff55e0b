"""Every endpoint with every error that any of them can have: none tells more than it should."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.quality.doors import BODIES, MAX_BODY_BYTES, Door, app_over, doors, headers

from civicloop_kit.auth import ROLES
from civicloop_kit.command import CommandFailedError, OverloadedError
from civicloop_kit.postgres import UnavailableError

DOORS = doors()
# What the process itself knows: nothing behind it can be away, full or broken.
FROM_MEMORY = {"GET /v1/catalog"}
# Whose parameters are all free to leave out and to name.
WITHOUT_PARAMETERS = {"GET /v1/catalog", "GET /v1/departments"}
FAILURES = [
    (UnavailableError("secret"), 503, "unavailable"),
    (OverloadedError("secret"), 429, "overloaded"),
    (CommandFailedError("secret"), 500, "internal"),
    (RuntimeError("secret"), 500, "internal"),
]
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


async def _ask(
    door: Door,
    error: Exception,
    *,
    role: str | None,
    body: Any = None,
    url: str | None = None,
) -> httpx.Response:
    transport = httpx.ASGITransport(app=app_over(door.service, error), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
        return await client.request(
            door.name.split()[0],
            url or door.url,
            json=body if body is not None else BODIES.get(door.name),
            headers=headers(role) if role else {},
        )


def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{code}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@every_door
async def test_without_a_token_nobody_enters(door: Door) -> None:
    """401, and the kind of token that is asked for."""
    answer = await _ask(door, RuntimeError("secret"), role=None)
    _assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@every_door
async def test_every_role_that_is_not_declared_is_refused(door: Door) -> None:
    """403, before anything behind the door is asked."""
    assert door.roles, "it declares no role"
    for role in ROLES - door.roles:
        _assert_problem(await _ask(door, RuntimeError("secret"), role=role), 403, "forbidden")


@every_door
async def test_a_body_over_the_limit_is_refused(door: Door) -> None:
    """413, whatever the endpoint takes."""
    body = {"x": "y" * MAX_BODY_BYTES}
    answer = await _ask(door, RuntimeError("secret"), role=min(door.roles), body=body)
    _assert_problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    "door",
    [door for door in DOORS if door.name not in WITHOUT_PARAMETERS],
    ids=lambda door: door.name,
)
async def test_what_does_not_fit_names_its_path(door: Door) -> None:
    """422 with the path of each wrong field, and never its value."""
    url, body = door.wrong
    answer = await _ask(door, RuntimeError("secret"), role=min(door.roles), body=body, url=url)
    _assert_problem(answer, 422, "invalid")
    assert all(error["path"] and error["code"] for error in answer.json()["errors"])


@pytest.mark.parametrize(
    "door",
    [door for door in DOORS if door.name not in FROM_MEMORY],
    ids=lambda door: door.name,
)
@pytest.mark.parametrize(
    ("error", "status", "code"), FAILURES, ids=lambda value: str(type(value).__name__)
)
async def test_a_failure_behind_the_door_tells_nothing(
    door: Door, error: Exception, status: int, code: str
) -> None:
    """503 and 429 ask to come again, 500 says that it is logged."""
    _assert_problem(await _ask(door, error, role=min(door.roles)), status, code)
