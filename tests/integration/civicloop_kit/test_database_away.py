"""The database goes away, freezes, breaks a COMMIT: nothing is lost, doubled or stuck."""

import asyncio
from uuid import uuid4

import pytest
from tests.integration.civicloop_kit.proxy import proxied
from tests.integration.civicloop_kit.world import World, count, sequences, until
from tests.unit.civicloop_kit.counting import attached

from civicloop_kit.command import Reply
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import CommitUnknownError, UnavailableError


async def test_work_goes_on_when_the_database_is_back(world: World) -> None:
    """While it is away nothing is paused or dropped; afterwards all is applied and sent."""
    first, second = uuid4(), uuid4()
    async with proxied(world.url) as proxy, world.running(url=proxy.url) as engine:
        await world.send((attached(first), 1))
        await world.eventually_sent(1)
        proxy.go_away()
        with pytest.raises(UnavailableError):
            await engine.commands.submit(count(first))
        failures = METRICS.unavailable.labels("stream")._value.get()
        await world.send((attached(second), 1), (attached(first), 2))
        await until(lambda: METRICS.unavailable.labels("stream")._value.get() > failures + 2)
        proxy.come_back()
        await world.eventually_reached({first: 2, second: 1})


async def test_a_connection_that_is_cut_is_no_bug(world: World) -> None:
    """A session that the server ends in the middle costs a retry and holds nobody."""
    case_id = uuid4()
    async with proxied(world.url) as proxy, world.running(url=proxy.url) as engine:
        for number in range(1, 6):
            await world.send((attached(case_id), number))
            proxy.cut()
        await until(lambda: sum(engine.batches.positions.values()) == 5)
        await world.eventually_reached({case_id: 5})
    assert await world.held() == []


@pytest.mark.parametrize("reaches_server", [True, False], ids=["committed", "not committed"])
async def test_a_batch_with_an_unknown_commit_is_applied_once(
    world: World, *, reaches_server: bool
) -> None:
    """The saved position tells whether a COMMIT that broke has happened."""
    case_id = uuid4()
    async with proxied(world.url) as proxy:
        async with world.assembled(url=proxy.url) as engine:
            broken = proxy.cut_next_commit(reaches_server=reaches_server)
            batch = world.batch((attached(case_id), 1), (attached(case_id), 2))
            await engine.batches.apply(batch, engine.batches.generation)
            assert broken.is_set()
            assert engine.batches.positions == {(world.topic, 0): 2}
            assert not engine.batches.lost.is_set()
            assert (await world.state(engine, case_id)).told == 2
        async with world.running():
            assert sequences(await world.eventually_sent(2)) == {case_id: [1, 2]}


@pytest.mark.parametrize("reaches_server", [True, False], ids=["committed", "not committed"])
async def test_a_command_with_a_key_gets_its_reply_after_an_unknown_commit(
    quiet: World, *, reaches_server: bool
) -> None:
    """Its key is looked up: the caller learns what was saved, and it is saved once."""
    case_id = uuid4()
    async with proxied(quiet.url) as proxy, quiet.assembled(url=proxy.url) as engine:
        proxy.cut_next_commit(reaches_server=reaches_server)
        reply = await engine.commands.submit(count(case_id, "key"))
        state = await quiet.state(engine, case_id)
    assert (reply.body["count"], reply.repeated, state.counted) == (1, reaches_server, 1)


async def test_in_a_group_only_commands_without_a_key_stay_unknown(quiet: World) -> None:
    """After a broken COMMIT the keyed ones of a group are answered, whatever became of it."""
    keyed, plain = uuid4(), uuid4()
    async with proxied(quiet.url) as proxy, quiet.assembled(url=proxy.url) as engine:
        proxy.cut_next_commit(reaches_server=True)
        outcomes = await engine.commands.submit_all([count(keyed, "key"), count(plain)])
        states = [await quiet.state(engine, case_id) for case_id in (keyed, plain)]
    assert [type(outcome) for outcome in outcomes] == [Reply, CommitUnknownError]
    assert [state.counted for state in states] == [1, 1]


async def test_what_an_unknown_commit_saved_is_sent(world: World) -> None:
    """Nobody hinted it: the relay finds it in the table."""
    case_id = uuid4()
    async with (
        proxied(world.url) as proxy,
        world.running() as leader,
        world.assembled(url=proxy.url) as engine,
    ):
        await until(lambda: leader.facts.leads)
        proxy.cut_next_commit(reaches_server=True)
        with pytest.raises(CommitUnknownError):
            await engine.commands.submit(count(case_id))
        assert sequences(await world.eventually_sent(1)) == {case_id: [1]}


async def test_a_frozen_database_delays_and_loses_nothing(quiet: World) -> None:
    """A server that answers nothing is noticed by the time limits alone."""
    case_id = uuid4()
    async with (
        proxied(quiet.url) as proxy,
        quiet.assembled(url=proxy.url, command_timeout_s=0.5) as engine,
    ):
        proxy.freeze()
        batch = quiet.batch((attached(case_id), 1))
        applying = asyncio.create_task(engine.batches.apply(batch, engine.batches.generation))
        failures = METRICS.unavailable.labels("stream")._value.get()
        await until(lambda: METRICS.unavailable.labels("stream")._value.get() > failures)
        proxy.come_back()
        await applying
        state = await quiet.state(engine, case_id)
    assert state.told == 1
