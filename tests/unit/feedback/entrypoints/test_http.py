"""The doors for people: who may come in, what a wrong request gets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.unit.feedback.entrypoints.conftest import KEY, TRACEPARENT, Doors
from tests.unit.feedback.telling import CASE_ID, at

from civicloop_kit.auth import principal_ref
from civicloop_kit.command import KeyReusedError, OverloadedError
from civicloop_kit.postgres import UnavailableError
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import (
    FeedbackError,
    HandlerMayNotVerifyError,
    HandlingUnreadError,
    NotToCallBackError,
    NotToVerifyError,
    UnknownCaseError,
    UnknownTaskError,
)
from feedback.entrypoints.http import REFUSALS
from feedback.ports import WaitingCase

VERIFICATION = f"/v1/cases/{CASE_ID}/verification"
SATISFACTION = f"/v1/cases/{CASE_ID}/satisfaction"
COMMANDS = [
    (VERIFICATION, "verifier", {"passed": True}),
    (SATISFACTION, "channel", {"solved": True, "satisfied": None}),
]
READS = [
    ("/v1/verifications", ["verifier"]),
    ("/v1/indicators", ["verifier", "superior", "operator"]),
    ("/v1/judgements?run=boston-1", ["operator"]),
]
ROLES = ["channel", "verifier", "superior", "operator", "service", "department:water"]


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """Check that an answer is the problem that it should be."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:civicloop:problem:{code}"


@pytest.mark.endpoint("POST /v1/cases/{case_id}/verification", 200)
async def test_a_verification_is_a_command(doors: Doors) -> None:
    """The verifier goes along as a keyed hash, the key and the digest too."""
    doors.reply = {
        "case_id": str(CASE_ID),
        "state": "to_call_back",
        "round": 1,
        "outcome": None,
        "passed": True,
    }
    headers = {"Idempotency-Key": "k1"}
    answer = await doors.post(VERIFICATION, {"passed": True}, role="verifier", headers=headers)
    assert (answer.status_code, answer.json()) == (200, doors.reply)
    [command] = doors.commands
    assert command.body == VerifyCase(verifier=principal_ref("desk-1", KEY), passed=True)
    assert (command.case_id, command.principal) == (CASE_ID, "desk-1")
    assert command.request is not None
    assert (command.request.key, command.request.target) == ("k1", str(CASE_ID))
    # The span is the request's own; the trace is the caller's.
    assert (command.traceparent or "").split("-")[1] == TRACEPARENT.split("-")[1]


@pytest.mark.parametrize(
    ("body", "tasks"),
    [({}, ()), ({"tasks": None}, ()), ({"tasks": [3]}, (3,)), ({"tasks": [2, 1]}, (2, 1))],
)
async def test_a_failed_verification_may_name_tasks(
    doors: Doors, body: dict[str, Any], tasks: tuple[int, ...]
) -> None:
    """Their numbers go along; without them the rule decides."""
    doors.reply = {
        "case_id": str(CASE_ID),
        "state": "open",
        "round": 1,
        "outcome": None,
        "passed": False,
    }
    answer = await doors.post(VERIFICATION, {"passed": False, **body}, role="verifier")
    assert answer.status_code == 200
    verifier = principal_ref("desk-1", KEY)
    assert doors.commands[0].body == VerifyCase(verifier=verifier, passed=False, tasks=tasks)


@pytest.mark.endpoint("POST /v1/cases/{case_id}/satisfaction", 200)
async def test_an_answer_of_the_reporter_is_a_command(doors: Doors) -> None:
    """Satisfied may be left unsaid."""
    doors.reply = {
        "case_id": str(CASE_ID),
        "state": "closed",
        "round": 1,
        "outcome": "solved",
        "solved": True,
    }
    answer = await doors.post(SATISFACTION, {"solved": True}, role="channel")
    assert (answer.status_code, answer.json()) == (200, doors.reply)
    assert doors.commands[0].body == RecordSatisfaction(solved=True, satisfied=None)


@pytest.mark.parametrize(("path", "role", "body"), COMMANDS)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnknownCaseError(), 404, "unknown_case"),
        (HandlerMayNotVerifyError(), 403, "handler_may_not_verify"),
        (NotToVerifyError(), 409, "not_to_verify"),
        (HandlingUnreadError(), 409, "handling_unread"),
        (UnknownTaskError(), 422, "unknown_task"),
        (NotToCallBackError(), 409, "not_to_call_back"),
        (KeyReusedError(), 409, "idempotency_key_reused"),
        (OverloadedError(), 429, "overloaded"),
        (UnavailableError(), 503, "unavailable"),
    ],
)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/verification", 403, 404, 409, 422)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/satisfaction", 404, 409)
async def test_a_refusal_is_a_problem(
    doors: Doors,
    path: str,
    role: str,
    body: dict[str, Any],
    error: Exception,
    status: int,
    code: str,
) -> None:
    """Every refusal has a status and a code of its own; the two that pass ask to come again."""
    doors.error = error
    answer = await doors.post(path, body, role=role)
    assert_problem(answer, status, code)
    assert ("Retry-After" in answer.headers) is (status in (429, 503))


@pytest.mark.parametrize(("path", "role", "body"), COMMANDS)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/verification", 409)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/satisfaction", 409)
async def test_a_key_stands_for_one_case(
    doors: Doors, path: str, role: str, body: dict[str, Any]
) -> None:
    """The same words about another case are another request, and are not answered as the first."""
    known = {"state": "open", "round": 1, "outcome": None, "passed": True, "solved": True}
    doors.reply = {"case_id": str(CASE_ID), **known}
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        assert (await doors.post(path, body, role=role, headers=headers)).status_code == 200
    elsewhere = path.replace(str(CASE_ID), str(UUID(int=77)))
    answer = await doors.post(elsewhere, body, role=role, headers=headers)
    assert_problem(answer, 409, "idempotency_key_reused")


def test_every_refusal_has_a_status() -> None:
    """No domain error can reach a caller as a bug."""
    assert set(REFUSALS) == set(FeedbackError.__subclasses__())


@pytest.mark.parametrize(("path", "role", "body"), COMMANDS)
async def test_a_bug_tells_nothing(
    doors: Doors, path: str, role: str, body: dict[str, Any]
) -> None:
    """An unforeseen error is a 500 without details."""
    doors.error = RuntimeError("secret")
    answer = await doors.post(path, body, role=role)
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text


@pytest.mark.parametrize(("path", "role", "body"), COMMANDS)
async def test_commands_ask_for_their_role(
    doors: Doors, path: str, role: str, body: dict[str, Any]
) -> None:
    """No token is 401, every other role 403."""
    assert_problem(await doors.post(path, body, role=None), 401, "unauthorized")
    for other in ROLES:
        if other != role:
            assert_problem(await doors.post(path, body, role=other), 403, "forbidden")
    assert doors.commands == []


@pytest.mark.parametrize(("path", "roles"), READS)
async def test_reads_ask_for_their_roles(doors: Doors, path: str, roles: Sequence[str]) -> None:
    """No token is 401, every role that is not named 403."""
    assert_problem(await doors.get(path, role=None), 401, "unauthorized")
    for role in ROLES:
        answer = await doors.get(path, role=role)
        assert answer.status_code == (200 if role in roles else 403)


@pytest.mark.parametrize(
    ("path", "role", "body", "place"),
    [
        (VERIFICATION, "verifier", {}, "body/passed"),
        (VERIFICATION, "verifier", {"passed": "yes"}, "body/passed"),
        (VERIFICATION, "verifier", {"passed": True, "remark": "x"}, "body/remark"),
        (VERIFICATION, "verifier", {"passed": False, "tasks": []}, "body/tasks"),
        (VERIFICATION, "verifier", {"passed": False, "tasks": 2}, "body/tasks"),
        (VERIFICATION, "verifier", {"passed": False, "tasks": [0]}, "body/tasks/0"),
        (VERIFICATION, "verifier", {"passed": False, "tasks": ["2"]}, "body/tasks/0"),
        (VERIFICATION, "verifier", {"passed": False, "tasks": [1, 1000]}, "body/tasks/1"),
        (VERIFICATION, "verifier", {"passed": True, "tasks": [1]}, "body"),
        ("/v1/cases/x/verification", "verifier", {"passed": True}, "path/case_id"),
        (SATISFACTION, "channel", {"satisfied": True}, "body/solved"),
        (SATISFACTION, "channel", {"solved": 1}, "body/solved"),
        (SATISFACTION, "channel", {"solved": True, "words": "x"}, "body/words"),
        ("/v1/cases/x/satisfaction", "channel", {"solved": True}, "path/case_id"),
    ],
)
async def test_a_wrong_body_names_the_field(
    doors: Doors, path: str, role: str, body: dict[str, Any], place: str
) -> None:
    """422 with the path of what is wrong."""
    answer = await doors.post(path, body, role=role)
    assert_problem(answer, 422, "invalid")
    assert place in [error["path"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(("path", "role", "body"), COMMANDS)
async def test_a_huge_body_is_refused(
    doors: Doors, path: str, role: str, body: dict[str, Any]
) -> None:
    """413 before anything reads it."""
    answer = await doors.post(path, {**body, "words": "x" * 5_000}, role=role)
    assert_problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("path", "role", "place"),
    [
        ("/v1/verifications?limit=0", "verifier", "query/limit"),
        ("/v1/verifications?limit=501", "verifier", "query/limit"),
        ("/v1/verifications?after=1", "verifier", "query/after"),
        ("/v1/verifications?tier=street", "verifier", "query/tier"),
        ("/v1/indicators?by=weather", "operator", "query/by"),
        ("/v1/indicators?from=2026-01-01T00:00:00", "operator", "query/from"),
        ("/v1/indicators?run=A%20B", "operator", "query/run"),
        ("/v1/judgements", "operator", "query/run"),
        ("/v1/judgements?run=r&cursor=1", "operator", "query/cursor"),
        ("/v1/judgements?run=r&limit=5001", "operator", "query/limit"),
    ],
)
async def test_a_wrong_query_names_the_parameter(
    doors: Doors, path: str, role: str, place: str
) -> None:
    """422 with the parameter that is wrong."""
    answer = await doors.get(path, role=role)
    assert_problem(answer, 422, "invalid")
    assert [error["path"] for error in answer.json()["errors"]] == [place]


@pytest.mark.parametrize(("path", "roles"), READS)
async def test_a_read_without_database_asks_to_come_again(
    doors: Doors, path: str, roles: Sequence[str]
) -> None:
    """503 with Retry-After."""
    doors.error = UnavailableError()
    answer = await doors.get(path, role=roles[0])
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]


@pytest.mark.endpoint("GET /v1/verifications", 200)
async def test_the_work_list_is_paged(doors: Doors) -> None:
    """A full page tells where the next begins; a last page does not."""
    doors.waiting = [
        WaitingCase(
            case_id=UUID(int=number),
            round=1,
            tier="district",
            verify_by=at(52),
            handled_at=at(4),
            district="410105",
            departments=("urban-management",),
        )
        for number in (1, 2, 3)
    ]
    first = (await doors.get("/v1/verifications?limit=2", role="verifier")).json()
    assert {case["tier"] for case in first["cases"]} == {"district"}
    assert [case["case_id"] for case in first["cases"]] == [str(UUID(int=n)) for n in (1, 2)]
    rest = await doors.get(f"/v1/verifications?limit=2&after={first['next']}", role="verifier")
    assert [case["case_id"] for case in rest.json()["cases"]] == [str(UUID(int=3))]
    assert rest.json()["next"] is None
