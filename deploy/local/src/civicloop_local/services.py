"""The services of Civicloop and what each is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KEYRING_DATABASE: Final = "keyring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service; its name is also its Kafka user and its consumer group."""

    name: str
    uses_keyring: bool = False
    calls_intake: bool = False

    @property
    def module(self) -> str:
        """What `python -m` starts."""
        return self.name.replace("-", "_")

    @property
    def database(self) -> str:
        """Its own database, named like its serving role."""
        return self.module

    @property
    def migrations(self) -> str:
        """Where its migrations are, seen from the work tree."""
        return f"services/{self.name}/migrations"


SERVICES: Final = (
    Service(name="intake", uses_keyring=True),
    Service(name="router"),
    Service(name="department-adapter", uses_keyring=True, calls_intake=True),
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
