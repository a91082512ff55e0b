"""The registry of departments, and what is known of each: address, secrets, breaker."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from department_adapter.domain.department import Department
from department_adapter.domain.errors import AdapterError


class ForbiddenAddressError(AdapterError):
    """A webhook must have an http or https address in a public network."""


class UnknownHostError(AdapterError):
    """The name of the webhook's host cannot be resolved."""


class BreakerOpenError(AdapterError):
    """The department's breaker is open: nothing was sent."""


class BreakerState(StrEnum):
    """Closed: all goes through. Open: nothing does. Half open: one attempt tries the water."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A department with what its signatures are made from: the newest secret first."""

    department: Department
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of a department that was put: made anew, and whether the secret is in use."""

    made: bool
    new_secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was tried; ``fix`` says what to do when it failed."""

    name: str
    ok: bool
    fix: str | None = None


class Departments(Protocol):
    """The registry of departments, as the worker sees it."""

    async def known(self) -> Mapping[str, Registered]:
        """Return all departments by code; a change shows within seconds."""

    async def reread(self) -> Mapping[str, Registered]:
        """Return all departments by code as they are now."""

    async def disable(self, code: str) -> None:
        """Try a department no more until a person activates it."""


class Registry(Protocol):
    """The registry of departments, as the operator sees it."""

    async def reread(self) -> Mapping[str, Registered]:
        """Return all departments by code as they are now."""

    async def put(
        self, department: Department, secret: str | None, *, keep_state: bool = False
    ) -> Put:
        """Make or change a department; *secret* becomes its own when it has none yet.

        With *keep_state* one that is known stays paused, disabled or active as it is.
        """

    async def rotate(self, code: str, secret: str) -> datetime | None:
        """Return until when the old secret signs too; None where there is no such webhook."""

    async def pause(self, code: str, until: datetime) -> bool:
        """Leave a department alone for a while; False when it is disabled or unknown."""

    async def resume(self, code: str) -> bool:
        """Try a department again; False when it is unknown."""

    async def remove(self, code: str) -> int | None:
        """Forget a department; returns how many open tasks it leaves, None when it is unknown."""


class Admission(Protocol):
    """Whose tokens are taken."""

    async def admits(self, code: str, issued_at: datetime | None) -> bool:
        """Tell whether a department's token still counts: not after the department was removed."""


class Addresses(Protocol):
    """Where webhooks may go."""

    async def check(self, url: str) -> None:
        """Look at an address.

        Raises:
            ForbiddenAddressError: Not there.
            UnknownHostError: The name has no address.
        """


class Probe(Protocol):
    """Tries a webhook with samples."""

    async def run(self, registered: Registered, test_id: UUID) -> tuple[Check, ...]:
        """Return what works. Checks that need an earlier one that failed are left out."""


class Breakers(Protocol):
    """A breaker per department: one that keeps failing is left alone for a while."""

    def state(self, code: str) -> BreakerState:
        """Return how the breaker of a department stands."""

    def allows(self, code: str, *, free: int, in_flight: int) -> int:
        """Return how many of *free* attempts may begin now."""

    def attempt(self, code: str) -> AbstractAsyncContextManager[None]:
        """Watch one attempt.

        Raises:
            BreakerOpenError: It opened meanwhile; nothing was sent.
        """
