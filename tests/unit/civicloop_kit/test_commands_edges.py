"""Edges of group commit: the order of replies, and how long a caller is asked to wait."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.unit.civicloop_kit.counting import Count, counting_room
from tests.unit.civicloop_kit.memory import BrokenCommitError, Memory
from tests.unit.civicloop_kit.test_group_commit import command, commands
from tests.unit.civicloop_kit.test_jobs import QUEUED

from civicloop_kit.postgres import ConflictError, UnavailableError

PATIENCE_S = 5.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the times at which the clock is looked at, one after another."""
    times: list[float] = []

    def now() -> float:
        return times.pop(0)

    monkeypatch.setattr("civicloop_kit.commands.monotonic", now)
    return times


async def test_replies_are_written_in_one_order() -> None:
    """Two processes with the same keys wait for each other and never in a circle."""
    memory = Memory()
    await commands(memory).submit_all([command(uuid4(), str(number)) for number in range(9)])
    keys = list(memory.tables.replies)
    assert len(keys) == 9
    assert keys == sorted(keys)


async def test_a_room_that_fails_when_told_spoils_no_answer() -> None:
    """What is saved is answered; who was not told looks again by himself."""

    def fail(_effects: Sequence[object]) -> None:
        raise ZeroDivisionError

    memory, case = Memory(replace(counting_room(), saved=fail)), uuid4()
    asked = replace(command(case), body=Count(effects=(QUEUED,)))
    reply = await commands(memory).submit(asked)
    assert (reply.body["count"], memory.counted(case)) == (1, 1)


@pytest.mark.parametrize("looked_at", [100.0, 104.9, 105.0])
async def test_a_conflict_is_redone_within_a_callers_patience(
    clock: list[float], looked_at: float
) -> None:
    """The last moment counts."""
    clock += [100.0, looked_at]
    memory, case = Memory(), uuid4()
    memory.fails_to_save.append(ConflictError())
    await commands(memory, PATIENCE_S).submit(command(case))
    assert memory.counted(case) == 1


@pytest.mark.parametrize("looked_at", [100.0, 105.0])
async def test_an_unknown_commit_is_looked_up_within_a_callers_patience(
    clock: list[float], looked_at: float
) -> None:
    """Alike."""
    clock += [100.0, looked_at, looked_at]
    memory, case = Memory(), uuid4()
    memory.fails_to_commit.append(BrokenCommitError(reached=True))
    reply = await commands(memory, PATIENCE_S).submit(command(case, "key"))
    assert (reply.repeated, memory.counted(case)) == (True, 1)


@pytest.mark.parametrize(
    ("where", "error"),
    [("fails_to_save", ConflictError()), ("fails_to_commit", BrokenCommitError(reached=True))],
)
async def test_after_that_the_caller_is_told(
    clock: list[float], where: str, error: Exception
) -> None:
    """He asks again with the same key."""
    clock += [100.0, 105.1]
    memory = Memory()
    getattr(memory, where).append(error)
    with pytest.raises(UnavailableError):
        await commands(memory, PATIENCE_S).submit(command(uuid4(), "key"))
    assert memory.begun == 1
