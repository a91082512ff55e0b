"""The webhook transport, against departments of all kinds."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from civicloop_kit.clock import SystemClock
from department_adapter.adapters.addresses import AddressGuard
from department_adapter.adapters.webhook import MAX_ANSWER_BYTES, WebhookTransport, webhook_client
from department_adapter.domain.commands import DeliveryKind
from department_adapter.ports import (
    Delivery,
    DeliveryRefusedError,
    DepartmentUnavailableError,
    Narrative,
    NarrativeState,
    Receipt,
)
from department_adapter.testing import CASE_ID, SECRET, START, registered, streamed, task_ref

DELIVERY = Delivery(
    delivery_id=f"{task_ref().task_id}/dispatch/1",
    kind=DeliveryKind.DISPATCH,
    task_id=task_ref().task_id,
    case_id=CASE_ID,
    department="water",
    body={"type": "task.dispatched", "department": "water"},
    dispatched_at=START,
    narrative=Narrative(state=NarrativeState.TEXT, text="水管爆裂"),
)
Handle = Callable[[httpx.Request], httpx.Response]


async def resolve(_host: str, _port: int) -> list[str]:
    """Find every department on this machine."""
    return ["127.0.0.1"]


def transport(handle: Handle) -> WebhookTransport:
    """Return a transport to a department that answers so."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return WebhookTransport(client, SystemClock())


def answering(status: int, **headers: str) -> Handle:
    """Return a department that answers with a status."""
    return lambda _request: streamed(status, headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_receipt(status: int) -> None:
    """2xx means delivered, whatever the body says."""
    assert await transport(answering(status)).deliver(registered(), DELIVERY) == Receipt()


async def test_a_delivery_is_signed_and_complete() -> None:
    """The department verifies the body as received, and finds the narrative in it."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return streamed(200)

    await transport(handle).deliver(registered(), DELIVERY)
    (request,) = asked
    Webhook(SECRET).verify(request.content, dict(request.headers))
    assert request.headers["webhook-id"] == DELIVERY.delivery_id
    assert request.headers["content-type"] == "application/json"
    body = json.loads(request.content)
    assert body["narrative"] == {"state": "text", "text": "水管爆裂"}
    assert request.headers["host"] == "water.example"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
async def test_4xx_is_a_refusal(status: int) -> None:
    """The same again would be refused again."""
    with pytest.raises(DeliveryRefusedError) as caught:
        await transport(answering(status)).deliver(registered(), DELIVERY)
    assert not caught.value.gone


async def test_410_says_that_the_department_takes_nothing_any_more() -> None:
    """It is to be disabled."""
    with pytest.raises(DeliveryRefusedError) as caught:
        await transport(answering(410)).deliver(registered(), DELIVERY)
    assert caught.value.gone


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 421, 425, 429, 500, 502, 503])
async def test_redirects_and_server_errors_are_tried_again(status: int) -> None:
    """A redirect is a failure like any other: it is not followed."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return streamed(status, {"location": "http://169.254.169.254/"})

    with pytest.raises(DepartmentUnavailableError):
        await transport(handle).deliver(registered(), DELIVERY)
    assert len(asked) == 1


@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("Wed, 21 Oct 2026", None)])
async def test_a_department_may_ask_for_time(header: str, seconds: float | None) -> None:
    """Retry-After in seconds is passed on."""
    busy = transport(answering(503, **{"retry-after": header}))
    with pytest.raises(DepartmentUnavailableError) as caught:
        await busy.deliver(registered(), DELIVERY)
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("?")]
)
async def test_a_department_that_does_not_answer_is_tried_again(error: Exception) -> None:
    """Nobody knows whether it arrived: the id stays the same."""

    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(DepartmentUnavailableError):
        await transport(handle).deliver(registered(), DELIVERY)


async def test_an_endless_answer_is_not_read() -> None:
    """At most 64 KiB of what nobody needs."""
    given: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            given.append(1024)
            yield b"x" * 1024

    flood = transport(lambda _request: httpx.Response(200, content=endless()))
    assert await flood.deliver(registered(), DELIVERY) == Receipt()
    assert sum(given) <= MAX_ANSWER_BYTES + 2 * 1024


async def test_an_answer_that_breaks_off_was_still_an_answer() -> None:
    """The status came; the rest says nothing."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"O"
        raise httpx.ReadError("cut")

    cut = transport(lambda _request: httpx.Response(200, content=broken()))
    assert await cut.deliver(registered(), DELIVERY) == Receipt()


async def test_a_forbidden_address_is_refused_without_a_request() -> None:
    """Not even a department's own configuration leads into our network."""
    async with webhook_client(AddressGuard(allow_private=False, resolve=resolve)) as client:
        private = WebhookTransport(client, SystemClock())
        for url in ("http://water.example/x", "ftp://water.example/x"):
            with pytest.raises(DeliveryRefusedError):
                await private.deliver(registered(url=url), DELIVERY)


async def test_the_client_follows_nothing_and_heeds_no_environment() -> None:
    """No redirect, no proxy."""
    async with webhook_client(AddressGuard(allow_private=False)) as client:
        assert not client.follow_redirects
        assert not client.trust_env
