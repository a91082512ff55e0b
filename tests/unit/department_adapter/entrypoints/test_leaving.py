"""Tasks that removed departments left."""

import pytest

from civicloop_kit.command import CommandFailedError, OverloadedError
from civicloop_kit.postgres import UnavailableError
from department_adapter.domain.commands import AbandonTask
from department_adapter.entrypoints.leaving import LeftTasks
from department_adapter.testing import CASE_ID, FakeCommands, FakeTasks, entry


async def test_what_was_left_is_parked_together() -> None:
    """One command per task."""
    tasks, commands = FakeTasks(left_behind=[entry(), entry()]), FakeCommands()
    assert await LeftTasks(tasks=tasks, recorder=commands).park() == 2
    assert commands.batches == [2]
    assert {command.case_id for command in commands.taken} == {CASE_ID}
    assert [command.body for command in commands.taken] == [
        AbandonTask(task_id=entry().task_id)
    ] * 2


async def test_where_nothing_is_left_nothing_is_done() -> None:
    """The worker rests."""
    commands = FakeCommands()
    assert await LeftTasks(tasks=FakeTasks(), recorder=commands).park() == 0
    assert commands.batches == []


@pytest.mark.parametrize("error", [UnavailableError(), OverloadedError()])
async def test_a_database_that_is_away_is_waited_for(error: Exception) -> None:
    """The same is found again."""
    left = LeftTasks(tasks=FakeTasks(left_behind=[entry()]), recorder=FakeCommands(error=error))
    with pytest.raises(UnavailableError):
        await left.park()


async def test_a_bug_does_not_make_the_worker_spin() -> None:
    """What cannot be done counts as not done."""
    commands = FakeCommands(error=CommandFailedError())
    left = LeftTasks(tasks=FakeTasks(left_behind=[entry()]), recorder=commands)
    assert await left.park() == 0
