"""Connections to departments: each to an address that was checked, and for one name only.

The name of a webhook is looked up and checked at the moment of connecting, and the connection goes
to that very address, so that a second answer of the name server cannot lead anywhere else. Requests
keep the name: certificates are verified for it, and a connection is used again only under the same
name, never for another department behind the same address.
"""

import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import httpcore
import httpx

from department_adapter.adapters.addresses import AddressGuard

# Connections that wait for their next request, and for how long; as many as are needed at once.
MAX_KEPT: Final = 256
KEPT_S: Final = 5.0


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to no address that the guard has not just let pass."""

    def __init__(self, guard: AddressGuard, network: httpcore.AsyncNetworkBackend) -> None:
        self._guard = guard
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect.

        Raises:
            ForbiddenAddressError, UnknownHostError: There is nothing to connect to.
        """
        address = await self._guard.address(host, port)
        return await self._network.connect_tcp(
            address, port, timeout, local_address, socket_options
        )


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests over checked connections; *tls* says whom to trust, by default public CAs.

    httpx's own transport takes no network to connect by, so this one joins httpcore to it.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        tls: ssl.SSLContext | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=None,
            max_keepalive_connections=MAX_KEPT,
            keepalive_expiry=KEPT_S,
            network_backend=CheckedNetwork(guard, network or httpcore.AnyIOBackend()),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            ForbiddenAddressError, UnknownHostError, httpx.TransportError: Not sent or not answered.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _as_client_errors():
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_client_errors():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextmanager
def _as_client_errors() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except httpcore.NetworkError as error:
        raise httpx.NetworkError(str(error)) from error
    except httpcore.ProtocolError as error:
        raise httpx.ProtocolError(str(error)) from error
