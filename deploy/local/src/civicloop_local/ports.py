"""Free loopback ports, chosen once per stack and recorded."""

from __future__ import annotations

import json
import random
import socket
from typing import TYPE_CHECKING, Final

from civicloop_local.errors import StackError
from civicloop_local.files import read_json, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable

    from civicloop_local.layout import Layout

HOST: Final = "127.0.0.1"
# Below the range from which the kernel takes the ports of outgoing connections.
FIRST_PORT: Final = 20_000
LAST_PORT: Final = 32_000
TRIES: Final = 200


def take_ports(layout: Layout, names: Iterable[str]) -> dict[str, int]:
    """Return a port per name: the recorded one where it is still free, else a new one.

    Call it only while the stack does not run.

    Raises:
        StackError: No free port was found.
    """
    recorded = read_json(layout.ports_file)
    ports: dict[str, int] = {}
    for name in names:
        known = recorded.get(name)
        if isinstance(known, int) and known not in ports.values() and is_free(known):
            ports[name] = known
        else:
            ports[name] = _free_port(taken=ports.values())
    write_private(layout.ports_file, json.dumps(recorded | ports, indent=2))
    return ports


def recorded_ports(layout: Layout) -> dict[str, int]:
    """Return the ports as recorded by the last start."""
    return {name: int(port) for name, port in read_json(layout.ports_file).items()}


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _free_port(*, taken: Iterable[int]) -> int:
    avoid = set(taken)
    for _ in range(TRIES):
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 -- only to avoid collisions
        if port not in avoid and is_free(port):
            return port
    raise StackError(f"no free port from {FIRST_PORT} to {LAST_PORT}: end what listens there")
