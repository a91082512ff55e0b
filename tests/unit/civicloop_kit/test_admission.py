"""What a request has to pass before anything of it is read."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import OKPKey
from pydantic import BaseModel

from civicloop_kit.admission import Limits, Opening, Phase
from civicloop_kit.auth import ISSUER, Principal, TokenVerifier, public, requires
from civicloop_kit.health import Health
from civicloop_kit.http import make_app

KEY = OKPKey.generate_key("Ed25519")
LIMIT = 1_000
Answer = tuple[int, dict[str, str], dict[str, Any]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Thing(BaseModel):
    """What the door takes."""

    number: int


class Doors:
    """A service with a locked door, an open one, and one behind which requests stay."""

    def __init__(self, opening: Opening | None = None, **limits: Any) -> None:
        self.opening = opening or Opening(Phase.OPEN)
        self.inside = asyncio.Event()
        self.leave = asyncio.Event()
        router = APIRouter()

        @router.post("/locked")
        async def locked(
            thing: Thing, principal: Annotated[Principal, Depends(requires("channel"))]
        ) -> dict[str, Any]:
            return {"number": thing.number, "by": principal.name}

        @router.get("/locked")
        async def look(_: Annotated[Principal, Depends(requires("channel"))]) -> dict[str, Any]:
            return {}

        @router.post("/stay", dependencies=[Depends(public)])
        async def stay() -> None:
            self.inside.set()
            await self.leave.wait()

        self.app: FastAPI = make_app(
            "doors",
            [router],
            {},
            tokens=TokenVerifier(json.dumps(KEY.as_dict(private=False))),
            health=Health(),
            max_body_bytes=LIMIT,
            limits=Limits(**limits),
            opening=self.opening,
        )

    async def ask(
        self,
        path: str,
        receive: Receive,
        *,
        method: str = "POST",
        role: str | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> Answer:
        """Send a request and return status, headers and problem of the answer."""
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        lock = [(b"authorization", f"Bearer {token(role)}".encode())] if role else []
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "headers": [(b"content-type", b"application/json"), *lock, *headers],
        }
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        start, *rest = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        body = b"".join(message.get("body", b"") for message in rest)
        return start["status"], told, json.loads(body or b"null")


def token(role: str) -> str:
    """Return a token."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": "desk-1", "roles": [role], "iat": now, "exp": now + 600}
    return jwt.encode({"alg": "Ed25519"}, claims, KEY, algorithms=["Ed25519"])


def body(*parts: bytes) -> Receive:
    """Return what gives a body in parts; nothing comes after it."""
    waiting = [
        {"type": "http.request", "body": part, "more_body": place < len(parts)}
        for place, part in enumerate(parts, 1)
    ]

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


async def unread() -> dict[str, Any]:
    """Fail the test: nobody may look at this body."""
    raise AssertionError("the body was read")


def code(answer: Answer) -> str:
    """Return the code of a problem document."""
    assert answer[1]["content-type"] == "application/problem+json"
    return str(answer[2]["type"]).rsplit(":", 1)[1]


@pytest.mark.parametrize("header", [None, b"Basic x", b"Bearer x", b"Bearer"])
async def test_without_a_token_nothing_of_a_body_is_read(header: bytes | None) -> None:
    """401 whatever is sent, so that a stranger's megabytes cost nothing."""
    headers = [(b"content-length", b"900")] + ([(b"authorization", header)] if header else [])
    answer = await Doors().ask("/locked", unread, headers=headers)
    assert (answer[0], code(answer)) == (401, "unauthorized")
    assert (answer[1]["www-authenticate"], answer[1]["connection"]) == ("Bearer", "close")


async def test_another_role_is_refused_before_the_body_too() -> None:
    """403."""
    answer = await Doors().ask("/locked", unread, role="verifier")
    assert (answer[0], code(answer)) == (403, "forbidden")
    assert "connection" not in answer[1]


async def test_what_is_no_json_without_a_token_is_401() -> None:
    """Who calls is asked before what he says; with a token it is 422."""
    assert (await Doors().ask("/locked", body(b"{")))[0] == 401
    assert (await Doors().ask("/locked", body(b"{"), role="channel"))[0] == 422


async def test_the_right_caller_comes_through() -> None:
    """The endpoint gets the principal and the whole body."""
    answer = await Doors().ask("/locked", body(b'{"num', b'ber": 7}'), role="channel")
    assert (answer[0], answer[2]) == (200, {"number": 7, "by": "desk-1"})


@pytest.mark.parametrize("path", ["/nowhere", "/livez"])
async def test_what_leads_nowhere_is_answered_unread(path: str) -> None:
    """404 and 405 need no body."""
    assert (await Doors().ask(path, unread))[0] in {404, 405}


async def test_all_bodies_together_have_a_limit() -> None:
    """Beyond it 503 and when to come back; what was given back can be taken again."""
    doors = Doors(max_buffered_bytes=1_500)
    first = asyncio.create_task(doors.ask("/stay", body(b"x" * 900)))
    await doors.inside.wait()
    second = await doors.ask("/stay", body(b"x" * 300, b"x" * 301))
    assert (second[0], code(second)) == (503, "busy")
    assert int(second[1]["retry-after"]) > 0
    doors.leave.set()
    assert (await first)[0] == 200
    assert (await doors.ask("/stay", body(b"x" * 1_000)))[0] == 200


async def test_a_body_that_drips_is_given_up() -> None:
    """408, and the connection ends."""

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": True}

    doors = Doors(body_within_s=0.05)
    answer = await doors.ask("/locked", drip, role="channel")
    assert (answer[0], code(answer), answer[1]["connection"]) == (408, "too_slow", "close")


async def test_a_crowd_is_asked_to_come_back() -> None:
    """503 as a problem with Retry-After; probes are answered all the same."""
    doors = Doors(max_requests=1)
    first = asyncio.create_task(doors.ask("/stay", body(b"")))
    await doors.inside.wait()
    second = await doors.ask("/locked", unread, role="channel")
    assert (second[0], code(second)) == (503, "busy")
    assert int(second[1]["retry-after"]) > 0
    for probe in ("/livez", "/readyz", "/metrics"):
        sent = await _status(doors, probe)
        assert sent == 200
    doors.leave.set()
    await first
    assert (await doors.ask("/locked", body(b'{"number": 7}'), role="channel"))[0] == 200


@pytest.mark.parametrize(
    ("phase", "get", "post"),
    [(Phase.STARTING, 503, 503), (Phase.READING, 200, 503), (Phase.OPEN, 200, 200)],
)
async def test_a_service_that_starts_opens_step_by_step(phase: Phase, get: int, post: int) -> None:
    """Nothing, then reading, then deciding; probes at any time."""
    doors = Doors(Opening(phase))
    read = await doors.ask("/locked", body(b""), method="GET", role="channel")
    written = await doors.ask("/locked", body(b'{"number": 7}'), role="channel")
    assert (read[0], written[0]) == (get, post)
    assert [code(answer) for answer in (read, written) if answer[0] == 503] == [
        "unavailable" for status in (get, post) if status == 503
    ]
    assert await _status(doors, "/livez") == 200


async def test_a_phase_may_change_while_it_serves() -> None:
    """The same doors open."""
    doors = Doors(Opening(Phase.STARTING))
    doors.opening.phase = Phase.OPEN
    assert (await doors.ask("/locked", body(b'{"number": 7}'), role="channel"))[0] == 200


async def test_an_opening_says_what_it_waits_for() -> None:
    """For `/readyz`."""
    opening = Opening(Phase.STARTING)
    assert await opening.check() == "the schema is not checked yet"
    opening.phase = Phase.READING
    assert await opening.check() == "the topics are not checked yet"
    opening.phase = Phase.OPEN
    assert await opening.check() is None


async def _status(doors: Doors, path: str) -> int:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "client": None,
        "server": None,
        "headers": [],
    }
    await doors.app(scope, body(b""), send)  # type: ignore[arg-type]
    return int(sent[0]["status"])
