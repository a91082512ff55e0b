"""Calls are repeated while a service is away, and a refusal says where and why."""

from collections.abc import Callable

import httpx
import pytest

from civicloop.demo.calls import OUT_OF_DATE, Caller
from civicloop_local.errors import StackError
from feedback.entrypoints.http import REFUSALS as FEEDBACK_REFUSALS
from intake.entrypoints.http import REFUSALS as INTAKE_REFUSALS
from router.entrypoints.http import REFUSALS as ROUTER_REFUSALS

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
    with pytest.raises(StackError, match=r"GET /v1/x was refused \(422, invalid\)"):
        await caller.get("/v1/x")
    await caller.close()


def _refused(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"type": f"urn:civicloop:problem:{code}"})


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (httpx.Response(200, json={}), True),
        (_refused(409, "not_to_verify"), False),
        (_refused(404, "unknown_case"), False),
    ],
)
async def test_an_offer_may_be_out_of_date(answer: httpx.Response, taken: bool) -> None:
    """Somebody else was faster: no error."""
    caller = _caller(lambda _: answer)
    assert await caller.offer("/v1/x", {}) is taken
    await caller.close()


@pytest.mark.parametrize(
    "answer",
    [
        _refused(404, "not_found"),
        _refused(409, "idempotency_key_reused"),
        httpx.Response(404, text="<html>"),
        httpx.Response(409, json=["?"]),
    ],
)
async def test_another_refusal_of_an_offer_is_an_error(answer: httpx.Response) -> None:
    """A wrong address or a key that was used before would be asked for ever."""
    caller = _caller(lambda _: answer)
    with pytest.raises(StackError, match="was refused"):
        await caller.offer("/v1/x", {})
    await caller.close()


def test_what_is_out_of_date_is_what_services_say() -> None:
    """A code that no service knows, or that is neither 404 nor 409 there, is a slip."""
    known = [INTAKE_REFUSALS, ROUTER_REFUSALS, FEEDBACK_REFUSALS]
    said = {code for each in known for status, code in each.values() if status in (404, 409)}
    assert said >= OUT_OF_DATE
