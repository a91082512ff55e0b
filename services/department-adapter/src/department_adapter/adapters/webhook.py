"""The `webhook` transport: a signed POST per delivery (Standard Webhooks), no redirects."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson

from civicloop_kit.clock import Clock
from department_adapter import wire
from department_adapter.adapters.addresses import AddressGuard, read_url
from department_adapter.adapters.connecting import CheckedTransport
from department_adapter.adapters.signing import signed_headers
from department_adapter.ports import (
    Delivery,
    DeliveryRefusedError,
    DepartmentUnavailableError,
    ForbiddenAddressError,
    Receipt,
    Registered,
    UnknownHostError,
)

CONNECT_TIMEOUT_S: Final = 3.0
# With the look-up of the narrative it must stay below half of a claim's expiry (protocol.md, 6).
TOTAL_TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 64 * 1024
# The answer's body says nothing that we need: read it only to keep the connection.
DRAIN_TIMEOUT_S: Final = 1.0
# These mean "not now" or "not over this connection", although they are in the range of "never".
_TRY_AGAIN: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a department's server answered."""

    status: int
    content_type: str
    retry_after_s: float | None


def webhook_client(guard: AddressGuard) -> httpx.AsyncClient:
    """Return a client that follows no redirect and heeds no proxy from the environment."""
    return httpx.AsyncClient(
        transport=CheckedTransport(guard),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(TOTAL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
    )


class WebhookTransport:
    """Posts deliveries to departments."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def deliver(self, registered: Registered, delivery: Delivery) -> Receipt:
        """Post a delivery; any 2xx is a receipt.

        Raises:
            DeliveryRefusedError: 4xx, or an address where nothing may go.
            DepartmentUnavailableError: No answer in time, 3xx or 5xx.
        """
        try:
            answer = await self.post(registered, delivery.delivery_id, wire.payload_of(delivery))
        except ForbiddenAddressError as error:
            raise DeliveryRefusedError(str(error)) from error
        except (httpx.HTTPError, UnknownHostError, TimeoutError, OSError) as error:
            raise DepartmentUnavailableError from error
        _judge(answer)
        return Receipt()

    async def post(
        self, registered: Registered, message_id: str, payload: Mapping[str, Any]
    ) -> Answer:
        """Send one signed message.

        Raises:
            ForbiddenAddressError, UnknownHostError, httpx.HTTPError, TimeoutError: Not sent, or
                not answered in time.
        """
        async with asyncio.timeout(TOTAL_TIMEOUT_S):
            url = read_url(registered.department.url or "")
            body = orjson.dumps(payload).decode()
            headers = signed_headers(registered.secrets, message_id, self._clock.now(), body)
            return await self._send(url, headers, body)

    async def _send(self, url: httpx.URL, headers: Mapping[str, str], body: str) -> Answer:
        async with self._client.stream("POST", url, content=body, headers=headers) as response:
            await _drain(response)
        return Answer(
            status=response.status_code,
            content_type=response.headers.get("content-type", ""),
            retry_after_s=_seconds(response.headers.get("retry-after")),
        )


def _judge(answer: Answer) -> None:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status not in _TRY_AGAIN
    ):
        raise DeliveryRefusedError(f"answered {status}", gone=status == HTTPStatus.GONE)
    raise DepartmentUnavailableError(f"answered {status}", retry_after_s=answer.retry_after_s)


async def _drain(response: httpx.Response) -> None:
    """Read what is left of a short answer; a long, slow or broken one changes nothing."""
    read = 0
    try:
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > MAX_ANSWER_BYTES:
                    return
    except (httpx.HTTPError, TimeoutError):
        return


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
