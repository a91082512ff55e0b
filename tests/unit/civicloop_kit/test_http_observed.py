"""What is measured of a request, whatever becomes of it."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from starlette.types import Message, Receive, Scope, Send

from civicloop_kit.http import Observed

START: Message = {"type": "http.response.start", "status": 204, "headers": []}
BODY: Message = {"type": "http.response.body", "body": b""}
TRAILERS: Message = {"type": "http.response.trailers", "headers": []}


class App:
    """Answers as told."""

    def __init__(self, *messages: Message, ends: BaseException | None = None) -> None:
        self.messages = messages
        self.asked: list[Scope] = []
        self._ends = ends

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer."""
        self.asked.append(scope)
        for message in self.messages:
            await send(message)
        if self._ends is not None:
            raise self._ends


async def observed(app: App, path: str, kind: str = "http") -> list[Message]:
    """Ask for a path; returns what was answered."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "method": "GET",
        "headers": [],
        "route": SimpleNamespace(path=path),
    }
    await Observed(app, cast("Any", SimpleNamespace(title="test")))(scope, _silence, send)
    return sent


async def _silence() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def measured(name: str, **labels: str) -> float | None:
    """Return what was measured."""
    return REGISTRY.get_sample_value(name, labels)


async def test_a_request_is_counted_under_the_status_of_its_answer() -> None:
    """All parts of the answer are passed on."""
    app = App(START, BODY, TRAILERS)
    # Another object than ours, as a server makes it.
    assert await observed(app, "/observed/good", b"http".decode()) == [START, BODY, TRAILERS]
    labels = {"route": "/observed/good", "status": "204"}
    assert measured("civicloop_http_requests_total", **labels) == 1


async def test_a_request_that_nobody_waits_for_is_counted_as_broken() -> None:
    """It was given up before its answer began."""
    with pytest.raises(asyncio.CancelledError):
        await observed(App(ends=asyncio.CancelledError()), "/observed/gone")
    labels = {"route": "/observed/gone", "status": "500"}
    assert measured("civicloop_http_requests_total", **labels) == 1


async def test_a_request_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """From when it came to the end of its answer."""
    times = iter([2.0, 5.0])
    clock = SimpleNamespace(perf_counter=lambda: next(times))
    monkeypatch.setattr("civicloop_kit.http.time", clock)
    await observed(App(START, BODY), "/observed/timed")
    assert measured("civicloop_http_seconds_sum", route="/observed/timed") == 3


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_what_is_no_request_is_passed_on(kind: str) -> None:
    """It has no path, and is not counted."""
    app, scope = App(), {"type": kind}
    watched = Observed(app, cast("Any", SimpleNamespace(title="test")))
    await watched(scope, _silence, cast("Any", None))
    assert app.asked == [scope]
