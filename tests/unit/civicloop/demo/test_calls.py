"""Calls are repeated while a service is away, and a refusal says where and why."""

from collections.abc import Callable

import httpx
import pytest

from civicloop.demo.calls import Caller
from civicloop_local.errors import StackError

Answer = Callable[[httpx.Request], httpx.Response]


def _caller(answer: Answer) -> Caller:
    transport = httpx.MockTransport(answer)
    return Caller("http://service", "token", transport=transport, first_wait_s=0)


async def test_a_busy_service_is_asked_again_with_the_same_key() -> None:
    """Busy, away, then there."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Idempotency-Key"])
        if len(asked) == 1:
            return httpx.Response(503)
        if len(asked) == 2:
            raise httpx.ConnectError("away")
        return httpx.Response(201, json={"ok": True})

    caller = _caller(answer)
    assert await caller.post("/v1/x", {}, {"Idempotency-Key": "k"}) == {"ok": True}
    assert asked == ["k", "k", "k"]
    await caller.close()


async def test_a_refusal_names_the_call_and_the_problem() -> None:
    """One line for a person."""
    problem = httpx.Response(
        422,
        json={"type": "urn:civicloop:problem:invalid"},
        headers={"content-type": "application/problem+json"},
    )
    caller = _caller(lambda _: problem)
    with pytest.raises(StackError, match=r"GET /v1/x was refused \(422, urn:.*:invalid\)"):
        await caller.get("/v1/x")
    await caller.close()


@pytest.mark.parametrize(("status", "taken"), [(200, True), (409, False), (404, False)])
async def test_an_offer_may_be_out_of_date(status: int, taken: bool) -> None:
    """Somebody else was faster: no error."""
    caller = _caller(lambda _: httpx.Response(status, json={}))
    assert await caller.offer("/v1/x", {}) is taken
    await caller.close()
