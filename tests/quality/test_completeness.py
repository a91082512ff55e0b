"""Nothing that exists is without its test: handlers, choreography, endpoints and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from tests.quality.claims import claimed, claims_of
from tests.quality.doors import app_over, doors

from civicloop_contracts.choreography import LATER, effects, handled_by, writers
from civicloop_contracts.codes import Service
from civicloop_contracts.races import load_races
from department_adapter.entrypoints import refusals as adapter
from department_adapter.entrypoints.stream import routes as adapter_routes
from feedback.entrypoints import http as feedback
from feedback.entrypoints.stream import FeedbackStream
from feedback.entrypoints.stream import routes as feedback_routes
from intake.entrypoints import http as intake
from intake.entrypoints.stream import Follower
from intake.entrypoints.stream import routes as intake_routes
from router.entrypoints import http as router
from router.entrypoints.stream import RouterStream
from router.entrypoints.stream import routes as router_routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop_contracts.fact import Fact

NOBODY = cast("Any", None)
HANDLERS: Mapping[Service, Mapping[type[Fact], object]] = {
    Service.INTAKE: intake_routes(Follower()),
    Service.ROUTER: router_routes(RouterStream(NOBODY)),
    Service.DEPARTMENT_ADAPTER: adapter_routes(),
    Service.FEEDBACK: feedback_routes(FeedbackStream(NOBODY)),
}
REFUSALS = {
    "intake": intake.REFUSALS,
    "router": router.REFUSALS,
    "department-adapter": adapter.REFUSALS,
    "feedback": feedback.REFUSALS,
}
CLAIMS = claims_of(Path(__file__).parents[1])
# What test_endpoint_errors.py shows of every endpoint.
GENERAL = {401, 403, 413, 422, 429, 500, 503}
# Every other answer of each endpoint, and 403 where a rule refuses and not a role.
ANSWERS = {
    "POST /v1/reports": {200, 201, 400, 403, 409},
    "POST /v1/reports:batch": {200},
    "GET /v1/cases/{case_id}": {200, 404},
    "POST /v1/narratives": {200},
    "DELETE /v1/reports/{report_id}/identity": {204, 404},
    "POST /v1/reports/{report_id}/withdrawal": {200, 404, 409},
    "POST /v1/reports/{report_id}/supplements": {200, 201, 400, 404, 409},
    "POST /v1/cases/{case_id}/merge": {200, 202, 404, 409},
    "POST /v1/cases/{case_id}/unmerge": {200, 201, 404, 409},
    "GET /v1/cases/{case_id}/plan": {200, 404},
    "GET /v1/catalog": {200},
    "POST /v1/disputes/{dispute_id}/settlement": {200, 404, 409},
    "POST /v1/tasks/{task_id}/reassignment": {200, 404, 409},
    "POST /v1/tasks/{task_id}/extension": {200, 404, 409},
    "POST /v1/tasks/{task_id}/suspension": {200, 404, 409},
    "POST /v1/cases/{case_id}/supervision": {200, 404, 409},
    "GET /v1/disputes": {200},
    "GET /v1/requests": {200},
    "POST /v1/tasks/{task_id}/updates": {200, 201, 404, 409},
    "GET /v1/tasks/{task_id}/updates": {200, 404},
    "GET /v1/tasks/{task_id}": {200, 404},
    "POST /v1/tasks/{task_id}/release": {200, 404, 409},
    "GET /v1/parked": {200},
    "GET /v1/departments": {200},
    "GET /v1/departments/{code}": {200, 404},
    "PUT /v1/departments/{code}": {200, 201},
    "DELETE /v1/departments/{code}": {200, 404},
    "POST /v1/departments/{code}/pause": {200, 404, 409},
    "POST /v1/departments/{code}/resume": {200, 404},
    "POST /v1/departments/{code}/leases": {200, 404, 409},
    "GET /v1/departments/{code}/leases": {200, 404, 409},
    "POST /v1/departments/{code}/leases/{lease_id}/receipt": {200, 404, 409},
    "POST /v1/departments/{code}/rotate-secret": {200, 404, 409},
    "POST /v1/departments/{code}/test": {200, 404, 409},
    "POST /v1/cases/{case_id}/verification": {200, 403, 404, 409, 422},
    "POST /v1/cases/{case_id}/satisfaction": {200, 404, 409},
    "POST /v1/cases/{case_id}/reopening": {200, 404, 409},
    "GET /v1/verifications": {200},
    "GET /v1/indicators": {200},
    "GET /v1/judgements": {200},
}
# The kit's doors for operators, in every service.
ANSWERS |= {
    "GET /v1/held": {200},
    "GET /v1/held/cases/{case_id}": {200, 404},
    "POST /v1/held/retry": {200, 202, 404},
    "POST /v1/held/cases/{case_id}/discard": {200, 202, 404, 409},
    "GET /v1/operations": {200},
    "GET /v1/operations/{operation_id}": {200, 404},
    "GET /v1/dead-letters": {200},
    "GET /v1/dead-letters/{letter_id}": {200, 404},
}
OPEN = {"GET /livez", "GET /readyz", "GET /metrics"}


@pytest.mark.parametrize("service", Service)
def test_every_fact_that_moves_a_room_has_its_handler(service: Service) -> None:
    """And no handler is for a fact that the choreography does not name."""
    assert HANDLERS[service].keys() == handled_by(service)


def _rows() -> set[tuple[str, str | int]]:
    """Room and fact of each effect that exists, and writer and fact of each such fact."""
    rows: set[tuple[str, str | int]] = set()
    for fact, rooms in effects().items():
        moved = {room.value for room, word in rooms.items() if word != LATER}
        rows |= {(room, fact.__name__) for room in moved}
        writer = writers()[fact]
        if (moved or not rooms) and writer in {service.value for service in Service}:
            rows.add((writer, fact.__name__))
    return rows


def test_every_row_of_the_choreography_has_its_test() -> None:
    """What a room does on a fact, and that its writer writes it."""
    assert sorted(map(str, _rows() - claimed(CLAIMS, "choreography"))) == []


def test_no_test_shows_a_row_that_does_not_exist() -> None:
    """A misspelt marker would pass for a test of nothing."""
    facts = {fact.__name__ for fact in effects()}
    known: set[tuple[str, str | int]] = {(room.value, fact) for room in Service for fact in facts}
    assert claimed(CLAIMS, "choreography") <= known


def test_every_endpoint_is_listed_with_its_answers() -> None:
    """None can be added without saying here what it answers."""
    assert {door.name for door in doors()} == set(ANSWERS)


def test_every_answer_of_every_endpoint_has_its_test() -> None:
    """And no test shows an answer that is not listed."""
    listed = {(name, status) for name, statuses in ANSWERS.items() for status in statuses}
    shown = claimed(CLAIMS, "endpoint")
    assert sorted(map(str, listed - shown)) == []
    assert sorted(map(str, shown - listed)) == []


@pytest.mark.parametrize("service", REFUSALS)
def test_every_refusal_of_a_room_is_the_answer_of_some_endpoint(service: str) -> None:
    """A refusal that no endpoint gives is dead, or its endpoint is not listed."""
    given = {s for door in doors() if door.service == service for s in ANSWERS[door.name]}
    assert {status for status, _ in REFUSALS[service].values()} <= given | GENERAL


@pytest.mark.parametrize("service", REFUSALS)
def test_what_a_service_describes_is_what_it_answers(service: str) -> None:
    """OpenAPI names no answer that is not listed, and no endpoint that is not."""
    described = {
        (f"{method.upper()} {path}", int(status))
        for path, operations in app_over(service, RuntimeError()).openapi()["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
    }
    assert {name for name, _ in described} - OPEN == {
        door.name for door in doors() if door.service == service
    }
    unknown = {
        (name, status)
        for name, status in described
        if name not in OPEN and status not in ANSWERS[name] | GENERAL
    }
    assert unknown == set()


@pytest.mark.parametrize("service", REFUSALS)
@pytest.mark.parametrize("name", sorted(OPEN))
async def test_probes_and_metrics_are_open(service: str, name: str) -> None:
    """Who watches the services has no token."""
    transport = httpx.ASGITransport(app=app_over(service, RuntimeError()))
    async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
        assert (await client.get(name.split()[1])).status_code == 200


def test_every_other_endpoint_declares_a_role() -> None:
    """Nobody forgot the lock."""
    assert [door.name for door in doors() if not door.roles] == []


def test_a_departments_token_opens_doors_of_the_adapter_only() -> None:
    """It alone knows who was removed: elsewhere such a token would be taken until it expires."""
    assert {door.service for door in doors() if "department" in door.roles} == {
        "department-adapter"
    }


def test_every_race_has_its_tests() -> None:
    """Who wins is shown in the pure domain and through the real topics, for every row."""
    wanted = {(name, where) for name in load_races() for where in ("pure", "topics")}
    shown = claimed(CLAIMS, "race")
    assert sorted(map(str, wanted - shown)) == []
    assert sorted(map(str, shown - wanted)) == []
