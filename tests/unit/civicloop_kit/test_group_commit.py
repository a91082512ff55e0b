"""Group commit: what becomes of each command when their transaction fails."""

from uuid import UUID, uuid4

import pytest
from tests.unit.civicloop_kit.counting import Count, Counter, RefusedError
from tests.unit.civicloop_kit.memory import BrokenCommitError, Memory

from civicloop_kit.command import (
    CaseCommand,
    CommandFailedError,
    KeyedRequest,
    KeyReusedError,
    Reply,
)
from civicloop_kit.commands import PATIENCE_S, Commands
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.postgres import (
    CommitUnknownError,
    ConflictError,
    DataError,
    MisconfiguredError,
    UnavailableError,
)


def command(case_id: UUID, key: str | None = None, how: str = "well") -> CaseCommand:
    """Return a command of the small room."""
    return CaseCommand(
        case_id=case_id,
        body=Count(how=how),
        principal="tester",
        request=None if key is None else KeyedRequest(key=key, target="", digest=how.encode()),
    )


def commands(memory: Memory, patience_s: float = PATIENCE_S) -> Commands[Counter]:
    """Return commands that run in memory."""
    return Commands(memory.transactions(), b"s" * 32, patience_s=patience_s)


def kinds(outcomes: list[Reply | Exception]) -> list[type]:
    """Return what kind of answer each caller got."""
    return [type(outcome) for outcome in outcomes]


async def test_a_group_is_one_transaction() -> None:
    """Two commands to one case count one after the other."""
    memory, case = Memory(), uuid4()
    replies = await commands(memory).submit_all([command(case), command(case), command(uuid4())])
    assert [r.body["count"] for r in replies if isinstance(r, Reply)] == [1, 2, 1]
    assert (memory.begun, memory.counted(case)) == (1, 2)
    assert len(memory.hinted) == 3


async def test_a_repeated_key_is_answered_from_the_table() -> None:
    """With the first reply; another request under it is refused."""
    memory, case = Memory(), uuid4()
    room = commands(memory)
    first = await room.submit(command(case, "key"))
    again = await room.submit(command(case, "key"))
    assert (first.repeated, again.repeated, again.body) == (False, True, first.body)
    with pytest.raises(KeyReusedError):
        await room.submit(command(case, "key", "otherwise"))
    assert memory.counted(case) == 1


async def test_twins_are_decided_once() -> None:
    """In one group too, and a differing twin is refused."""
    memory, case = Memory(), uuid4()
    other = command(case, "key", "otherwise")
    outcomes = await commands(memory).submit_all([command(case, "key")] * 2 + [other])
    assert kinds(outcomes) == [Reply, Reply, KeyReusedError]
    assert [r.repeated for r in outcomes[:2] if isinstance(r, Reply)] == [False, True]
    assert memory.counted(case) == 1


async def test_a_refused_twin_does_not_answer_the_next() -> None:
    """What was refused is not kept, neither in its group nor after it."""
    memory, case = Memory(), uuid4()
    outcomes = await commands(memory).submit_all([command(case, "key", "refused")] * 2)
    assert kinds(outcomes) == [RefusedError] * 2
    assert memory.tables.replies == {}


async def test_refusal_and_bug_are_answers_of_their_own() -> None:
    """The others of the group are saved in the same transaction."""
    memory, good = Memory(), uuid4()
    group = [command(uuid4(), how="refused"), command(uuid4(), how="bug"), command(good)]
    outcomes = await commands(memory).submit_all(group)
    assert kinds(outcomes) == [RefusedError, CommandFailedError, Reply]
    assert (memory.begun, memory.counted(good)) == (1, 1)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (DataError("22P05"), CommandFailedError),
        (TypeError("secret words"), CommandFailedError),
        (StaleClaimError(), StaleClaimError),
    ],
)
async def test_what_the_database_refuses_is_found_alone(
    error: Exception, answer: type[Exception]
) -> None:
    """Each is run again by itself; only one fails, without a word of the data."""
    memory, bad = Memory(), uuid4()
    memory.refuses, memory.refusal = (bad,), error
    cases = [uuid4(), bad, uuid4()]
    outcomes = await commands(memory).submit_all([command(case) for case in cases])
    assert kinds(outcomes) == [Reply, answer, Reply]
    assert "secret" not in str(outcomes[1])
    assert [memory.counted(case) for case in cases] == [1, 0, 1]
    assert memory.begun == 4


@pytest.mark.parametrize("error", [UnavailableError("away"), MisconfiguredError("42501")])
async def test_a_database_that_is_away_is_everybodys_answer(error: Exception) -> None:
    """Nobody is run again one by one against it."""
    memory = Memory()
    memory.fails_to_begin.append(error)
    outcomes = await commands(memory).submit_all([command(uuid4()), command(uuid4())])
    assert kinds(outcomes) == [type(error)] * 2
    assert memory.begun == 1


async def test_a_conflict_is_redone() -> None:
    """From fresh rows, and not without end."""
    memory, case = Memory(), uuid4()
    memory.fails_to_save.append(ConflictError())
    await commands(memory).submit(command(case))
    assert (memory.counted(case), memory.begun) == (1, 2)


@pytest.mark.parametrize("reached", [True, False])
async def test_a_key_tells_what_became_of_an_unknown_commit(*, reached: bool) -> None:
    """Saved: the stored reply. Not saved: decided now. Never both."""
    memory, case = Memory(), uuid4()
    memory.fails_to_commit.append(BrokenCommitError(reached=reached))
    # While it is looked up the database is away for a moment.
    memory.fails_to_begin.extend([None, UnavailableError()])
    reply = await commands(memory).submit(command(case, "key"))
    assert (reply.repeated, memory.counted(case), memory.rescans) == (reached, 1, 1)


@pytest.mark.parametrize("reached", [True, False])
async def test_without_a_key_it_stays_unknown(*, reached: bool) -> None:
    """The caller is told so; it is not run again."""
    memory, plain, keyed = Memory(), uuid4(), uuid4()
    memory.fails_to_commit.append(BrokenCommitError(reached=reached))
    group = [command(plain), command(keyed, "key")]
    outcomes = await commands(memory).submit_all(group)
    assert isinstance(outcomes[0], CommitUnknownError)
    assert isinstance(outcomes[1], Reply)
    assert memory.counted(plain) == (1 if reached else 0)
    assert memory.counted(keyed) == 1


async def test_a_conflict_without_end_is_unavailable() -> None:
    """Nobody waits for ever."""
    memory = Memory()
    memory.refuses, memory.refusal = (case := uuid4(),), ConflictError()
    with pytest.raises(UnavailableError):
        await commands(memory, patience_s=0.2).submit(command(case))
    assert memory.begun > 1


async def test_a_commit_that_stays_unknown_is_told() -> None:
    """A database that does not come back in time: the caller asks again with his key."""
    memory = Memory()
    memory.fails_to_commit.append(BrokenCommitError(reached=True))
    memory.fails_to_begin.extend([None, *[UnavailableError()] * 50])
    with pytest.raises(UnavailableError):
        await commands(memory, patience_s=0.2).submit(command(uuid4(), "key"))
