"""The vault desk: words are given out with an audit row, and forgotten for good."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from civicloop_kit.postgres import UnavailableError
from intake.testing import (
    City,
    fault_paths,
    hand_in,
    problem_code,
    sample_body,
)

Headers = Callable[..., Mapping[str, str]]
SOMEBODY = str(UUID(int=1))


async def narratives(
    client: httpx.AsyncClient, headers: Headers, *case_ids: str
) -> list[dict[str, Any]]:
    """Ask for narratives."""
    answer = await client.post(
        "/v1/narratives",
        json={"purpose": "delivery", "case_ids": case_ids},
        headers=headers("service", name="department-adapter"),
    )
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["narratives"]
    return found


@pytest.mark.endpoint("POST /v1/narratives", 200)
async def test_a_narrative_is_given_out_with_an_audit_row(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Text, erased or none, in the order asked; one row per case says who read it and why."""
    ids = []
    for key, changes in (("a", {}), ("b", {}), ("c", {"narrative": None})):
        ids.append((await hand_in(client, headers("channel", key), sample_body(**changes))).json())
    erase = f"/v1/reports/{ids[1]['report_id']}/identity"
    assert (await client.delete(erase, headers=headers("operator"))).status_code == 204
    cases = [item["case_id"] for item in ids]
    found = await narratives(client, headers, *cases, str(uuid4()))
    assert [item["state"] for item in found] == ["text", "erased", "none", "none"]
    assert [item["case_id"] for item in found[:3]] == cases
    assert found[0]["text"] == "井盖不见了"
    assert "text" not in found[1]
    audited = [(row.principal, str(row.case_id), row.purpose) for row in city.records.disclosures]
    assert audited[:3] == [("department-adapter", case_id, "delivery") for case_id in cases]


async def test_a_case_that_is_asked_for_twice_is_one_read(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The answer and the audit have it once."""
    filed = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    assert len(await narratives(client, headers, filed["case_id"], filed["case_id"])) == 1
    assert len(city.records.disclosures) == 1


async def test_broken_bytes_count_as_erased(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """One narrative that cannot be opened does not keep the others from their departments."""
    one = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    two = (await hand_in(client, headers("channel", "b"), sample_body())).json()
    for key in city.records.vault:
        if str(key[0]) == one["report_id"]:
            city.records.vault[key] = b"broken bytes in the vault"
    found = await narratives(client, headers, one["case_id"], two["case_id"])
    assert [item["state"] for item in found] == ["erased", "text"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"purpose": "curiosity", "case_ids": [SOMEBODY]}, "body/purpose"),
        ({"purpose": "delivery", "case_ids": []}, "body/case_ids"),
        ({"purpose": "delivery", "case_ids": [SOMEBODY] * 101}, "body/case_ids"),
        ({"purpose": "delivery", "case_ids": [SOMEBODY, "x"]}, "body/case_ids/1"),
        ({"case_ids": [SOMEBODY]}, "body/purpose"),
    ],
)
async def test_a_wrong_request_reads_nothing(
    client: httpx.AsyncClient, headers: Headers, city: City, body: Any, path: str
) -> None:
    """422 with the field, and no audit row."""
    answer = await client.post("/v1/narratives", json=body, headers=headers("service"))
    assert (answer.status_code, fault_paths(answer)) == (422, [path])
    assert city.records.disclosures == []


@pytest.mark.parametrize("name", ["feedback", "desk-1", "department-adapter-2"])
async def test_no_other_service_reads_narratives(
    client: httpx.AsyncClient, headers: Headers, city: City, name: str
) -> None:
    """The role alone does not open the vault: 403, and no audit row."""
    answer = await client.post(
        "/v1/narratives",
        json={"purpose": "delivery", "case_ids": [SOMEBODY]},
        headers=headers("service", name=name),
    )
    assert (answer.status_code, problem_code(answer)) == (403, "forbidden")
    assert city.records.disclosures == []


async def test_without_the_keyring_nothing_is_said_to_be_erased(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """An outage is 503, never `erased`."""
    filed = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    city.keys.failure = UnavailableError("08006")
    answer = await client.post(
        "/v1/narratives",
        json={"purpose": "delivery", "case_ids": [filed["case_id"]]},
        headers=headers("service", name="department-adapter"),
    )
    assert (answer.status_code, problem_code(answer)) == (503, "unavailable")


@pytest.mark.endpoint("DELETE /v1/reports/{report_id}/identity", 204)
async def test_erasing_can_be_repeated_and_is_audited(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The key goes, the first who asked stays; asking again is no error."""
    filed = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    path = f"/v1/reports/{filed['report_id']}/identity"
    for name in ("clerk-1", "clerk-2"):
        answer = await client.delete(path, headers=headers("operator", name=name))
        assert (answer.status_code, answer.content) == (204, b"")
    assert city.keys.keys == {}
    assert city.records.erasures == {UUID(filed["report_id"]): "clerk-1"}


@pytest.mark.endpoint("DELETE /v1/reports/{report_id}/identity", 404)
async def test_an_unknown_report_cannot_be_erased(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """404 says that nothing was there."""
    answer = await client.delete(f"/v1/reports/{uuid4()}/identity", headers=headers("operator"))
    assert (answer.status_code, problem_code(answer)) == (404, "report_unknown")


async def test_an_outage_while_erasing_is_not_taken_for_done(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """503: the operator asks again."""
    filed = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    city.keys.failure = UnavailableError("08006")
    answer = await client.delete(
        f"/v1/reports/{filed['report_id']}/identity", headers=headers("operator")
    )
    assert (answer.status_code, problem_code(answer)) == (503, "unavailable")
