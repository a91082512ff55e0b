"""Connections to departments: each to an address that was checked, for one name."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpcore
import httpx
import pytest

from civicloop_kit.clock import SystemClock
from department_adapter.adapters.addresses import AddressGuard
from department_adapter.adapters.connecting import CheckedTransport
from department_adapter.adapters.webhook import WebhookTransport
from department_adapter.ports import (
    DepartmentUnavailableError,
    ForbiddenAddressError,
    Receipt,
    UnknownHostError,
)
from department_adapter.testing import registered

from .front import Front, front
from .test_webhook import DELIVERY, resolve

PUBLIC = "93.184.216.34"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class FakeNetwork(httpcore.AsyncNetworkBackend):
    """Connects to nobody; keeps where it was to connect, and says *answer* there."""

    def __init__(self, *answer: bytes, error: Exception | None = None) -> None:
        self.answer = list(answer)
        self.error = error
        self.connected: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library has it
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Keep the address."""
        assert (timeout, local_address, socket_options) == (5.0, None, None)
        self.connected.append((host, port))
        if self.error is not None:
            raise self.error
        return httpcore.AsyncMockStream(self.answer)


def names(*answers: str) -> AddressGuard:
    """Return a guard whose name server gives another answer each time."""
    given = iter(answers)

    async def next_answer(_host: str, _port: int) -> Sequence[str]:
        return [next(given)]

    return AddressGuard(allow_private=False, resolve=next_answer)


async def ask(guard: AddressGuard, network: FakeNetwork, url: str) -> httpx.Response:
    """Make one request through a transport of its own."""
    transport = CheckedTransport(guard, network=network)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(url)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"])
async def test_a_connection_goes_to_the_address_that_was_checked(address: str) -> None:
    """A second answer of the name server changes nothing: nobody asks for one."""
    network = FakeNetwork(ANSWER)
    answer = await ask(names(address, "127.0.0.1"), network, "http://hooks.example:8080/x")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert network.connected == [(address, 8080)]


async def test_each_new_connection_is_checked() -> None:
    """A name that led outside may lead into our network a moment later."""
    network = FakeNetwork(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    client = httpx.AsyncClient(
        transport=CheckedTransport(names(PUBLIC, "10.0.0.1"), network=network)
    )
    async with client:
        assert (await client.get("http://hooks.example/")).status_code == 200
        with pytest.raises(ForbiddenAddressError):
            await client.get("http://hooks.example/")
    assert network.connected == [(PUBLIC, 80)]


async def test_a_name_without_an_address_is_connected_to_nowhere() -> None:
    """It stays what it is, for whoever tells the operator."""

    async def fail(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    network = FakeNetwork()
    with pytest.raises(UnknownHostError):
        await ask(AddressGuard(allow_private=True, resolve=fail), network, "http://hooks.example/")
    assert network.connected == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpcore.ConnectTimeout("slow"), httpx.TimeoutException),
        (httpcore.ConnectError("no"), httpx.NetworkError),
    ],
)
async def test_a_connection_that_fails_is_an_error_of_the_client(
    error: Exception, kind: type[Exception]
) -> None:
    """Callers know the client's errors only."""
    with pytest.raises(kind):
        await ask(names(PUBLIC), FakeNetwork(error=error), "http://hooks.example/")


@pytest.mark.parametrize(
    "answer", [b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"]
)
async def test_an_answer_that_breaks_the_protocol_is_one_too(answer: bytes) -> None:
    """In its head as in its body."""
    with pytest.raises(httpx.ProtocolError):
        await ask(names(PUBLIC), FakeNetwork(answer), "http://hooks.example/")


@asynccontextmanager
async def webhook(served: Front) -> AsyncIterator[WebhookTransport]:
    """Return a transport that trusts the certificates of a front."""
    guard = AddressGuard(allow_private=True, resolve=resolve)
    transport = CheckedTransport(guard, tls=served.trusted)
    async with httpx.AsyncClient(transport=transport) as client:
        yield WebhookTransport(client, SystemClock())


def address(code: str, served: Front) -> str:
    """Return a department's address behind a front."""
    return f"https://{code}.example:{served.port}/hooks"


async def test_departments_behind_one_address_share_no_connection(tmp_path: Path) -> None:
    """Each has connections for its own name; its own are kept."""
    async with (
        front(tmp_path, "water.example", "power.example") as served,
        webhook(served) as transport,
    ):
        for code in ("water", "power", "water", "power"):
            found = registered(code, url=address(code, served))
            assert await transport.deliver(found, DELIVERY) == Receipt()
    assert served.connections == [
        (f"{code}.example", [f"{code}.example:{served.port}"] * 2) for code in ("water", "power")
    ]


async def test_nothing_goes_to_a_front_that_cannot_prove_the_name(tmp_path: Path) -> None:
    """A connection that was made for another department does not stand in for it."""
    async with front(tmp_path, "water.example") as served, webhook(served) as transport:
        water = registered("water", url=address("water", served))
        assert await transport.deliver(water, DELIVERY) == Receipt()
        power = registered("power", url=address("power", served))
        with pytest.raises(DepartmentUnavailableError):
            await transport.deliver(power, DELIVERY)
    assert [hosts for _, hosts in served.connections] == [[f"water.example:{served.port}"]]
