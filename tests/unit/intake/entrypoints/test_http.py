"""The doors: who may enter, and what a report gets."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from civicloop_kit.postgres import UnavailableError
from intake.domain.facts import CaseFiled
from intake.domain.model import Channel
from intake.testing import (
    FAILURES,
    PREMISES_CODE,
    STANDARD,
    City,
    fault_paths,
    hand_in,
    problem_code,
    sample_body,
)

Headers = Callable[..., Mapping[str, str]]
SOMEBODY = str(UUID(int=1))
ENDPOINTS: Mapping[tuple[str, str], tuple[str, Any]] = {
    ("POST", "/v1/reports"): ("channel", sample_body()),
    ("POST", "/v1/reports:batch"): (
        "channel",
        {"lines": [{"idempotency_key": "a", "report": sample_body()}]},
    ),
    ("GET", f"/v1/cases/{SOMEBODY}"): ("channel", None),
    ("POST", "/v1/narratives"): ("service", {"purpose": "delivery", "case_ids": [SOMEBODY]}),
    ("DELETE", f"/v1/reports/{SOMEBODY}/identity"): ("operator", None),
    ("POST", f"/v1/reports/{SOMEBODY}/withdrawal"): ("channel", None),
    ("POST", f"/v1/reports/{SOMEBODY}/supplements"): ("channel", {"text": "more"}),
    ("POST", f"/v1/cases/{SOMEBODY}/merge"): ("operator", {"survivor": SOMEBODY}),
    ("POST", f"/v1/cases/{SOMEBODY}/unmerge"): ("operator", {"report_id": SOMEBODY}),
}
CALLS = [(method, path, role, body) for (method, path), (role, body) in ENDPOINTS.items()]


@pytest.mark.parametrize(("method", "path", "role", "body"), CALLS)
async def test_nobody_enters_without_a_token(
    client: httpx.AsyncClient, method: str, path: str, role: str, body: Any
) -> None:
    """No token, or one that is not ours, is 401 at every door."""
    assert role
    for headers in ({}, {"Authorization": "Bearer forged"}):
        answer = await client.request(method, path, json=body, headers=headers)
        assert (answer.status_code, problem_code(answer)) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path", "role", "body"), CALLS)
async def test_a_role_opens_its_own_doors_only(
    client: httpx.AsyncClient, headers: Headers, method: str, path: str, role: str, body: Any
) -> None:
    """A department has no door here, and no role opens another's."""
    others = {"department:water", "channel", "service", "operator"} - {role}
    if path in {"/v1/reports", "/v1/reports:batch"}:
        others -= {"operator"}
    if method == "GET":
        others = {"department:water"}
    for other in others:
        answer = await client.request(method, path, json=body, headers=headers(other, "a"))
        assert (answer.status_code, problem_code(answer)) == (403, "forbidden"), other


async def test_every_endpoint_is_described(client: httpx.AsyncClient) -> None:
    """The document has a summary for each endpoint, and an example of a report."""
    document = (await client.get("/openapi.json")).json()
    ours = {path: ops for path, ops in document["paths"].items() if path.startswith("/v1/")}
    assert len(ours) == len(ENDPOINTS)
    assert all(op["summary"] for ops in ours.values() for op in ops.values())
    assert document["components"]["schemas"]["ReportBody"]["examples"]
    general = {"401", "403", "413", "422", "429", "500", "503"}
    assert all(general <= op["responses"].keys() for ops in ours.values() for op in ops.values())


@pytest.mark.choreography("intake", "CaseFiled")
@pytest.mark.endpoint("POST /v1/reports", 201)
async def test_a_report_becomes_a_case(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """201 with the ids, which sort by time."""
    answer = await hand_in(client, headers("channel", "a"), sample_body())
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt.keys() == {"case_id", "report_id", "status"}
    assert receipt["status"] == "filed"
    assert UUID(receipt["case_id"]).version == UUID(receipt["report_id"]).version == 7
    assert UUID(receipt["case_id"]) in city.records.cases


async def test_a_report_can_be_rejected(client: httpx.AsyncClient, headers: Headers) -> None:
    """A rejection is an answer, not an error."""
    body = sample_body(place={"division": "110105"})
    answer = await hand_in(client, headers("channel", "a"), body)
    assert answer.status_code == 201
    assert answer.json()["status"] == "rejected"
    assert answer.json()["reason"] == "outside_jurisdiction"


@pytest.mark.endpoint("POST /v1/reports", 200)
async def test_a_repeated_report_gets_the_same_answer(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The same key and body, in whatever order, is 200 with the first answer; one case exists."""
    first = await hand_in(client, headers("channel", "a"), sample_body())
    again = await hand_in(
        client, headers("channel", "a"), dict(reversed(list(sample_body().items())))
    )
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(city.records.cases) == 1


@pytest.mark.endpoint("POST /v1/reports", 409)
async def test_a_key_stands_for_one_report(client: httpx.AsyncClient, headers: Headers) -> None:
    """The same key with another body is 409; another principal's key is its own."""
    await hand_in(client, headers("channel", "a"), sample_body())
    other = sample_body(narrative="又一个")
    answer = await hand_in(client, headers("channel", "a"), other)
    assert (answer.status_code, problem_code(answer)) == (409, "idempotency_key_reused")
    assert (await hand_in(client, headers("channel", "a", "desk-2"), other)).status_code == 201


@pytest.mark.endpoint("POST /v1/reports", 400)
async def test_a_key_is_required(client: httpx.AsyncClient, headers: Headers) -> None:
    """Without it, or with one that is none, the answer names the header."""
    missing = await hand_in(client, headers("channel"), sample_body())
    assert (missing.status_code, problem_code(missing)) == (400, "idempotency_key_missing")
    assert fault_paths(missing) == ["header/Idempotency-Key"]
    broken = await hand_in(client, headers("channel", "with space"), sample_body())
    assert (broken.status_code, fault_paths(broken)) == (422, ["header/Idempotency-Key"])


async def test_a_body_has_a_limit(client: httpx.AsyncClient, headers: Headers) -> None:
    """413 before anything is read."""
    answer = await hand_in(client, headers("channel", "a"), {"narrative": "x" * (1 << 20)})
    assert (answer.status_code, problem_code(answer)) == (413, "too_large")


@pytest.mark.parametrize(("failure", "status", "code"), FAILURES)
async def test_a_failure_is_told_without_details(
    client: httpx.AsyncClient,
    headers: Headers,
    city: City,
    failure: Exception,
    status: int,
    code: str,
) -> None:
    """Overload and outage say when to come back; a bug says nothing."""
    city.commands.failure = failure
    answer = await hand_in(client, headers("channel", "a"), sample_body())
    assert (answer.status_code, problem_code(answer)) == (status, code)
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    assert "secret" not in answer.text


async def test_without_the_keyring_nothing_is_taken_in(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """A report that could not be sealed is not accepted; one without personal data is."""
    city.keys.failure = UnavailableError("08006")
    answer = await hand_in(client, headers("channel", "a"), sample_body())
    assert (answer.status_code, problem_code(answer)) == (503, "unavailable")
    bare = {k: v for k, v in sample_body().items() if k not in {"narrative", "contact"}}
    assert (await hand_in(client, headers("channel", "b"), bare)).status_code == 201


async def test_no_word_of_the_reporter_is_kept_in_the_clear(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """State, facts and rows have neither narrative nor contact: only the vault has, sealed."""
    await hand_in(client, headers("channel", "a"), sample_body())
    [decision] = city.commands.decisions
    kept = repr((decision, city.records.cases, city.records.reports))
    for word in ("王小明", "371 0000", "井盖"):
        assert word not in kept
        assert all(word.encode() not in content for content in city.records.vault.values())
    assert len(city.records.vault) == 2


async def test_premises_are_told_as_a_cell(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The position of somebody's premises does not leave intake."""
    matter = {"standard_ref": STANDARD, "kind": "matter", "code": PREMISES_CODE}
    await hand_in(client, headers("channel", "a"), sample_body(matter=matter))
    [decision] = city.commands.decisions
    [fact] = decision.facts
    assert "34.7871" not in repr(fact)
    assert "8840954985fffff" in repr(fact)


async def test_an_imported_history_lives_on_its_own_times(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The command happens when the source got it, and carries the replay; the channel is its."""
    external = {
        "source_id": "101004156348",
        "channel": "hotline",
        "clock": {"due_at": None},
        "lead": "boston-public-works",
        "opened_at": "2022-01-01T10:00:00-05:00",
        "replay": {"run": "r1", "handled_at": None, "as_of": "2025-01-09T00:00:00-05:00"},
    }
    answer = await hand_in(
        client, headers("operator", "a"), sample_body(channel="import", external=external)
    )
    assert answer.status_code == 201
    [command] = city.commands.run
    # The file may come again when it has grown.
    assert command.known_for_ever
    assert command.now is not None
    assert command.now.isoformat() == "2022-01-01T10:00:00-05:00"
    assert command.replay is not None
    assert (command.replay.run, command.replay.handled_at) == ("r1", None)
    [decision] = city.commands.decisions
    [fact] = decision.facts
    assert isinstance(fact, CaseFiled)
    assert (fact.occurred_at, fact.channel) == (command.now, Channel.HOTLINE)
    assert city.records.reports[fact.report_id].source_id == "101004156348"


@pytest.mark.endpoint("POST /v1/reports", 403)
@pytest.mark.parametrize("external", [{}, {"lead": "water"}])
async def test_a_channel_is_no_importer(
    client: httpx.AsyncClient, headers: Headers, city: City, external: dict[str, str]
) -> None:
    """Past times, deadlines and leads take an operator; an import without them does not."""
    body = sample_body(channel="import", external=external)
    answer = await hand_in(client, headers("channel", "a"), body)
    assert (answer.status_code, problem_code(answer)) == (403, "external_not_allowed")
    assert city.commands.run == []
    bare = sample_body(channel="import")
    assert (await hand_in(client, headers("channel", "a"), bare)).status_code == 201


async def test_an_imported_live_case_is_no_replay(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Without `replay` the case lives on our clock."""
    external = {"opened_at": "2022-01-01T10:00:00-05:00"}
    body = sample_body(channel="import", external=external)
    await hand_in(client, headers("operator", "a"), body)
    [command] = city.commands.run
    assert (command.now, command.replay) == (None, None)
