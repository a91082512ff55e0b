"""The services of Civicloop and what each is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KEYRING_DATABASE: Final = "keyring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A table that stays as it was written, but for its `progress` columns."""

    table: str
    progress: tuple[str, ...] = ()


# Who asked for what cannot be changed or deleted, how far it has come can.
KIT_RECORDS: Final = (
    Record(
        table="operations",
        progress=("reached", "cases", "freed", "records", "finished_at"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service; its name is also its Kafka user and its consumer group."""

    name: str
    uses_keyring: bool = False
    calls_intake: bool = False
    calls_departments: bool = False
    takes_reports: bool = False
    own_records: tuple[Record, ...] = ()

    @property
    def module(self) -> str:
        """What `python -m` starts."""
        return self.name.replace("-", "_")

    @property
    def database(self) -> str:
        """Its own database, named like its serving role."""
        return self.module

    @property
    def records(self) -> tuple[Record, ...]:
        """The tables that are its audit: rows come, and never change."""
        return (*KIT_RECORDS, *self.own_records)

    @property
    def migrations(self) -> str:
        """Where its migrations are, seen from the work tree: in its package, so that it has them.

        A service that starts compares what it ships with what its database has.
        """
        return f"services/{self.name}/src/{self.module}/migrations"


SERVICES: Final = (
    Service(
        name="intake",
        uses_keyring=True,
        takes_reports=True,
        own_records=(Record(table="disclosures"), Record(table="erasures")),
    ),
    Service(name="router"),
    Service(
        name="department-adapter", uses_keyring=True, calls_intake=True, calls_departments=True
    ),
    Service(name="feedback"),
)
DATABASES: Final = tuple(service.database for service in SERVICES)


def service_named(name: str) -> Service:
    """Return a service.

    Raises:
        KeyError: There is none of that name.
    """
    for service in SERVICES:
        if service.name == name:
            return service
    raise KeyError(name)
