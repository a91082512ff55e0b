"""Whose token is taken: a department that was removed enters no more."""

from typing import Protocol
from uuid import UUID

from civicloop_kit.auth import DEPARTMENT_PREFIX, Principal
from department_adapter.domain.errors import AdapterError, NoSuchTaskError
from department_adapter.ports import Admission, TaskEntry


class RevokedTokenError(AdapterError):
    """The department of this token was removed: ask an operator for a new one."""


class FindsTasks(Protocol):
    """Where tasks are found by their id."""

    async def find(self, task_id: UUID) -> TaskEntry | None:
        """Return a task, or None when it was never dispatched here."""


class Gate:
    """Looks at callers, and at the tasks that they name."""

    def __init__(self, admission: Admission, tasks: FindsTasks) -> None:
        self._admission = admission
        self._tasks = tasks

    async def admit(self, caller: Principal) -> None:
        """Let a caller in.

        Raises:
            RevokedTokenError: Its department was removed after the token was made.
        """
        code = caller.department
        if code is not None and not await self._admission.admits(code, caller.issued_at):
            raise RevokedTokenError

    async def task(self, task_id: UUID, caller: Principal, *others: str) -> TaskEntry:
        """Return a task of the caller's department, or any for a caller with one of *others*.

        Raises:
            RevokedTokenError: `admit`.
            NoSuchTaskError: Unknown, or another department's.
        """
        await self.admit(caller)
        entry = await self._tasks.find(task_id)
        if entry is None or not (_speaks_for(caller, entry) or any(map(caller.plays, others))):
            raise NoSuchTaskError
        return entry


def _speaks_for(caller: Principal, entry: TaskEntry) -> bool:
    return caller.plays(f"{DEPARTMENT_PREFIX}{entry.department}")
