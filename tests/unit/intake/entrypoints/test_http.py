"""The doors: what each caller gets, and what never leaves."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from civicloop_kit.command import OverloadedError
from civicloop_kit.postgres import UnavailableError
from intake.domain.errors import AlreadyFiledError
from intake.domain.facts import CaseFiled
from intake.domain.model import Channel
from intake.testing import PREMISES_CODE, STANDARD, City
from intake.testing import sample_body as body_of

Headers = Callable[..., Mapping[str, str]]
SOMEBODY = str(UUID(int=1))
ENDPOINTS: Mapping[tuple[str, str], tuple[str, Any]] = {
    ("POST", "/v1/reports"): ("channel", body_of()),
    ("POST", "/v1/reports:batch"): (
        "channel",
        {"lines": [{"idempotency_key": "a", "report": body_of()}]},
    ),
    ("GET", f"/v1/cases/{SOMEBODY}"): ("channel", None),
    ("POST", "/v1/narratives"): ("service", {"purpose": "delivery", "case_ids": [SOMEBODY]}),
    ("DELETE", f"/v1/reports/{SOMEBODY}/identity"): ("operator", None),
}
CALLS = [(method, path, role, body) for (method, path), (role, body) in ENDPOINTS.items()]


def problem(answer: httpx.Response) -> str:
    """Return the code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return str(document["type"]).removeprefix("urn:civicloop:problem:")


def paths(answer: httpx.Response) -> list[str]:
    """Return the paths that a problem names."""
    return [fault["path"] for fault in answer.json()["errors"]]


async def post(client: httpx.AsyncClient, headers: Mapping[str, str], body: Any) -> httpx.Response:
    """Hand in a report."""
    return await client.post("/v1/reports", json=body, headers=headers)


# --- Every endpoint -------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "role", "body"), CALLS)
async def test_nobody_enters_without_a_token(
    client: httpx.AsyncClient, method: str, path: str, role: str, body: Any
) -> None:
    """No token, or one that is not ours, is 401 at every door."""
    assert role
    for headers in ({}, {"Authorization": "Bearer forged"}):
        answer = await client.request(method, path, json=body, headers=headers)
        assert (answer.status_code, problem(answer)) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path", "role", "body"), CALLS)
async def test_a_role_opens_its_own_doors_only(
    client: httpx.AsyncClient, headers: Headers, method: str, path: str, role: str, body: Any
) -> None:
    """A department has no door here, and no role opens another's."""
    others = {"department:water", "channel", "service", "operator"} - {role}
    if method == "GET":
        others = {"department:water"}
    for other in others:
        answer = await client.request(method, path, json=body, headers=headers(other, "a"))
        assert (answer.status_code, problem(answer)) == (403, "forbidden"), other


async def test_every_endpoint_is_described(client: httpx.AsyncClient) -> None:
    """The document has a summary for each endpoint, and an example of a report."""
    document = (await client.get("/openapi.json")).json()
    ours = {path: ops for path, ops in document["paths"].items() if path.startswith("/v1/")}
    assert len(ours) == len(ENDPOINTS)
    assert all(op["summary"] for ops in ours.values() for op in ops.values())
    assert document["components"]["schemas"]["ReportBody"]["examples"]


# --- Reports --------------------------------------------------------------------------------------


async def test_a_report_becomes_a_case(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """201 with the ids, which sort by time."""
    answer = await post(client, headers("channel", "a"), body_of())
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt.keys() == {"case_id", "report_id", "status"}
    assert receipt["status"] == "filed"
    assert UUID(receipt["case_id"]).version == UUID(receipt["report_id"]).version == 7
    assert UUID(receipt["case_id"]) in city.records.cases


async def test_a_report_can_be_rejected(client: httpx.AsyncClient, headers: Headers) -> None:
    """A rejection is an answer, not an error."""
    body = body_of(place={"division": "110105"})
    answer = await post(client, headers("channel", "a"), body)
    assert answer.status_code == 201
    assert answer.json()["status"] == "rejected"
    assert answer.json()["reason"] == "outside_jurisdiction"


async def test_a_repeated_report_gets_the_same_answer(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The same key and body, in whatever order, is 200 with the first answer; one case exists."""
    first = await post(client, headers("channel", "a"), body_of())
    again = await post(client, headers("channel", "a"), dict(reversed(list(body_of().items()))))
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(city.records.cases) == 1


async def test_a_key_stands_for_one_report(client: httpx.AsyncClient, headers: Headers) -> None:
    """The same key with another body is 409; another principal's key is its own."""
    await post(client, headers("channel", "a"), body_of())
    other = body_of(narrative="又一个")
    answer = await post(client, headers("channel", "a"), other)
    assert (answer.status_code, problem(answer)) == (409, "idempotency_key_reused")
    assert (await post(client, headers("channel", "a", "desk-2"), other)).status_code == 201


async def test_a_key_is_required(client: httpx.AsyncClient, headers: Headers) -> None:
    """Without it, or with one that is none, the answer names the header."""
    missing = await post(client, headers("channel"), body_of())
    assert (missing.status_code, problem(missing)) == (400, "idempotency_key_missing")
    assert paths(missing) == ["header/Idempotency-Key"]
    broken = await post(client, headers("channel", "with space"), body_of())
    assert (broken.status_code, paths(broken)) == (422, ["header/Idempotency-Key"])


WRONG: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "unknown channel": ({"channel": "fax"}, "body/channel"),
    "unknown field": ({"priority": 1}, "body/priority"),
    "unknown part": ({"place": {"division": "410105", "address": "x"}}, "body/place/address"),
    "division": ({"place": {"division": "41"}}, "body/place/division"),
    "latitude": (
        {"place": {"division": "410105", "latitude": 91.0, "longitude": 0.0}},
        "body/place/latitude",
    ),
    "latitude as text": (
        {"place": {"division": "410105", "latitude": "34", "longitude": 0.0}},
        "body/place/latitude",
    ),
    "half a position": ({"place": {"division": "410105", "latitude": 34.0}}, "body/place"),
    "code": (
        {"matter": {"standard_ref": STANDARD, "kind": "matter", "code": "1"}},
        "body/matter/code",
    ),
    "empty narrative": ({"narrative": ""}, "body/narrative"),
    "long narrative": ({"narrative": "长" * 4001}, "body/narrative"),
    "NUL": ({"narrative": "a\x00b"}, "body/narrative"),
    "NUL in a name": ({"contact": {"name": "a\x00"}}, "body/contact/name"),
    "lone surrogate": ({"narrative": "\ud800"}, "body/narrative"),
    "phone": ({"contact": {"phone": "call me"}}, "body/contact/phone"),
    "language": ({"contact": {"language": "fr"}}, "body/contact/language"),
    "external of a channel": ({"external": {"lead": "water"}}, "body/external"),
    "external without a zone": (
        {"channel": "import", "external": {"opened_at": "2026-05-09T08:00:00"}},
        "body/external/opened_at",
    ),
    "external time as number": (
        {"channel": "import", "external": {"clock": {"due_at": 1778313600}}},
        "body/external/clock/due_at",
    ),
    "replay without opening": (
        {
            "channel": "import",
            "external": {
                "replay": {"run": "r", "handled_at": None, "as_of": "2026-01-01T00:00:00Z"}
            },
        },
        "body/external",
    ),
    "handled before opened": (
        {
            "channel": "import",
            "external": {
                "opened_at": "2026-01-02T00:00:00Z",
                "replay": {
                    "run": "r",
                    "handled_at": "2026-01-01T00:00:00Z",
                    "as_of": "2026-01-03T00:00:00Z",
                },
            },
        },
        "body/external",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, headers: Headers, city: City, name: str
) -> None:
    """422 with the field's path; nothing is kept, and the value is not repeated."""
    changes, path = WRONG[name]
    sent = json.dumps(body_of(**changes))
    answer = await client.post(
        "/v1/reports",
        content=sent,
        headers={**headers("channel", "a"), "Content-Type": "application/json"},
    )
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert paths(answer) == [path]
    assert "王" not in answer.text
    assert city.records.cases == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "\xff"])
async def test_what_is_no_report_is_refused(
    client: httpx.AsyncClient, headers: Headers, content: str
) -> None:
    """Broken JSON, or JSON that is no object, is a problem of the caller."""
    answer = await client.post(
        "/v1/reports",
        content=content.encode("latin-1"),
        headers={**headers("channel", "a"), "Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}
    assert problem(answer)


async def test_a_body_has_a_limit(client: httpx.AsyncClient, headers: Headers) -> None:
    """413 before anything is read."""
    answer = await post(client, headers("channel", "a"), {"narrative": "x" * (1 << 20)})
    assert (answer.status_code, problem(answer)) == (413, "too_large")


FAILURES = [
    (OverloadedError(), 429, "overloaded"),
    (UnavailableError("08006"), 503, "unavailable"),
    (AlreadyFiledError(), 409, "case_already_filed"),
    (RuntimeError("secret detail"), 500, "internal"),
]


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
    answer = await post(client, headers("channel", "a"), body_of())
    assert (answer.status_code, problem(answer)) == (status, code)
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    assert "secret" not in answer.text


async def test_without_the_keyring_nothing_is_taken_in(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """A report that could not be sealed is not accepted; one without personal data is."""
    city.keys.failure = UnavailableError("08006")
    answer = await post(client, headers("channel", "a"), body_of())
    assert (answer.status_code, problem(answer)) == (503, "unavailable")
    bare = {k: v for k, v in body_of().items() if k not in {"narrative", "contact"}}
    assert (await post(client, headers("channel", "b"), bare)).status_code == 201


async def test_no_word_of_the_reporter_is_kept_in_the_clear(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """State, facts and rows have neither narrative nor contact: only the vault has, sealed."""
    await post(client, headers("channel", "a"), body_of())
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
    await post(client, headers("channel", "a"), body_of(matter=matter))
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
    answer = await post(
        client, headers("channel", "a"), body_of(channel="import", external=external)
    )
    assert answer.status_code == 201
    [command] = city.commands.run
    assert command.now is not None
    assert command.now.isoformat() == "2022-01-01T10:00:00-05:00"
    assert command.replay is not None
    assert (command.replay.run, command.replay.handled_at) == ("r1", None)
    [decision] = city.commands.decisions
    [fact] = decision.facts
    assert isinstance(fact, CaseFiled)
    assert (fact.occurred_at, fact.channel) == (command.now, Channel.HOTLINE)
    assert city.records.reports[fact.report_id].source_id == "101004156348"


async def test_an_imported_live_case_is_no_replay(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Without `replay` the case lives on our clock."""
    external = {"opened_at": "2022-01-01T10:00:00-05:00"}
    await post(client, headers("channel", "a"), body_of(channel="import", external=external))
    [command] = city.commands.run
    assert (command.now, command.replay) == (None, None)


# --- Batches --------------------------------------------------------------------------------------


def line(key: str, **changes: Any) -> dict[str, Any]:
    """Return a line of a batch."""
    return {"idempotency_key": key, "report": body_of(**changes)}


async def batch(client: httpx.AsyncClient, headers: Headers, *lines: Any) -> httpx.Response:
    """Hand in a batch."""
    return await client.post(
        "/v1/reports:batch", json={"lines": list(lines)}, headers=headers("channel")
    )


async def test_good_lines_go_through_whatever_is_wrong_with_others(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Each line has its own result, in order, and a bad one names its field."""
    answer = await batch(
        client,
        headers,
        line("a"),
        line("b", channel="fax"),
        "no line at all",
        line("c", place={"division": "110105"}),
        {"report": body_of()},
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result.get("status") for result in results] == ["filed", None, None, "rejected", None]
    assert results[1]["problem"]["status"] == 422
    assert results[1]["problem"]["errors"][0]["path"] == "report/channel"
    assert results[4]["problem"]["errors"][0]["path"] == "idempotency_key"
    assert len(city.records.cases) == 2
    assert "王" not in answer.text


async def test_a_batch_can_be_sent_again(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The same lines get the same results; only what is new is added."""
    first = (await batch(client, headers, line("a"), line("b"))).json()["results"]
    again = (await batch(client, headers, line("a"), line("b"), line("c"))).json()["results"]
    assert again[:2] == first
    assert len(city.records.cases) == 3


async def test_a_key_twice_in_a_batch_is_one_report(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Equal lines share a result; a different report under the same key is a problem."""
    answer = await batch(client, headers, line("a"), line("a"), line("a", narrative="别的"))
    one, same, other = answer.json()["results"]
    assert one == same
    assert other["problem"]["status"] == 409
    assert len(city.records.cases) == 1


async def test_a_line_and_a_single_report_share_their_keys(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """A report that was sent alone is not filed again by a batch."""
    alone = (await post(client, headers("channel", "a"), body_of())).json()
    assert (await batch(client, headers, line("a"))).json()["results"] == [alone]


@pytest.mark.parametrize(("failure", "status", "code"), FAILURES)
async def test_a_line_s_failure_is_its_own(
    client: httpx.AsyncClient,
    headers: Headers,
    city: City,
    failure: Exception,
    status: int,
    code: str,
) -> None:
    """A line that could not be decided says so, and can be sent again."""
    city.commands.failure = failure
    [result] = (await batch(client, headers, line("a"))).json()["results"]
    assert result["problem"]["status"] == status
    assert result["problem"]["type"].endswith(code)


async def test_a_batch_has_at_least_one_line_and_at_most_500(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """Neither nothing nor too much."""
    assert (await batch(client, headers)).status_code == 422
    assert (await batch(client, headers, *(["x"] * 501))).status_code == 422
    assert (await batch(client, headers, *(["x"] * 500))).status_code == 200


async def test_a_batch_has_a_size_limit(client: httpx.AsyncClient, headers: Headers) -> None:
    """413 for the whole batch: send fewer lines."""
    answer = await batch(client, headers, *(line(str(i), narrative="x" * 4000) for i in range(400)))
    assert (answer.status_code, problem(answer)) == (413, "too_large")


async def test_an_outage_of_the_keyring_refuses_the_batch(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Nothing was decided: the batch can be sent again as it is."""
    city.keys.failure = UnavailableError("08006")
    answer = await batch(client, headers, line("a"))
    assert (answer.status_code, problem(answer)) == (503, "unavailable")
    city.keys.failure = OverloadedError()
    assert (await batch(client, headers, line("a"))).status_code == 429


# --- Public status --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["channel", "verifier", "operator", "superior", "service"])
async def test_the_status_is_public_to_every_desk(
    client: httpx.AsyncClient, headers: Headers, role: str
) -> None:
    """The public status has codes and times, and nothing of a person or an exact place."""
    filed = (await post(client, headers("channel", "a"), body_of())).json()
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
    body = body_of(place={"division": "110105"})
    filed = (await post(client, headers("channel", "a"), body)).json()
    answer = await client.get(f"/v1/cases/{filed['case_id']}", headers=headers("channel"))
    assert (answer.json()["status"], answer.json()["reason"]) == (
        "rejected",
        "outside_jurisdiction",
    )


async def test_an_unknown_case_is_not_found(client: httpx.AsyncClient, headers: Headers) -> None:
    """404 for a case that nobody filed, 422 for what is no id."""
    answer = await client.get(f"/v1/cases/{uuid4()}", headers=headers("channel"))
    assert (answer.status_code, problem(answer)) == (404, "case_unknown")
    answer = await client.get("/v1/cases/first", headers=headers("channel"))
    assert (answer.status_code, paths(answer)) == (422, ["path/case_id"])


# --- The vault ------------------------------------------------------------------------------------


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


async def test_a_narrative_is_given_out_with_an_audit_row(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Text, erased or none, in the order asked; one row per case says who read it and why."""
    ids = []
    for key, changes in (("a", {}), ("b", {}), ("c", {"narrative": None})):
        ids.append((await post(client, headers("channel", key), body_of(**changes))).json())
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
    filed = (await post(client, headers("channel", "a"), body_of())).json()
    assert len(await narratives(client, headers, filed["case_id"], filed["case_id"])) == 1
    assert len(city.records.disclosures) == 1


async def test_broken_bytes_count_as_erased(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """One narrative that cannot be opened does not keep the others from their departments."""
    one = (await post(client, headers("channel", "a"), body_of())).json()
    two = (await post(client, headers("channel", "b"), body_of())).json()
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
    assert (answer.status_code, paths(answer)) == (422, [path])
    assert city.records.disclosures == []


async def test_without_the_keyring_nothing_is_said_to_be_erased(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """An outage is 503, never `erased`."""
    filed = (await post(client, headers("channel", "a"), body_of())).json()
    city.keys.failure = UnavailableError("08006")
    answer = await client.post(
        "/v1/narratives",
        json={"purpose": "delivery", "case_ids": [filed["case_id"]]},
        headers=headers("service"),
    )
    assert (answer.status_code, problem(answer)) == (503, "unavailable")


async def test_erasing_can_be_repeated_and_is_audited(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The key goes, the first who asked stays; asking again is no error."""
    filed = (await post(client, headers("channel", "a"), body_of())).json()
    path = f"/v1/reports/{filed['report_id']}/identity"
    for name in ("clerk-1", "clerk-2"):
        answer = await client.delete(path, headers=headers("operator", name=name))
        assert (answer.status_code, answer.content) == (204, b"")
    assert city.keys.keys == {}
    assert city.records.erasures == {UUID(filed["report_id"]): "clerk-1"}


async def test_an_unknown_report_cannot_be_erased(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """404 says that nothing was there."""
    answer = await client.delete(f"/v1/reports/{uuid4()}/identity", headers=headers("operator"))
    assert (answer.status_code, problem(answer)) == (404, "report_unknown")


async def test_an_outage_while_erasing_is_not_taken_for_done(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """503: the operator asks again."""
    filed = (await post(client, headers("channel", "a"), body_of())).json()
    city.keys.failure = UnavailableError("08006")
    answer = await client.delete(
        f"/v1/reports/{filed['report_id']}/identity", headers=headers("operator")
    )
    assert (answer.status_code, problem(answer)) == (503, "unavailable")
