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
        await guard(address).check("https://hooks.example/x")


async def test_one_private_address_among_public_ones_is_enough() -> None:
    """Which one would be taken is not ours to guess."""
    with pytest.raises(ForbiddenAddressError):
        await guard("93.184.216.34", "10.0.0.1").address("hooks.example", 443)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://hooks.example/x", ("hooks.example", 443)),
        ("http://hooks.example/x", ("hooks.example", 80)),
        ("https://hooks.example:8443/x", ("hooks.example", 8443)),
        ("https://水利.example/x", ("xn--kcrt84d.example", 443)),
        ("http://[2606:2800:220:1::1]/x", ("2606:2800:220:1::1", 80)),
    ],
)
async def test_the_name_is_looked_up_as_a_connection_will(url: str, asked: tuple[str, int]) -> None:
    """What was found well at the registration is what is connected to."""
    looked_up = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        looked_up.append((host, port))
        return ["93.184.216.34"]

    await AddressGuard(allow_private=False, resolve=resolve).check(url)
    assert looked_up == [asked]


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
        await guard().check("https://hooks.example/")
    with pytest.raises(UnknownHostError):
        await AddressGuard(allow_private=False, resolve=fail).address("hooks.example", 443)


@pytest.mark.parametrize("text", ["http://127.0.0.1:9/x", "http://2130706433/", "http://[::1]:9/x"])
async def test_a_literal_private_address_is_refused_by_the_real_resolver(text: str) -> None:
    """Numbers need no name server, and decimal forms are numbers."""
    with pytest.raises(ForbiddenAddressError):
        await AddressGuard(allow_private=False).check(text)


async def test_private_networks_may_be_allowed() -> None:
    """A local stack delivers to its own machine."""
    await AddressGuard(allow_private=True).check("http://127.0.0.1:9400/hooks/water")
    assert await AddressGuard(allow_private=True).address("127.0.0.1", 9400) == "127.0.0.1"


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
        await private.address("hooks.example", 80)


@pytest.mark.parametrize(
    "address", ["169.253.255.255", "169.255.0.0", "10.0.0.8", "::1", "fe7f::1", "64:ff9b::a00:8"]
)
async def test_what_is_private_and_not_link_local_may_be_allowed(address: str) -> None:
    """The connection goes to the address that was checked."""
    found = await guard(address, allow_private=True).address("hooks.example", 80)
    assert found == address


async def test_of_two_addresses_the_one_of_ipv4_is_tried() -> None:
    """`localhost` is both, and a local department listens to one."""
    both = guard("::1", "127.0.0.1", allow_private=True)
    assert await both.address("localhost", 9400) == "127.0.0.1"
