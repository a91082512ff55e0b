"""Kafka and Postgres for a test run: real ones, in a folder of their own, gone with the run."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local import control
from civicloop_local.assembly import (
    BACKENDS,
    apply_topics,
    databases_of,
    service_environment,
)
from civicloop_local.credentials import ADMIN_USER, load_credentials
from civicloop_local.kafka import admin_settings
from civicloop_local.layout import Layout, default_layout
from civicloop_local.ports import HOST, recorded_ports
from civicloop_local.services import KEYRING_DATABASE, SERVICES, service_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from civicloop_local.credentials import Credentials
    from civicloop_local.databases import Databases

TEST_PARTITIONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """A running Kafka and Postgres and everything needed to log in to them."""

    layout: Layout
    credentials: Credentials
    ports: Mapping[str, int]

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of Kafka's administrator."""
        return ADMIN_USER, self.credentials.kafka[ADMIN_USER]

    @property
    def admin_settings(self) -> dict[str, str | int | float | bool]:
        """Librdkafka's settings for Kafka's administrator."""
        return admin_settings(self.bootstrap, self.credentials)

    @property
    def databases(self) -> Databases:
        """Roles, databases and their addresses."""
        return databases_of(self.credentials, self.ports)

    def create_topics(self, prefix: str, *, partitions: int = TEST_PARTITIONS) -> None:
        """Make every topic under a prefix, with the services' users and rights."""
        apply_topics(self.credentials, self.ports, prefix=prefix, max_partitions=partitions)

    def create_databases(self, prefix: str) -> dict[str, str]:
        """Make and migrate every database under a prefix; returns the serving roles' addresses."""
        self.databases.apply(prefix=prefix)
        names = (*(service.database for service in SERVICES), KEYRING_DATABASE)
        return {name: self.databases.url(name, prefix=prefix) for name in names}

    def drop_databases(self, prefix: str) -> None:
        """Remove the databases of a prefix."""
        self.databases.drop(prefix=prefix)

    def environment(self, service: str, prefix: str, **changes: str) -> dict[str, str]:
        """Return the environment that starts one service on a prefix's topics and databases.

        Each of `changes` is a setting without its `CIVICLOOP_`, for example `HTTP_PORT`.
        """
        own = service_environment(
            service_named(service), self.credentials, self.ports, prefix=prefix
        )
        own["CIVICLOOP_DATA_DIR"] = str(self.layout.data(service))
        return own | {f"CIVICLOOP_{name}": value for name, value in changes.items()}


def fresh_prefix() -> str:
    """Return a prefix that no other test uses."""
    return f"t{secrets.token_hex(4)}-"


@contextlib.contextmanager
def running_backends(folder: Path | None = None) -> Iterator[Backends]:
    """Start Kafka and Postgres; both end with the block or with this process.

    Without a folder they get one of their own, which is removed afterwards.

    Raises:
        StackError: A prerequisite is missing.
    """
    home = folder or Path(tempfile.mkdtemp(prefix="civicloop-"))
    layout = Layout(home=home.absolute(), cache=default_layout().cache)
    try:
        control.up(layout, parts=BACKENDS, tied_to=os.getpid())
        yield Backends(
            layout=layout, credentials=load_credentials(layout), ports=recorded_ports(layout)
        )
    finally:
        control.down(layout)
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)
