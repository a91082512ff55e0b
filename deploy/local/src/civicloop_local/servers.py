"""Where a Kafka and a Postgres answer, and who administers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from civicloop_local.credentials import ADMIN_USER, SUPERUSER
from civicloop_local.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A broker and a database server, as `host:port`; the passwords are in the credentials."""

    kafka: str
    postgres: str
    kafka_admin: str = ADMIN_USER
    superuser: str = SUPERUSER


def local_servers(ports: Mapping[str, int]) -> Servers:
    """Return the servers of an embedded stack."""
    return Servers(kafka=f"{HOST}:{ports['kafka']}", postgres=f"{HOST}:{ports['postgres']}")
