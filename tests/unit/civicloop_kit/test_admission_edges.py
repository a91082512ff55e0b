"""What a request has to pass, at the limits of what may be said in it."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.unit.civicloop_kit.test_admission import KEY, LIMIT, Doors, body, code, token, unread

from civicloop_kit.admission import Crowd, Gate, Limits, Opening
from civicloop_kit.auth import TokenVerifier

# Other objects than ours, as a server makes them.
HTTP = b"http".decode()
GOOD = b'{"number": 7}'


class Reader:
    """An application that keeps what it reads."""

    def __init__(self) -> None:
        self.read: list[Message] = []

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Read one message."""
        self.read.append(await receive())


def gate(app: Reader) -> Gate:
    """Return a gate in front of an application without doors."""
    return Gate(
        app,
        routes=[],
        tokens=TokenVerifier(json.dumps(KEY.as_dict(private=False))),
        opening=Opening(),
        max_body_bytes=LIMIT,
        limits=Limits(),
    )


async def test_who_was_served_leaves_one_place() -> None:
    """However many were: the next who stays fills it."""
    doors = Doors(max_requests=1)
    for _ in range(3):
        assert (await doors.ask("/locked", body(GOOD), role="channel"))[0] == 200
    first = asyncio.create_task(doors.ask("/stay", body(b"")))
    await doors.inside.wait()
    second = await doors.ask("/locked", unread, role="channel")
    assert (second[0], code(second)) == (503, "busy")
    # It announced no body that somebody would have to read.
    assert "connection" not in second[1]
    doors.leave.set()
    assert (await first)[0] == 200


async def test_what_leads_nowhere_gets_an_empty_body() -> None:
    """Whole, so that nobody waits for more of it."""
    app = Reader()
    await gate(app)({"type": HTTP, "path": "/nowhere"}, unread, _keep([]))
    assert app.read == [{"type": "http.request", "body": b"", "more_body": False}]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
@pytest.mark.parametrize("around", [gate, lambda app: Crowd(app, 0)], ids=["gate", "crowd"])
async def test_what_is_no_request_is_passed_on(kind: str, around: Any) -> None:
    """It has no path and no body; nobody counts it."""
    app = Reader()
    await around(app)({"type": kind}, body(b"x"), _keep([]))
    assert app.read == [{"type": "http.request", "body": b"x", "more_body": False}]


@pytest.mark.parametrize(("length", "ends"), [(b"0", False), (b"12", True), (b"", True)])
async def test_a_body_that_nobody_reads_ends_its_connection(length: bytes, *, ends: bool) -> None:
    """A length of nothing is no body; one that is no number may be any."""
    headers = [(b"content-length", length)]
    answer = await Doors().ask("/locked", unread, role="verifier", headers=headers)
    assert (answer[0], "connection" in answer[1]) == (403, ends)


async def test_a_full_house_refuses_every_request() -> None:
    """Nothing of it is read, or passed on."""
    app, sent = Reader(), list[Message]()
    await Crowd(app, 0)({"type": HTTP, "path": "/x", "headers": []}, unread, _keep(sent))
    assert (app.read, sent[0]["status"]) == ([], 503)


@pytest.mark.parametrize(
    ("length", "status"), [(b"1001", 413), (b"1000", 200), (b"many", 200), (b"", 200)]
)
async def test_a_body_is_refused_by_what_was_declared(length: bytes, status: int) -> None:
    """Unread; what is no number declares nothing."""
    headers = [(b"content-length", length)]
    given = unread if status == 413 else body(GOOD)
    answer = await Doors().ask("/locked", given, role="channel", headers=headers)
    assert answer[0] == status


@pytest.mark.parametrize(
    ("scheme", "status"), [("Bearer", 200), ("bearer", 200), ("Basic", 401), ("Digest", 401)]
)
async def test_only_a_bearer_token_is_one(scheme: str, status: int) -> None:
    """Whatever comes before or after it in the alphabet."""
    headers = [(b"authorization", f"{scheme} {token('channel')}".encode())]
    assert (await Doors().ask("/locked", body(GOOD), headers=headers))[0] == status


def _keep(sent: list[Message]) -> Any:
    async def send(message: Message) -> None:
        sent.append(message)

    return send


@pytest.mark.parametrize(("room", "status"), [(len(GOOD), 200), (len(GOOD) - 1, 503)])
async def test_a_body_may_take_all_that_is_left(room: int, status: int) -> None:
    """The limit itself is allowed."""
    doors = Doors(max_buffered_bytes=room)
    assert (await doors.ask("/locked", body(GOOD), role="channel"))[0] == status
