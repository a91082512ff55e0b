"""Public status: what anybody may know of a case."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import httpx
import pytest

from intake.testing import (
    STANDARD,
    fault_paths,
    hand_in,
    problem_code,
    sample_body,
)

Headers = Callable[..., Mapping[str, str]]


@pytest.mark.parametrize("role", ["channel", "verifier", "operator", "superior", "service"])
@pytest.mark.endpoint("GET /v1/cases/{case_id}", 200)
async def test_the_status_is_public_to_every_desk(
    client: httpx.AsyncClient, headers: Headers, role: str
) -> None:
    """The public status has codes and times, and nothing of a person or an exact place."""
    filed = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    answer = await client.get(f"/v1/cases/{filed['case_id']}", headers=headers(role))
    assert answer.json() == {
        "case_id": filed["case_id"],
        "status": "filed",
        "round": 1,
        "filed_at": "2026-05-09T08:00:00Z",
        "updated_at": "2026-05-09T08:00:00Z",
        "matter": {"standard_ref": STANDARD, "kind": "matter", "code": "01002"},
        "place": {"division": "410105001", "precision": "exact"},
        "departments": [],
    }


async def test_a_rejected_case_tells_why(client: httpx.AsyncClient, headers: Headers) -> None:
    """Its status is rejected, with the reason."""
    body = sample_body(place={"division": "110105"})
    filed = (await hand_in(client, headers("channel", "a"), body)).json()
    answer = await client.get(f"/v1/cases/{filed['case_id']}", headers=headers("channel"))
    assert (answer.json()["status"], answer.json()["reason"]) == (
        "rejected",
        "outside_jurisdiction",
    )


@pytest.mark.endpoint("GET /v1/cases/{case_id}", 404)
async def test_an_unknown_case_is_not_found(client: httpx.AsyncClient, headers: Headers) -> None:
    """404 for a case that nobody filed, 422 for what is no id."""
    answer = await client.get(f"/v1/cases/{uuid4()}", headers=headers("channel"))
    assert (answer.status_code, problem_code(answer)) == (404, "case_unknown")
    answer = await client.get("/v1/cases/first", headers=headers("channel"))
    assert (answer.status_code, fault_paths(answer)) == (422, ["path/case_id"])
