"""One way to fail: problem details with the field's path, never a stack trace."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict
from structlog.testing import capture_logs

from civicloop_kit.auth import TokenVerifier, public
from civicloop_kit.command import CommandFailedError, KeyReusedError, OverloadedError
from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.health import Health
from civicloop_kit.http import digest_of, make_app, problem_of
from civicloop_kit.postgres import UnavailableError


class NotOursError(Exception):
    """That is not ours."""


class Body(BaseModel):
    """What the door takes."""

    model_config = ConfigDict(extra="forbid")

    number: int
    words: str = ""


ERRORS = {
    "refused": NotOursError(),
    "reused": KeyReusedError(),
    "overloaded": OverloadedError(),
    "unavailable": UnavailableError(),
    "stopped": TooManyHeldError(),
    "failed": CommandFailedError(),
    "bug": ZeroDivisionError("secret detail"),
}


@pytest.fixture
def health() -> Health:
    """Give checks that find nothing."""
    return Health()


@pytest.fixture
def client(health: Health) -> TestClient:
    """Give a service with one door that fails as it is told."""
    router = APIRouter(dependencies=[Depends(public)])

    @router.post("/things/{name}")
    async def post_thing(name: str, body: Body) -> dict[str, Any]:
        if name in ERRORS:
            raise ERRORS[name]
        return body.model_dump()

    tokens = TokenVerifier(json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)))
    app = make_app(
        "test",
        [router],
        {NotOursError: (409, "not_ours")},
        tokens=tokens,
        health=health,
        max_body_bytes=1024,
    )
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refused", 409, "not_ours"),
        ("reused", 409, "idempotency_key_reused"),
        ("overloaded", 429, "overloaded"),
        ("unavailable", 503, "unavailable"),
        ("stopped", 503, "unavailable"),
        ("failed", 500, "internal"),
        ("bug", 500, "internal"),
    ],
)
def test_every_error_is_a_problem(client: TestClient, name: str, status: int, code: str) -> None:
    """The status and the code tell a program what to do; nothing tells what is inside."""
    answer = client.post(f"/things/{name}", json={"number": 1})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:civicloop:problem:{code}"
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (status in (429, 503))


def test_an_invalid_body_names_the_path_and_not_the_value(client: TestClient) -> None:
    """The value may be somebody's."""
    answer = client.post("/things/x", json={"number": "13977312244x", "more": 1})
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {"body/number", "body/more"}
    assert "13977312244" not in answer.text


def test_a_path_is_told_back_only_so_far(client: TestClient) -> None:
    """A field name without end comes from the caller too."""
    answer = client.post("/things/x", json={"number": 1, "x" * 800: 1})
    assert len(answer.json()["errors"][0]["path"]) <= 120


def test_what_is_no_json_is_422_and_an_unknown_path_404(client: TestClient) -> None:
    """Neither is a stack trace."""
    headers = {"content-type": "application/json"}
    assert client.post("/things/x", content=b"{", headers=headers).status_code == 422
    missing = client.post("/nothing")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)


def test_a_body_over_the_limit_is_413_declared_or_streamed(client: TestClient) -> None:
    """Nothing of it is worked on."""

    def streamed() -> Iterator[bytes]:
        yield from (b"x" * 512 for _ in range(3))

    declared = client.post("/things/x", json={"number": 1, "words": "x" * 2_000})
    assert declared.status_code == 413
    assert client.post("/things/x", content=streamed()).status_code == 413


def test_a_body_at_the_limit_is_taken(client: TestClient) -> None:
    """The limit itself is allowed."""
    body = json.dumps({"number": 1, "words": ""}).encode()
    padded = body[:-2] + b"y" * (1024 - len(body)) + body[-2:]
    headers = {"content-type": "application/json"}
    assert client.post("/things/x", content=padded, headers=headers).status_code == 200


def test_live_means_that_the_loop_turns(client: TestClient) -> None:
    """It asks nobody else."""
    assert client.get("/livez").status_code == 200


def test_ready_names_what_is_wrong(client: TestClient, health: Health) -> None:
    """One fault is enough for 503."""
    assert client.get("/readyz").json() == {"status": "ready", "faults": {}}

    async def broken() -> str | None:
        return "no answer"

    async def fine() -> str | None:
        return None

    health.add("database", broken)
    health.add("stream", fine)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["faults"]) == (503, {"database": "no answer"})


def test_requests_are_measured_by_route(client: TestClient) -> None:
    """A label is the route, never what somebody put into it."""
    client.post("/things/somebody", json={"number": 1})
    text = client.get("/metrics").text
    assert 'route="/things/{name}"' in text
    assert "somebody" not in text


def test_a_digest_is_that_of_the_meaning() -> None:
    """The order of fields and a default written out make no other request."""
    assert digest_of(Body(number=1)) == digest_of(Body(words="", number=1))
    assert digest_of(Body(number=1)) != digest_of(Body(number=2))


def test_a_digest_is_the_same_in_every_release() -> None:
    """While one replaces the other both compare what the other has stored."""
    assert digest_of(Body(number=1, words="井盖")).hex() == (
        "cda44fe2d26e55d03b807fad60ec98c2961c82798e98fe7992fc8e916a242493"
    )


def test_a_digest_does_not_depend_on_where_a_field_is_declared() -> None:
    """Whoever moves a field makes no other request of it."""

    class Moved(BaseModel):
        words: str = ""
        number: int

    assert digest_of(Moved(number=1)) == digest_of(Body(number=1))


def test_a_refusal_says_what_it_was_told_or_what_it_is() -> None:
    """The docstring is the default; there need be none."""

    class MuteError(Exception):
        __doc__ = None

    refusals = {NotOursError: (409, "not_ours"), MuteError: (409, "mute")}
    assert problem_of(NotOursError("theirs"), refusals).detail == "theirs"
    assert problem_of(NotOursError(), refusals).detail == "That is not ours."
    assert problem_of(MuteError(), refusals).detail == ""


def test_an_error_of_the_kits_says_what_it_is() -> None:
    """And nothing of what it was told."""
    assert problem_of(OverloadedError("somebody"), {}).detail == OverloadedError.__doc__


def test_a_failure_that_was_logged_where_it_happened_is_not_logged_again(
    client: TestClient,
) -> None:
    """Its caller is answered, and that is all."""
    with capture_logs() as logs:
        assert client.post("/things/failed", json={"number": 1}).status_code == 500
    assert logs == []


def test_a_problem_stays_what_it_is() -> None:
    """A refusal of a subclass is found under its base."""

    class FartherError(NotOursError):
        pass

    problem = problem_of(FartherError(), {NotOursError: (403, "not_ours")})
    assert (problem.status, problem.code) == (403, "not_ours")
    assert problem_of(problem, {}) is problem
