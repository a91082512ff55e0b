"""Only what the city uses can be reported; an import is filed as its source accepted it."""

from typing import Any

import httpx
import pytest
from tests.unit.intake.entrypoints.conftest import Headers

from intake.testing import sample_body
from intake.testing.city import City, fault_paths, hand_in, problem_code

DEMO: dict[str, Any] = {"standard_ref": "demo", "kind": "matter", "code": "00001"}


@pytest.mark.parametrize("role", ["channel", "operator"])
async def test_a_standard_that_is_not_used_is_refused(
    client: httpx.AsyncClient, headers: Headers, city: City, role: str
) -> None:
    """422 that names those that are; no case is made and no key is kept for anybody."""
    answer = await hand_in(client, headers(role, "a"), sample_body(matter=DEMO))
    assert (answer.status_code, problem_code(answer)) == (422, "standard_not_used")
    assert fault_paths(answer) == ["body/matter/standard_ref"]
    assert "gbt-47678.5-2026" in answer.json()["detail"]
    assert (city.records.cases, city.keys.keys) == ({}, {})


async def test_a_line_with_such_a_standard_stops_no_other(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """Its own result says why."""
    reports = [sample_body(matter=DEMO), sample_body()]
    lines = [{"idempotency_key": str(n), "report": report} for n, report in enumerate(reports)]
    answer = await client.post(
        "/v1/reports:batch", json={"lines": lines}, headers=headers("channel")
    )
    refused, taken = answer.json()["results"]
    assert refused["problem"]["type"] == "urn:civicloop:problem:standard_not_used"
    assert taken["status"] == "filed"


async def test_an_import_may_be_about_anything(client: httpx.AsyncClient, headers: Headers) -> None:
    """Another system has accepted the case; without its number nobody has."""
    external = {"source_id": "101", "channel": "hotline"}
    body = sample_body(channel="import", matter=DEMO, external=external)
    answer = await hand_in(client, headers("operator", "a"), body)
    assert (answer.status_code, answer.json()["status"]) == (201, "filed")
    body = sample_body(channel="import", matter=DEMO, external={"channel": "hotline"})
    answer = await hand_in(client, headers("operator", "b"), body)
    assert (answer.status_code, problem_code(answer)) == (422, "standard_not_used")
