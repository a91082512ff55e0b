"""What the entrypoints need from outside."""

from typing import Protocol
from uuid import UUID

from router.domain.case import Case
from router.domain.errors import RouterError


class UnknownCaseError(RouterError):
    """There is no such case."""


class CaseReader(Protocol):
    """Reads what was decided, without locking it."""

    async def read_case(self, case_id: UUID) -> Case | None:
        """Return a case, or None if the router has read nothing about it."""
