"""Updates of tasks over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from civicloop_kit.auth import principal_ref
from civicloop_kit.command import KeyReusedError, OverloadedError
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.sealing import unseal
from department_adapter.domain.commands import RecordUpdate, Remark, UpdateKind
from department_adapter.domain.errors import (
    ImpossibleTimeError,
    NoSuchTaskError,
    RequestPendingError,
    ReturnWindowClosedError,
    TaskClosedError,
)
from department_adapter.domain.model import TaskState
from department_adapter.ports import UpdateEntry
from department_adapter.testing import CASE_ID, KEY, START, task_ref

from .conftest import MAX_BODY_BYTES, Doors, Headers

TASK_ID = task_ref().task_id
UPDATES = f"/v1/tasks/{TASK_ID}/updates"


def body(kind: str = "acknowledge", **fields: Any) -> dict[str, Any]:
    """Return an update."""
    return {"update_id": str(UUID(int=9)), "kind": kind, **fields}


def remarks(doors: Doors) -> list[Remark]:
    """Return the words that came through the door."""
    bodies = [command.body for command in doors.commands.taken]
    updates = [item for item in bodies if isinstance(item, RecordUpdate)]
    return [item.answer.remark for item in updates if item.answer.remark is not None]


@pytest.fixture(autouse=True)
def _replies(doors: Doors) -> None:
    """Answer as the handler does."""
    doors.commands.reply = {
        "update_id": str(UUID(int=9)),
        "task_id": str(TASK_ID),
        "state": "acknowledged",
        "fact": "applied",
    }


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/updates", 201)
async def test_an_update_becomes_a_command_of_the_department(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """201; the update id is the department's own, whoever of it sends it."""
    answer = await client.post(UPDATES, json=body(), headers=headers(name="desk-7"))
    assert (answer.status_code, answer.json()) == (201, doors.commands.reply)
    (command,) = doors.commands.taken
    assert (command.case_id, command.principal) == (CASE_ID, "department:water")
    assert command.request is not None
    assert command.request.key == str(UUID(int=9))
    # As long as its task, which may lie in the ledger for a year.
    assert command.known_for_ever
    update = command.body
    assert isinstance(update, RecordUpdate)
    assert (update.task_id, update.department) == (TASK_ID, "water")
    assert update.answer.handler == principal_ref("desk-7", KEY)


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/updates", 200)
async def test_a_repeated_update_id_gets_the_same_answer(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """200 instead of 201, nothing else."""
    doors.commands.repeated = True
    answer = await client.post(UPDATES, json=body(), headers=headers())
    assert (answer.status_code, answer.json()) == (200, doors.commands.reply)


async def test_an_update_that_says_what_is_known_makes_no_fact(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """An equal completion under another id: 200."""
    doors.commands.reply = {**doors.commands.reply, "fact": "repeated"}
    answer = await client.post(UPDATES, json=body(), headers=headers())
    assert (answer.status_code, answer.json()["fact"]) == (200, "repeated")


async def test_the_same_id_for_another_task_is_another_request(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The task is its target."""
    other = uuid4()
    doors.tasks.entries[other] = doors.tasks.entries[TASK_ID]
    await client.post(UPDATES, json=body(), headers=headers())
    await client.post(f"/v1/tasks/{other}/updates", json=body(), headers=headers())
    first, second = doors.commands.taken
    assert first.asked != second.asked


async def test_words_are_sealed_at_the_door(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Nothing behind it can read them without the key."""
    said = body("complete", result="repaired", remark="换了井盖")
    await client.post(UPDATES, json=said, headers=headers())
    (remark,) = remarks(doors)
    opened = unseal(KEY, remark.sealed, remark.remark_id.bytes)
    assert opened.decode() == "换了井盖"
    assert "换了井盖" not in repr(doors.commands.taken)


async def test_equal_words_are_known_again(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The keyed hash is the same for the same words, the vault's id is not."""
    for remark in ("换了井盖", "换了井盖", "没换"):
        said = body("progress", progress="on_site", remark=remark)
        await client.post(UPDATES, json=said, headers=headers())
    first, second, third = remarks(doors)
    assert first.words == second.words != third.words
    assert first.remark_id != second.remark_id


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/updates", 404)
@pytest.mark.endpoint("GET /v1/tasks/{task_id}/updates", 404)
@pytest.mark.endpoint("GET /v1/tasks/{task_id}", 404)
async def test_unknown_and_foreign_tasks_get_the_same_404(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """Nobody learns that another department's task exists."""
    answers = [
        await client.request(method, path, headers=headers(role), json=json)
        for role, task_id in (("department:power", TASK_ID), ("department:water", uuid4()))
        for method, path, json in (
            ("POST", f"/v1/tasks/{task_id}/updates", body()),
            ("GET", f"/v1/tasks/{task_id}/updates", None),
            ("GET", f"/v1/tasks/{task_id}", None),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NoSuchTaskError(), 404, "no_such_task"),
        (TaskClosedError("cancelled"), 409, "task_closed"),
        (ReturnWindowClosedError(), 409, "return_window_closed"),
        (RequestPendingError(), 409, "request_pending"),
        (ImpossibleTimeError(), 422, "impossible_time"),
        (KeyReusedError(), 409, "idempotency_key_reused"),
        (OverloadedError(), 429, "overloaded"),
        (UnavailableError(), 503, "unavailable"),
        (ZeroDivisionError(), 500, "internal"),
    ],
)
async def test_each_refusal_has_its_status(
    client: httpx.AsyncClient,
    doors: Doors,
    headers: Headers,
    error: Exception,
    status: int,
    code: str,
) -> None:
    """RFC 9457, with a code that a program can read."""
    doors.commands.error = error
    answer = await client.post(UPDATES, json=body(), headers=headers())
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{code}")
    assert ("retry-after" in answer.headers) is (status in (429, 503))


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/updates", 409)
async def test_a_closed_task_is_refused_with_its_state(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The department sees why."""
    doors.commands.error = TaskClosedError("cancelled")
    answer = await client.post(UPDATES, json=body(), headers=headers())
    assert "cancelled" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (body("return", ground="wrong_matter"), {"ground": "wrong_matter"}),
        (body("request_extension"), {}),
        (
            body("request_suspension", suspension="ledger", review_at="2026-03-02T09:00:00+08:00"),
            {"suspension": "ledger", "review_at": START},
        ),
    ],
)
async def test_returns_and_requests_are_updates(
    client: httpx.AsyncClient,
    doors: Doors,
    headers: Headers,
    said: dict[str, Any],
    heard: dict[str, Any],
) -> None:
    """Each with its own fields."""
    assert (await client.post(UPDATES, json=said, headers=headers())).status_code == 201
    (command,) = doors.commands.taken
    assert isinstance(command.body, RecordUpdate)
    answer = command.body.answer
    assert answer.kind == said["kind"]
    for name in ("ground", "suspension", "review_at"):
        assert getattr(answer, name) == heard.get(name)


async def test_without_the_keyring_no_words_are_taken(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """503; an update without words goes through."""
    doors.keyring.error = UnavailableError()
    said = body("complete", result="done", remark="x")
    assert (await client.post(UPDATES, json=said, headers=headers())).status_code == 503
    assert (await client.post(UPDATES, json=body(), headers=headers())).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "acknowledge"},
        body("dance"),
        body("progress"),
        body("complete"),
        body("acknowledge", result="done"),
        body("acknowledge", remark="hello"),
        body("complete", result="done", progress="on_site"),
        body("complete", result="splendid"),
        body("complete", result="done", remark=""),
        body("complete", result="done", remark="x" * 2001),
        body("complete", result="done", remark="a\x00b"),
        body(occurred_at="2026-03-02T01:00:00"),
        body(occurred_at=1772413200),
        body("return"),
        body("return", ground="no_mood"),
        body("acknowledge", ground="not_our_duty"),
        body("return", ground="not_our_duty", remark="x"),
        body("request_extension", remark="x"),
        body("request_extension", review_at="2026-03-02T01:00:00Z"),
        body("request_suspension"),
        body("request_suspension", suspension="ledger"),
        body("request_suspension", review_at="2026-03-02T01:00:00Z"),
        body("request_suspension", suspension="nap", review_at="2026-03-02T01:00:00Z"),
        body("request_suspension", suspension="ledger", review_at="2026-03-02T01:00:00"),
        body(handler="me"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_path(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, wrong: dict[str, Any]
) -> None:
    """422, and nothing is decided."""
    answer = await client.post(UPDATES, json=wrong, headers=headers())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].startswith("body")
    assert doors.commands.taken == []


async def test_half_a_surrogate_pair_is_refused(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """It is no text."""
    raw = b'{"update_id":"%s","kind":"complete","result":"done","remark":"\\ud800"}'
    content = raw.replace(b"%s", str(UUID(int=9)).encode())
    head = {**headers(), "content-type": "application/json"}
    answer = await client.post(UPDATES, content=content, headers=head)
    assert answer.status_code == 422


async def test_a_large_body_is_refused(client: httpx.AsyncClient, headers: Headers) -> None:
    """413 before anything reads it."""
    said = body("complete", result="done", remark="x" * MAX_BODY_BYTES)
    assert (await client.post(UPDATES, json=said, headers=headers())).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("POST", UPDATES, {"department:water"}),
        ("GET", UPDATES, {"department:water", "operator"}),
        ("GET", f"/v1/tasks/{TASK_ID}", {"department:water", "operator"}),
    ],
)
async def test_each_door_has_its_roles(
    client: httpx.AsyncClient, headers: Headers, method: str, path: str, roles: set[str]
) -> None:
    """401 without a token, 403 with another role."""
    json = body() if method == "POST" else None
    assert (await client.request(method, path, json=json)).status_code == 401
    for role in ("department:water", "operator", "channel", "verifier", "superior", "service"):
        answer = await client.request(method, path, json=json, headers=headers(role))
        assert (answer.status_code == 403) is (role not in roles)


@pytest.mark.endpoint("GET /v1/tasks/{task_id}/updates", 200)
async def test_what_became_of_updates_can_be_looked_up(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The department sees each update, whether it made a fact, and the state after it."""
    doors.tasks.kept = [
        UpdateEntry(
            update_id=UUID(int=9),
            kind=UpdateKind.ACKNOWLEDGE,
            applied=True,
            state=TaskState.ACKNOWLEDGED,
            occurred_at=None,
            recorded_at=START,
        )
    ]
    answer = await client.get(UPDATES, headers=headers())
    assert answer.status_code == 200
    assert answer.json()["updates"] == [
        {
            "update_id": str(UUID(int=9)),
            "kind": "acknowledge",
            "fact": "applied",
            "state": "acknowledged",
            "occurred_at": None,
            "recorded_at": "2026-03-02T01:00:00Z",
        }
    ]


@pytest.mark.endpoint("GET /v1/tasks/{task_id}", 200)
async def test_a_task_can_be_looked_at(client: httpx.AsyncClient, headers: Headers) -> None:
    """State and deadlines, for its department and for operators."""
    for role in ("department:water", "operator"):
        answer = await client.get(f"/v1/tasks/{TASK_ID}", headers=headers(role))
        assert answer.status_code == 200
        assert answer.json()["state"] == "delivered"
        assert answer.json()["response_due_at"] == "2026-03-02T02:00:00Z"
