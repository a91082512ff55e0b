"""Where a webhook may go: http or https, and into no network of ours unless that is allowed.

`connecting` asks for each connection anew.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import httpx

from department_adapter.ports import ForbiddenAddressError, UnknownHostError

MAX_PORT: Final = 65_535
_PORTS: Final = {"http": 80, "https": 443}
# RFC 6052 and RFC 8215: IPv4 addresses inside IPv6 ones.
_TRANSLATED: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_url(text: str) -> httpx.URL:
    """Return a webhook's address.

    Raises:
        ForbiddenAddressError: It is no plain http or https address.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise ForbiddenAddressError(
            "the address cannot be read: give http(s)://host/path"
        ) from error
    if url.scheme not in _PORTS or not url.host:
        raise ForbiddenAddressError("the address must begin with http:// or https:// and a host")
    if url.port is not None and not 0 < url.port <= MAX_PORT:
        raise ForbiddenAddressError("the port must be between 1 and 65535")
    if url.userinfo or url.fragment:
        raise ForbiddenAddressError("the address must hold no user name, password or fragment")
    return url


def is_public(address: IpAddress) -> bool:
    """Tell whether an address is in the public network, however it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        # Tunnels and translators: the address inside would decide, so none is taken.
        if address.sixtofour or address.teredo or any(address in net for net in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


def is_link_local(address: IpAddress) -> bool:
    """Tell whether an address is one of the link, where metadata of a machine is served."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = _inside(address)
        return address.is_link_local or (inside is not None and inside.is_link_local)
    return address.is_link_local


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to, as far as it shows."""
    if any(address in net for net in _TRANSLATED):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


class AddressGuard:
    """Decides where webhooks may connect.

    *allow_private* lets them into private networks too, never to a link-local address: there a
    machine's own secrets are handed out.
    """

    def __init__(self, *, allow_private: bool, resolve: Resolve | None = None) -> None:
        self._allow_private = allow_private
        self._resolve = resolve or _resolve

    async def check(self, text: str) -> None:
        """Look at a webhook's address.

        Raises:
            ForbiddenAddressError: `read_url`, `address`.
            UnknownHostError: `address`.
        """
        url = read_url(text)
        await self.address(url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])

    async def address(self, host: str, port: int) -> str:
        """Return the numeric address to connect to for a host.

        Raises:
            ForbiddenAddressError: Not there.
            UnknownHostError: The name has no address.
        """
        found = await self._addresses(host, port)
        if any(is_link_local(address) for address in found):
            raise ForbiddenAddressError("the address is link-local")
        if not self._allow_private and not all(is_public(address) for address in found):
            raise ForbiddenAddressError("the address leads into a network that is not public")
        # The one address that is tried: most listen to IPv4, also where a name has both.
        return str(min(found, key=lambda address: address.version))

    async def _addresses(self, host: str, port: int) -> list[IpAddress]:
        try:
            names = await self._resolve(host, port)
        except OSError as error:
            raise UnknownHostError from error
        if not names:
            raise UnknownHostError
        # A zone ("%eth0") marks a link-local address.
        return [ipaddress.ip_address(name.split("%")[0]) for name in names]


async def _resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
