"""The door by which those in charge begin a closed case again."""

from uuid import UUID

import httpx
import pytest
from tests.unit.feedback.entrypoints.conftest import Doors
from tests.unit.feedback.telling import CASE_ID

from feedback.domain.commands import ReopenCase
from feedback.domain.errors import NotToReopenError, UnknownCaseError

REOPENING = f"/v1/cases/{CASE_ID}/reopening"
IN_CHARGE = ("superior", "operator")
OTHERS = ("channel", "verifier", "service", "department:water")
STANDING = {"case_id": str(CASE_ID), "state": "open", "round": 2, "outcome": None}


def code_of(answer: httpx.Response) -> str:
    """Return the code of a problem."""
    return str(answer.json()["type"]).removeprefix("urn:civicloop:problem:")


@pytest.mark.parametrize("role", IN_CHARGE)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/reopening", 200)
async def test_a_reopening_is_a_command(doors: Doors, role: str) -> None:
    """It takes no body, and tells where the case stands after it."""
    doors.reply = STANDING
    answer = await doors.post(REOPENING, {}, role=role, headers={"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.json()) == (200, STANDING)
    [command] = doors.commands
    assert (command.body, command.principal) == (ReopenCase(), "desk-1")
    assert command.request is not None
    assert (command.request.key, command.request.target) == ("k1", str(CASE_ID))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(UnknownCaseError(), 404, "unknown_case"), (NotToReopenError(), 409, "not_to_reopen")],
)
@pytest.mark.endpoint("POST /v1/cases/{case_id}/reopening", 404, 409)
async def test_what_cannot_be_reopened_is_a_problem(
    doors: Doors, error: Exception, status: int, code: str
) -> None:
    """Each refusal has a code of its own."""
    doors.error = error
    answer = await doors.post(REOPENING, {}, role="superior")
    assert (answer.status_code, code_of(answer)) == (status, code)


@pytest.mark.endpoint("POST /v1/cases/{case_id}/reopening", 409)
async def test_a_key_stands_for_one_reopening(doors: Doors) -> None:
    """Under the key of another case it is refused, not answered as that one."""
    doors.reply = STANDING
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        answer = await doors.post(REOPENING, {}, role="operator", headers=headers)
        assert answer.status_code == 200
    elsewhere = REOPENING.replace(str(CASE_ID), str(UUID(int=77)))
    answer = await doors.post(elsewhere, {}, role="operator", headers=headers)
    assert (answer.status_code, code_of(answer)) == (409, "idempotency_key_reused")


async def test_only_those_in_charge_reopen(doors: Doors) -> None:
    """A channel brings what the reporter says, a verifier sends back before the end."""
    assert (await doors.post(REOPENING, {}, role=None)).status_code == 401
    for role in OTHERS:
        answer = await doors.post(REOPENING, {}, role=role)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert doors.commands == []


async def test_a_wrong_case_id_is_named(doors: Doors) -> None:
    """422 with its path."""
    answer = await doors.post("/v1/cases/x/reopening", {}, role="operator")
    assert (answer.status_code, code_of(answer)) == (422, "invalid")
    assert [error["path"] for error in answer.json()["errors"]] == ["path/case_id"]
