"""The doors for operators and superiors."""

import httpx
import pytest
from tests.unit.router.conftest import CASE_ID, PLACE, Bench, acknowledged, filed
from tests.unit.router.entrypoints.conftest import Doors

from civicloop_kit.postgres import UnavailableError
from router.domain.rulebook import Rulebook

PLAN = f"/v1/cases/{CASE_ID}/plan"
CATALOG = "/v1/catalog"


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """Check that an answer is the problem that it should be."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:civicloop:problem:{code}"


@pytest.mark.endpoint("GET /v1/cases/{case_id}/plan", 200)
async def test_a_plan_tells_every_task(doors: Doors, bench: Bench) -> None:
    """Who has it, since when, until when, and where it stands."""
    lead, *others = bench.dispatch()
    bench.tell(acknowledged(lead))
    doors.case = bench.state
    plan = (await doors.get(PLAN, role="operator")).json()
    assert (plan["case_id"], plan["status"], plan["round"]) == (str(CASE_ID), "open", 1)
    first = plan["tasks"][0]
    assert first["department"] == lead.department
    assert first["status"] == "acknowledged"
    assert first["task_id"] == str(lead.task.task_id)
    assert first["dispute"] is None
    assert len(plan["tasks"]) == 1 + len(others)


async def test_a_disputed_task_tells_until_when(doors: Doors, bench: Bench) -> None:
    """Nobody has it yet: no department, and the date of the joint conference."""
    bench.tell(filed(place=PLACE.model_copy(update={"division": "250250"})))
    doors.case = bench.state
    [task] = (await doors.get(PLAN, role="superior")).json()["tasks"]
    assert (task["department"], task["status"]) == (None, "disputed")
    assert task["dispute"]["ground"] == "no_duty"


@pytest.mark.endpoint("GET /v1/cases/{case_id}/plan", 404)
async def test_an_unknown_case_is_not_found(doors: Doors) -> None:
    """404, whoever asks."""
    assert_problem(await doors.get(PLAN, role="operator"), 404, "unknown_case")


async def test_a_case_id_is_a_uuid(doors: Doors) -> None:
    """422 names the parameter."""
    answer = await doors.get("/v1/cases/x/plan", role="operator")
    assert_problem(answer, 422, "invalid")
    assert answer.json()["errors"][0]["path"] == "path/case_id"


async def test_no_database_asks_to_come_again(doors: Doors) -> None:
    """503 with Retry-After."""
    doors.error = UnavailableError()
    answer = await doors.get(PLAN, role="operator")
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]


async def test_a_bug_tells_nothing(doors: Doors) -> None:
    """An unforeseen error is a 500 without details."""
    doors.error = RuntimeError("secret")
    answer = await doors.get(PLAN, role="operator")
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text


@pytest.mark.endpoint("GET /v1/catalog", 200)
async def test_the_versions_in_force_are_told(doors: Doors, rules: Rulebook) -> None:
    """By which data new cases are planned."""
    told = (await doors.get(CATALOG, role="superior")).json()
    assert told["catalog_version"] == rules.catalog.version
    assert told["catalog_entries"] == len(rules.catalog.entries)
    assert told["calendar_years"] == sorted(rules.calendar.published)


@pytest.mark.parametrize("path", [PLAN, CATALOG])
async def test_only_operators_and_superiors_look(doors: Doors, path: str, bench: Bench) -> None:
    """No token is 401, every other role 403."""
    bench.dispatch()
    doors.case = bench.state
    assert_problem(await doors.get(path, role=None), 401, "unauthorized")
    for role in ("channel", "verifier", "service", "department:water"):
        assert_problem(await doors.get(path, role=role), 403, "forbidden")
    for role in ("operator", "superior"):
        assert (await doors.get(path, role=role)).status_code == 200
