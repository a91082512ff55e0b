"""What the HTTP side measures and answers when a request does not get far."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from prometheus_client import REGISTRY
from starlette.requests import Request
from structlog.testing import capture_logs

from civicloop_kit.auth import TokenVerifier, public
from civicloop_kit.health import Health
from civicloop_kit.http import make_app, traceparent_of
from civicloop_kit.logs import ExcInfo, kind_and_frames

LIMIT = 64
CANARY = "13977312244-Wang"
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"


@pytest.fixture
def client() -> TestClient:
    """Give a service with a door that breaks and one that tells its trace."""
    router = APIRouter(dependencies=[Depends(public)])

    @router.post("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @router.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"half"
            raise ZeroDivisionError(CANARY)

        return StreamingResponse(parts())

    @router.get("/quoting")
    async def quoting() -> None:
        raise ValueError(CANARY)

    @router.get("/trace")
    async def trace(request: Request) -> str | None:
        return traceparent_of(request)

    key = OKPKey.generate_key("Ed25519").as_dict(private=False)
    app = make_app(
        "edges",
        [router],
        {},
        tokens=TokenVerifier(json.dumps(key)),
        health=Health(),
        max_body_bytes=LIMIT,
    )
    return TestClient(app)


def counted(route: str, status: int) -> float:
    """Return how many requests were counted."""
    labels = {"route": route, "status": str(status)}
    return REGISTRY.get_sample_value("civicloop_http_requests_total", labels) or 0.0


def test_a_broken_door_is_counted(client: TestClient) -> None:
    """An error that nobody foresaw is the one that must not be missing."""
    before = counted("/broken", 500)
    assert client.post("/broken").status_code == 500
    assert counted("/broken", 500) == before + 1


def test_what_nobody_foresaw_reaches_no_server(client: TestClient) -> None:
    """Raised on, it would be logged there in its own words; here its kind is, and 500 is told."""
    with capture_logs() as logs:
        answer = client.get("/quoting")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:civicloop:problem:internal")
    (line,) = logs
    assert (line["event"], line["error"]) == ("request_failed", "ValueError")
    assert CANARY not in kind_and_frames(_info(line["exc_info"]))
    assert CANARY not in answer.text


def test_a_half_sent_answer_is_not_answered_twice(client: TestClient) -> None:
    """Nobody can take it back; it is logged, and nothing else is raised."""
    with capture_logs() as logs:
        assert client.get("/half").text == "half"
    assert [line["event"] for line in logs] == ["request_failed"]


def _info(error: BaseException) -> ExcInfo:
    return type(error), error, error.__traceback__


def test_a_body_that_is_too_large_is_counted(client: TestClient) -> None:
    """Declared or streamed, it never came to a route."""
    before = counted("unknown", 413)

    def streamed() -> Iterator[bytes]:
        yield from (b"x" * LIMIT for _ in range(2))

    assert client.post("/broken", content=b"x" * (LIMIT + 1)).status_code == 413
    assert client.post("/broken", content=streamed()).status_code == 413
    assert counted("unknown", 413) == before + 2


def test_probes_are_not_counted(client: TestClient) -> None:
    """They would drown everything else."""
    client.get("/livez")
    assert counted("/livez", 200) == 0


def test_a_wrong_method_is_told_which_are_right(client: TestClient) -> None:
    """405 is a problem too, and says what is allowed."""
    answer = client.get("/broken")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_caller_stays_in_its_trace(client: TestClient) -> None:
    """What a request leads to carries the caller's trace id."""
    told = client.get("/trace", headers={"traceparent": TRACE}).json()
    assert told.split("-")[1] == "a" * 32
