"""Commands: one transaction for many, one answer for each, never two for one key."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.integration.civicloop_kit.world import World, count, sequences
from tests.unit.civicloop_kit.counting import RefusedError

from civicloop_kit.command import CommandFailedError, KeyReusedError, Reply


async def test_a_repeated_key_gets_the_first_reply(quiet: World) -> None:
    """The same request again is answered from the table, and decided once."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        first = await engine.commands.submit(count(case_id, "key"))
        again = await engine.commands.submit(count(case_id, "key"))
        elsewhere = await engine.commands.submit(count(uuid4(), "key"))
        state = await quiet.state(engine, case_id)
    assert (first.repeated, again.repeated, elsewhere.repeated) == (False, True, True)
    assert first.body == again.body == elsewhere.body
    assert state.counted == 1
    # The case that was made up for the repeated request has left no row.
    assert len(await quiet.rows("SELECT FROM case_rows")) == 1


async def test_a_key_belongs_to_its_principal(quiet: World) -> None:
    """Two principals may use the same key; nobody gets the other's reply."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        await engine.commands.submit(count(case_id, "key"))
        other = replace(count(case_id, "key"), principal="somebody else")
        reply = await engine.commands.submit(other)
    assert (reply.repeated, reply.body["count"]) == (False, 2)


async def test_a_key_stands_for_one_request(quiet: World) -> None:
    """The same key with another request is refused, in a later group and in the same one."""
    case_id = uuid4()
    other = count(case_id, "key", how="otherwise")
    async with quiet.assembled() as engine:
        together = await engine.commands.submit_all([count(case_id, "key"), other])
        with pytest.raises(KeyReusedError):
            await engine.commands.submit(other)
        state = await quiet.state(engine, case_id)
    assert [type(outcome) for outcome in together] == [Reply, KeyReusedError]
    assert state.counted == 1


async def test_twins_in_one_group_are_decided_once(quiet: World) -> None:
    """A client that sends twice at once gets the same reply twice."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        replies = await engine.commands.submit_all([count(case_id, "key")] * 3)
        state = await quiet.state(engine, case_id)
    assert [reply.repeated for reply in replies if isinstance(reply, Reply)] == [False, True, True]
    assert state.counted == 1


async def test_the_same_key_in_two_processes_counts_once(quiet: World) -> None:
    """Replicas that get the same request at once answer alike, also for different cases."""
    cases = [uuid4(), uuid4()]
    async with quiet.assembled() as one, quiet.assembled() as other:
        replies = await asyncio.gather(
            *(
                engine.commands.submit(count(case_id, f"key-{number}"))
                for number in range(20)
                for engine, case_id in zip((one, other), cases, strict=True)
            )
        )
        counted = [(await quiet.state(one, case_id)).counted for case_id in cases]
    assert sum(counted) == 20
    assert sum(reply.repeated for reply in replies) == 20


async def test_a_refusal_is_not_kept(quiet: World) -> None:
    """What was refused may be allowed later: its key stands for nothing."""
    case_id = uuid4()
    refused = count(case_id, "key", how="refused")
    async with quiet.assembled() as engine:
        with pytest.raises(RefusedError):
            await engine.commands.submit(refused)
        assert await quiet.rows("SELECT FROM case_rows") == []
        reply = await engine.commands.submit(count(case_id, "key"))
    assert not reply.repeated


async def test_each_of_a_group_gets_its_own_answer(world: World) -> None:
    """A refusal, a bug, refused data and good ones side by side: nobody gets another's answer."""
    cases = [uuid4() for _ in range(6)]
    hows = ["well", "refused", "bug", "data", "surrogate", "well"]
    commands = [
        count(case_id, str(case_id), how=how) for case_id, how in zip(cases, hows, strict=True)
    ]
    async with world.running() as engine:
        outcomes = await engine.commands.submit_all(commands)
        sent = sequences(await world.eventually_sent(2))
    kinds = [type(outcome) for outcome in outcomes]
    failed = CommandFailedError
    assert kinds == [Reply, RefusedError, failed, failed, failed, Reply]
    assert sent == {cases[0]: [1], cases[5]: [1]}


async def test_many_callers_share_few_transactions(quiet: World) -> None:
    """Callers that come while one transaction is busy go into the next together."""
    async with quiet.assembled() as engine:
        await asyncio.gather(*(engine.commands.submit(count(uuid4())) for _ in range(200)))
    (row,) = await quiet.rows("SELECT count(DISTINCT xmin::text) AS used FROM case_rows")
    assert row["used"] <= 5


async def test_a_caller_that_hangs_up_cancels_nobody(quiet: World) -> None:
    """Its command and the others of its group are saved all the same."""
    gone, other = uuid4(), uuid4()
    async with quiet.assembled() as engine:
        tasks = [
            asyncio.create_task(engine.commands.submit(count(case_id))) for case_id in (gone, other)
        ]
        await asyncio.sleep(0)
        tasks[0].cancel()
        reply = await tasks[1]
        await engine.commands.drain()
        state = await quiet.state(engine, gone)
    assert tasks[0].cancelled()
    assert (reply.body["count"], state.counted) == (1, 1)
