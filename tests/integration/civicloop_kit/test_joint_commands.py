"""Joint commands on a real database: one transaction for all cases, locked in one order."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests.integration.civicloop_kit.world import World
from tests.unit.civicloop_kit.counting import Counter, RefusedError
from tests.unit.civicloop_kit.joint import count_all, joint_room

from civicloop_kit.command import CommandFailedError, Reply
from civicloop_kit.engine import Engine

ROUNDS = 40


async def test_all_cases_are_saved_in_one_transaction_or_none(quiet: World) -> None:
    """Rows and facts of all have one writer; what fails in one case leaves no trace in any."""
    one, other = uuid4(), uuid4()
    async with quiet.assembled(joint_room()) as engine:
        await engine.commands.submit(count_all(one, other))
        for hows, error in (("well refused", RefusedError), ("well homeless", CommandFailedError)):
            with pytest.raises(error):
                await engine.commands.submit(count_all(one, other, uuid4(), hows=f"{hows} well"))
        states = [await quiet.state(engine, case_id) for case_id in (one, other)]
    assert [state.counted for state in states] == [1, 1]
    rows = await quiet.rows("SELECT case_id, xmin::text AS writer FROM case_rows")
    facts = await quiet.rows("SELECT case_id, xmin::text AS writer FROM outbox")
    assert {row["case_id"] for row in rows} == {fact["case_id"] for fact in facts} == {one, other}
    assert len(facts) == 2
    assert len({row["writer"] for row in (*rows, *facts)}) == 1


async def test_opposite_joint_commands_wait_for_each_other(quiet: World) -> None:
    """Two processes that name the same cases in opposite order never deadlock: all are counted."""
    one, other = uuid4(), uuid4()
    async with quiet.assembled(joint_room()) as left, quiet.assembled(joint_room()) as right:

        async def all_rounds(engine: Engine[Counter], *cases: UUID) -> list[Reply]:
            return [await engine.commands.submit(count_all(*cases)) for _ in range(ROUNDS)]

        answered = await asyncio.gather(all_rounds(left, one, other), all_rounds(right, other, one))
        states = [await quiet.state(left, case_id) for case_id in (one, other)]
    assert [len(replies) for replies in answered] == [ROUNDS, ROUNDS]
    assert [state.counted for state in states] == [2 * ROUNDS, 2 * ROUNDS]
