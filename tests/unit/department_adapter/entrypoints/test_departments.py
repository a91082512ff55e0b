"""The registry of departments over HTTP."""

from typing import Any

import httpx
import pytest

from department_adapter.domain.department import DepartmentState, TransportName
from department_adapter.ports import Check
from department_adapter.testing import START, registered

from .conftest import Doors, Headers

WEBHOOK = {
    "name_zh": "电力公司",
    "name_en": "Power company",
    "transport": "webhook",
    "url": "http://127.0.0.1:9400/hooks/power",
}
REPLAY = {"name_zh": "公园局", "name_en": "Parks", "transport": "replay"}


@pytest.mark.endpoint("PUT /v1/departments/{code}", 200, 201)
async def test_a_new_webhook_gets_its_secret_once(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """201 with the secret; changed later, 200 without."""
    made = await client.put("/v1/departments/power", json=WEBHOOK, headers=headers("operator"))
    assert made.status_code == 201
    assert made.json()["secret"] == doors.departments.secrets["power"]
    again = await client.put("/v1/departments/power", json=WEBHOOK, headers=headers("operator"))
    assert (again.status_code, again.json()["secret"]) == (200, None)
    assert doors.woken == 2


async def test_an_imported_department_has_no_secret(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """There is nothing to sign."""
    made = await client.put("/v1/departments/parks", json=REPLAY, headers=headers("operator"))
    assert (made.status_code, made.json()["secret"]) == (201, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {**WEBHOOK, "url": None},
        {**REPLAY, "url": "http://x.example/"},
        {**WEBHOOK, "transport": "fax"},
        {**WEBHOOK, "concurrency": 0},
        {**WEBHOOK, "concurrency": 65},
        {**WEBHOOK, "name_en": ""},
        {**WEBHOOK, "name_en": "two\nlines"},
        {**WEBHOOK, "secret": "mine"},
        {**WEBHOOK, "url": "ftp://x.example/"},
        {**WEBHOOK, "url": "http://user:pass@x.example/"},
    ],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, wrong: dict[str, Any]
) -> None:
    """422, and nothing is changed."""
    answer = await client.put("/v1/departments/power", json=wrong, headers=headers("operator"))
    assert answer.status_code == 422
    assert "power" not in doors.departments.real


@pytest.mark.parametrize("code", ["Power", "p", "9power", "a" * 33, "replay"])
async def test_a_code_is_a_code(client: httpx.AsyncClient, headers: Headers, code: str) -> None:
    """Small letters, digits and hyphens; `replay` is kept for imported histories."""
    path = f"/v1/departments/{code}"
    answer = await client.put(path, json=WEBHOOK, headers=headers("operator"))
    assert answer.status_code == 422


@pytest.mark.endpoint("GET /v1/departments/{code}", 200)
async def test_a_department_shows_how_it_is_with_it_now(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """Breaker, deliveries under way, deliveries waiting; never a secret."""
    answer = await client.get("/v1/departments/water", headers=headers("operator"))
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["breaker"], shown["in_flight"], shown["waiting"]) == ("closed", 2, 0)
    assert shown["secret"] is None


@pytest.mark.endpoint("GET /v1/departments", 200)
async def test_all_departments_are_listed(client: httpx.AsyncClient, headers: Headers) -> None:
    """The registry."""
    answer = await client.get("/v1/departments", headers=headers("operator"))
    assert [item["code"] for item in answer.json()["departments"]] == ["water"]


@pytest.mark.endpoint("POST /v1/departments/{code}/rotate-secret", 200)
async def test_a_secret_is_rotated(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The new one is shown, and until when the old one signs too."""
    answer = await client.post("/v1/departments/water/rotate-secret", headers=headers("operator"))
    assert answer.status_code == 200
    assert answer.json()["secret"] == doors.departments.secrets["water"]
    assert answer.json()["previous_valid_until"] == "2026-03-03T01:00:00Z"


@pytest.mark.endpoint("POST /v1/departments/{code}/test", 200)
async def test_a_webhook_is_tested(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Every check, with its fix."""
    doors.probe.checks = (
        Check(name="reachable", ok=True),
        Check(name="accepts_signed", ok=False, fix="answer 2xx"),
    )
    answer = await client.post("/v1/departments/water/test", headers=headers("operator"))
    assert answer.json() == {
        "code": "water",
        "ok": False,
        "checks": [
            {"name": "reachable", "ok": True, "fix": None},
            {"name": "accepts_signed", "ok": False, "fix": "answer 2xx"},
        ],
    }


@pytest.mark.parametrize("action", ["rotate-secret", "test"])
@pytest.mark.endpoint("POST /v1/departments/{code}/rotate-secret", 409)
@pytest.mark.endpoint("POST /v1/departments/{code}/test", 409)
async def test_only_webhooks_have_secrets_and_tests(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, action: str
) -> None:
    """409."""
    doors.departments.real["parks"] = registered("parks", transport=TransportName.REPLAY, url=None)
    answer = await client.post(f"/v1/departments/parks/{action}", headers=headers("operator"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:civicloop:problem:no_webhook")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/departments/nobody"),
        ("POST", "/v1/departments/nobody/rotate-secret"),
        ("POST", "/v1/departments/nobody/test"),
    ],
)
@pytest.mark.endpoint("GET /v1/departments/{code}", 404)
@pytest.mark.endpoint("POST /v1/departments/{code}/rotate-secret", 404)
@pytest.mark.endpoint("POST /v1/departments/{code}/test", 404)
async def test_an_unknown_department_is_404(
    client: httpx.AsyncClient, headers: Headers, method: str, path: str
) -> None:
    """With the command that adds it."""
    answer = await client.request(method, path, headers=headers("operator"))
    assert answer.status_code == 404
    assert "civicloop department add" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/departments"),
        ("GET", "/v1/departments/water"),
        ("PUT", "/v1/departments/water"),
        ("POST", "/v1/departments/water/rotate-secret"),
        ("POST", "/v1/departments/water/test"),
    ],
)
async def test_the_registry_is_for_operators(
    client: httpx.AsyncClient, headers: Headers, method: str, path: str
) -> None:
    """401 without a token, 403 for everybody else, departments included."""
    json = WEBHOOK if method == "PUT" else None
    assert (await client.request(method, path, json=json)).status_code == 401
    for role in ("department:water", "channel", "verifier", "superior", "service"):
        answer = await client.request(method, path, json=json, headers=headers(role))
        assert answer.status_code == 403


def test_every_door_says_what_it_is_for(doors: Doors) -> None:
    """Each endpoint has a summary."""
    assert doors.routes
    assert all(route.summary for route in doors.routes)


PULL = {"name_zh": "电力公司", "name_en": "Power company", "transport": "pull"}
UNTIL = {"until": "2026-03-02T09:00:00+08:00"}


async def test_a_department_that_pulls_needs_no_address_and_no_secret(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """It comes with its token."""
    made = await client.put("/v1/departments/power", json=PULL, headers=headers("operator"))
    assert (made.status_code, made.json()["secret"]) == (201, None)
    assert doors.departments.real["power"].department.transport is TransportName.PULL
    wrong = {**PULL, "url": "http://x.example/"}
    answer = await client.put("/v1/departments/power", json=wrong, headers=headers("operator"))
    assert answer.status_code == 422


@pytest.mark.parametrize("state", ["paused", "removed"])
async def test_nobody_is_paused_or_removed_by_being_put(
    client: httpx.AsyncClient, headers: Headers, state: str
) -> None:
    """Those have doors of their own."""
    body = {**PULL, "state": state}
    answer = await client.put("/v1/departments/power", json=body, headers=headers("operator"))
    assert answer.status_code == 422


@pytest.mark.parametrize("state", [DepartmentState.PAUSED, DepartmentState.DISABLED])
async def test_a_change_resumes_nobody(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, state: DepartmentState
) -> None:
    """Whoever corrects an address may do so during a pause; a state that is given counts."""
    until = START if state is DepartmentState.PAUSED else None
    doors.departments.real["water"] = registered(state=state, paused_until=until)
    changed = {**WEBHOOK, "concurrency": 3}
    answer = await client.put("/v1/departments/water", json=changed, headers=headers("operator"))
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    kept = doors.departments.real["water"].department
    assert (kept.concurrency, kept.state, kept.paused_until) == (3, state, until)
    given = {**changed, "state": "active"}
    answer = await client.put("/v1/departments/water", json=given, headers=headers("operator"))
    assert (answer.json()["state"], answer.json()["paused_until"]) == ("active", None)


@pytest.mark.parametrize(("body", "state"), [({}, "active"), ({"state": "disabled"}, "disabled")])
async def test_a_new_department_is_active_unless_it_is_said_otherwise(
    client: httpx.AsyncClient, headers: Headers, body: dict[str, str], state: str
) -> None:
    """There is nothing to keep."""
    new = {**PULL, **body}
    made = await client.put("/v1/departments/power", json=new, headers=headers("operator"))
    assert (made.status_code, made.json()["state"]) == (201, state)


@pytest.mark.endpoint("POST /v1/departments/{code}/pause", 200)
@pytest.mark.endpoint("POST /v1/departments/{code}/resume", 200)
async def test_a_department_is_left_alone_for_a_while(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Until then, or until it is resumed; that wakes the worker."""
    until = {"until": "2026-03-02T10:00:00+08:00"}
    paused = await client.post(
        "/v1/departments/water/pause", json=until, headers=headers("operator")
    )
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert paused.json()["paused_until"] == "2026-03-02T10:00:00+08:00"
    assert doors.woken == 0
    resumed = await client.post("/v1/departments/water/resume", headers=headers("operator"))
    assert (resumed.json()["state"], resumed.json()["paused_until"]) == ("active", None)
    assert doors.woken == 1


async def test_a_pause_has_an_end(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """422 for one that is over already: the clock of the room decides."""
    answer = await client.post(
        "/v1/departments/water/pause", json=UNTIL, headers=headers("operator")
    )
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:civicloop:problem:impossible_pause",
    )
    assert doors.departments.real["water"].department.state is DepartmentState.ACTIVE


@pytest.mark.endpoint("POST /v1/departments/{code}/pause", 409)
async def test_a_disabled_department_is_not_paused(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The end of a pause would enable it."""
    doors.departments.real["water"] = registered(state=DepartmentState.DISABLED)
    until = {"until": "2026-03-02T10:00:00+08:00"}
    answer = await client.post(
        "/v1/departments/water/pause", json=until, headers=headers("operator")
    )
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:civicloop:problem:disabled",
    )


@pytest.mark.endpoint("DELETE /v1/departments/{code}", 200)
async def test_a_department_is_removed_and_what_it_leaves_is_counted(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """From then on its tokens open nothing, and the worker looks for its tasks."""
    doors.departments.open_tasks = 3
    answer = await client.delete("/v1/departments/water", headers=headers("operator"))
    assert (answer.status_code, answer.json()) == (200, {"code": "water", "open_tasks": 3})
    assert doors.woken == 1
    task_id = next(iter(doors.tasks.entries))
    said = {"update_id": str(task_id), "kind": "acknowledge"}
    asked = [
        await client.post(f"/v1/tasks/{task_id}/updates", json=said, headers=headers()),
        await client.get(f"/v1/tasks/{task_id}/updates", headers=headers()),
        await client.get(f"/v1/tasks/{task_id}", headers=headers()),
        await client.post(f"/v1/tasks/{task_id}/release", headers=headers()),
    ]
    assert {answer.status_code for answer in asked} == {401}
    assert {answer.headers["www-authenticate"] for answer in asked} == {"Bearer"}
    assert doors.commands.taken == []
    seen = await client.get(f"/v1/tasks/{task_id}", headers=headers("operator"))
    assert seen.status_code == 200


@pytest.mark.endpoint("DELETE /v1/departments/{code}", 404)
@pytest.mark.endpoint("POST /v1/departments/{code}/pause", 404)
@pytest.mark.endpoint("POST /v1/departments/{code}/resume", 404)
async def test_nobody_is_paused_resumed_or_removed_who_is_unknown(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """404, like everywhere."""
    until = {"until": "2026-03-02T10:00:00+08:00"}
    answers = [
        await client.post("/v1/departments/power/pause", json=until, headers=headers("operator")),
        await client.post("/v1/departments/power/resume", headers=headers("operator")),
        await client.delete("/v1/departments/power", headers=headers("operator")),
    ]
    assert {answer.status_code for answer in answers} == {404}
