"""Park the open tasks of departments that were removed, so that somebody else gets them."""

from collections.abc import Sequence
from typing import Final, Protocol

from civicloop_kit.command import CaseCommand
from department_adapter.domain.commands import AbandonTask
from department_adapter.entrypoints.recording import (
    MAX_RECORDED,
    PRINCIPAL,
    Recorder,
    record_all,
)
from department_adapter.ports import TaskEntry

WORKER: Final = "left-tasks"


class FindsLeft(Protocol):
    """Where open tasks of removed departments are found."""

    async def left(self, limit: int) -> Sequence[TaskEntry]:
        """Return open tasks whose department was removed and that are not parked for it yet."""


class LeftTasks:
    """What departments left behind. A crash in between loses nothing: the rest is found again."""

    def __init__(self, *, tasks: FindsLeft, recorder: Recorder) -> None:
        self._tasks = tasks
        self._recorder = recorder

    async def park(self) -> int:
        """Park some and return how many.

        Raises:
            UnavailableError: The database does not answer; ask again.
        """
        left = await self._tasks.left(MAX_RECORDED)
        return await record_all(self._recorder, [_command(entry) for entry in left])


def _command(entry: TaskEntry) -> CaseCommand:
    body = AbandonTask(task_id=entry.task_id)
    return CaseCommand(case_id=entry.case_id, body=body, principal=PRINCIPAL)
