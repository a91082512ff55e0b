"""Kafka and Postgres for a test run: real ones, and whatever a test makes there is its own.

`chosen_backends` takes the servers whose addresses the environment gives, else containers where
Docker answers and has the images, else an embedded stack in a folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local import control
from civicloop_local.assembly import (
    BACKENDS,
    PORTS,
    apply_topics,
    databases_of,
    kafka_access,
    service_environment,
    token_file_of,
)
from civicloop_local.containers import docker_answers, images_ready, running_containers
from civicloop_local.credentials import load_credentials
from civicloop_local.given_servers import given_servers, login_at
from civicloop_local.kafka import client_settings
from civicloop_local.layout import Layout, default_layout
from civicloop_local.ports import recorded_ports, take_ports
from civicloop_local.servers import Servers, local_servers
from civicloop_local.services import KEYRING_DATABASE, SERVICES, service_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from civicloop_local.credentials import Credentials
    from civicloop_local.databases import Databases

TEST_PARTITIONS: Final = 3
# Nobody renews a token in a test run.
TEST_TOKEN_HOURS: Final = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """A running Kafka and Postgres and everything needed to log in to them."""

    layout: Layout
    credentials: Credentials
    ports: Mapping[str, int]
    servers: Servers
    _prefixes: set[str] = field(default_factory=set, repr=False)

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.servers.kafka

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of Kafka's administrator."""
        name = self.servers.kafka_admin
        return name, self.credentials.kafka[name]

    @property
    def admin_settings(self) -> dict[str, str | int | float | bool]:
        """Librdkafka's settings for Kafka's administrator."""
        return client_settings(self.bootstrap, *self.admin)

    @property
    def databases(self) -> Databases:
        """Roles, databases and their addresses."""
        return databases_of(self.credentials, self.servers)

    def create_topics(self, prefix: str, *, partitions: int = TEST_PARTITIONS) -> None:
        """Make every topic under a prefix, with the services' users and rights."""
        self._prefixes.add(prefix)
        apply_topics(self.credentials, self.servers, prefix=prefix, max_partitions=partitions)

    def create_databases(self, prefix: str) -> dict[str, str]:
        """Make and migrate every database under a prefix; returns the serving roles' addresses."""
        self._prefixes.add(prefix)
        self.databases.apply(prefix=prefix)
        names = (*(service.database for service in SERVICES), KEYRING_DATABASE)
        return {name: self.databases.url(name, prefix=prefix) for name in names}

    def drop_databases(self, prefix: str) -> None:
        """Remove the databases of a prefix."""
        self.databases.drop(prefix=prefix)

    def drop_all(self) -> None:
        """Remove every topic, right and database that was made here under a prefix."""
        for prefix in sorted(self._prefixes - {""}):
            kafka_access(self.credentials, self.servers).drop(prefix=prefix)
            self.drop_databases(prefix)

    def environment(self, service: str, prefix: str, **changes: str) -> dict[str, str]:
        """Return the environment that starts one service on a prefix's topics and databases.

        Each of `changes` is a setting without its `CIVICLOOP_`, for example `HTTP_PORT`.
        """
        named = service_named(service)
        token = token_file_of(self.layout, self.credentials, named, hours=TEST_TOKEN_HOURS)
        if named.calls_intake:
            token.write()
        own = service_environment(
            named,
            self.credentials,
            self.ports,
            token_file=token.path,
            servers=self.servers,
            prefix=prefix,
        )
        own["CIVICLOOP_DATA_DIR"] = str(self.layout.data(service))
        return own | {f"CIVICLOOP_{name}": value for name, value in changes.items()}


def fresh_prefix() -> str:
    """Return a prefix that no other test uses."""
    return f"t{secrets.token_hex(4)}-"


@contextlib.contextmanager
def chosen_backends(
    *, shared: Path | None = None, tied_to: int | None = None
) -> Iterator[Backends]:
    """Take the first that there is: given servers, containers, an embedded stack.

    An embedded stack in a `shared` folder is started by whoever comes first, stays when the block
    ends, and ends with the process `tied_to` or by `end_shared`.

    Raises:
        StackError: The environment gives addresses that cannot be used, or nothing starts.
    """
    given = given_servers(os.environ)
    if given is not None:
        with _at(given, login_at(given, os.environ)) as backends:
            try:
                yield backends
            finally:
                backends.drop_all()
        return
    if docker_answers():
        if images_ready():
            with _in_containers() as backends:
                yield backends
            return
        warnings.warn("Docker answers without the images: embedded servers then", stacklevel=2)
    if shared is not None:
        with _folder(shared) as layout:
            yield _started(layout, tied_to=tied_to)
        return
    with running_backends() as backends:
        yield backends


def end_shared(folder: Path) -> None:
    """End the stack of a shared folder, where one was started."""
    with _folder(folder) as layout:
        control.down(layout)


@contextlib.contextmanager
def running_backends(folder: Path | None = None) -> Iterator[Backends]:
    """Start an embedded Kafka and Postgres; both end with the block or with this process.

    Without a folder they get one of their own, which is removed afterwards.

    Raises:
        StackError: A prerequisite is missing.
    """
    with _folder(folder) as layout:
        try:
            yield _started(layout, tied_to=os.getpid())
        finally:
            control.down(layout)


def _started(layout: Layout, *, tied_to: int | None) -> Backends:
    control.up(layout, parts=BACKENDS, tied_to=tied_to)
    ports = recorded_ports(layout)
    return Backends(
        layout=layout,
        credentials=load_credentials(layout),
        ports=ports,
        servers=local_servers(ports),
    )


@contextlib.contextmanager
def _at(servers: Servers, login: Mapping[str, Mapping[str, str]]) -> Iterator[Backends]:
    with _folder(None) as layout:
        layout.create()
        yield Backends(
            layout=layout,
            credentials=load_credentials(layout).with_logins(**login),
            ports=take_ports(layout, PORTS),
            servers=servers,
        )


@contextlib.contextmanager
def _in_containers() -> Iterator[Backends]:
    with _folder(None) as layout:
        layout.create()
        credentials, ports = load_credentials(layout), take_ports(layout, PORTS)
        with running_containers(credentials, kafka_port=ports["kafka"]) as servers:
            yield Backends(layout=layout, credentials=credentials, ports=ports, servers=servers)


@contextlib.contextmanager
def _folder(folder: Path | None) -> Iterator[Layout]:
    home = folder or Path(tempfile.mkdtemp(prefix="civicloop-"))
    try:
        yield Layout(home=home.absolute(), cache=default_layout().cache)
    finally:
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)
