"""What the entrypoints need from outside."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from civicloop_kit.command import CaseCommand, Reply
from router.domain.case import Case
from router.domain.desk import DisputeRow, RequestRow


class CaseReader(Protocol):
    """Reads what was decided, without locking it."""

    async def read_case(self, case_id: UUID) -> Case | None:
        """Return a case, or None if the router has read nothing about it."""


class Desk(Protocol):
    """The tables that people are guided by; nothing is decided from them."""

    async def case_of_task(self, task_id: UUID) -> UUID | None:
        """Return the case of a task, or None if there is no such task."""

    async def case_of_dispute(self, dispute_id: UUID) -> UUID | None:
        """Return the case of a dispute, or None if there is no such dispute."""

    async def list_disputes(self, after: UUID | None, limit: int) -> Sequence[DisputeRow]:
        """Return open disputes, the next to be settled first, after the one with that id."""

    async def list_requests(self, after: UUID | None, limit: int) -> Sequence[RequestRow]:
        """Return what departments ask for, the oldest first, after the row with that id."""


class CommandPort(Protocol):
    """What takes commands; `civicloop_kit.commands.Commands` does."""

    async def submit(self, command: CaseCommand) -> Reply:
        """Decide and save one command."""
