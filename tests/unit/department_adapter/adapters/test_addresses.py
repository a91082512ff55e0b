"""Where webhooks may go."""

from collections.abc import Sequence

import pytest

from department_adapter.adapters.addresses import AddressGuard, read_url
from department_adapter.ports import ForbiddenAddressError, UnknownHostError


def guard(*addresses: str, allow_private: bool = False) -> AddressGuard:
    """Return a guard whose name server answers with these."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return AddressGuard(allow_private=allow_private, resolve=resolve)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - it is the point that this goes nowhere
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
async def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    """Metadata services, our own networks, tunnels into them."""
    with pytest.raises(ForbiddenAddressError):
        await guard(address).target("https://hooks.example/x")


async def test_one_private_address_among_public_ones_is_enough() -> None:
    """Which one would be taken is not ours to guess."""
    with pytest.raises(ForbiddenAddressError):
        await guard("93.184.216.34", "10.0.0.1").target("https://hooks.example/x")


@pytest.mark.parametrize(
    ("address", "pinned"),
    [
        ("93.184.216.34", "https://93.184.216.34:8443/x?y=1"),
        (
            "2606:2800:220:1:248:1893:25c8:1946",
            "https://[2606:2800:220:1:248:1893:25c8:1946]:8443/x?y=1",
        ),
    ],
)
async def test_the_connection_goes_to_the_address_that_was_checked(
    address: str, pinned: str
) -> None:
    """A second answer of the name server changes nothing; the name stays for TLS and Host."""
    target = await guard(address).target("https://hooks.example:8443/x?y=1")
    assert str(target.url) == pinned
    assert (target.host_header, target.server_name) == ("hooks.example:8443", "hooks.example")


@pytest.mark.parametrize(
    "text",
    [
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "gopher://hooks.example",
        "https://",
        "/only/a/path",
        "https://user:pass@hooks.example/",
        "https://hooks.example/#part",
        "http://[::1",
        "https://hooks.example:99999/",
    ],
)
def test_only_plain_http_addresses_are_read(text: str) -> None:
    """Nothing else leaves this service."""
    with pytest.raises(ForbiddenAddressError):
        read_url(text)


async def test_a_name_without_address_is_unknown() -> None:
    """An empty answer and a failing one are the same."""

    async def fail(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(UnknownHostError):
        await guard().target("https://hooks.example/")
    with pytest.raises(UnknownHostError):
        await AddressGuard(allow_private=False, resolve=fail).target("https://hooks.example/")


@pytest.mark.parametrize("text", ["http://127.0.0.1:9/x", "http://2130706433/", "http://[::1]:9/x"])
async def test_a_literal_private_address_is_refused_by_the_real_resolver(text: str) -> None:
    """Numbers need no name server, and decimal forms are numbers."""
    with pytest.raises(ForbiddenAddressError):
        await AddressGuard(allow_private=False).target(text)


async def test_private_networks_may_be_allowed() -> None:
    """A local stack delivers to its own machine."""
    target = await AddressGuard(allow_private=True).target("http://127.0.0.1:9400/hooks/water")
    assert str(target.url) == "http://127.0.0.1:9400/hooks/water"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "fe80::1%eth0",
        "febf::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
async def test_a_link_local_address_is_refused_although_private_ones_are_allowed(
    address: str,
) -> None:
    """There a machine is told its own secrets; one such address of a name is enough."""
    private = guard("127.0.0.1", address, allow_private=True)
    with pytest.raises(ForbiddenAddressError, match="link-local"):
        await private.target("http://hooks.example/")


@pytest.mark.parametrize(
    "address", ["169.253.255.255", "169.255.0.0", "10.0.0.8", "::1", "fe7f::1", "64:ff9b::a00:8"]
)
async def test_what_is_private_and_not_link_local_may_be_allowed(address: str) -> None:
    """The connection goes to the address that was checked."""
    target = await guard(address, allow_private=True).target("http://hooks.example/")
    assert (target.url.host, target.host_header) == (address, "hooks.example")


async def test_of_two_addresses_the_one_of_ipv4_is_tried() -> None:
    """`localhost` is both, and a local department listens to one."""
    target = await guard("::1", "127.0.0.1", allow_private=True).target("http://localhost:9400/x")
    assert str(target.url) == "http://127.0.0.1:9400/x"
