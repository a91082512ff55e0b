"""A service that is killed in the flow, again and again: nothing is lost, doubled or reordered."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from uuid import UUID, uuid4

import pytest
from tests.integration.civicloop_kit.processes import started
from tests.integration.civicloop_kit.test_replicas import emitted
from tests.integration.civicloop_kit.world import World, digests, sequences, until
from tests.unit.civicloop_kit.counting import attached

KILLS = 4
CASES = 20
REPORTS = 30


async def produce(world: World, cases: list[UUID]) -> None:
    """Send all reports, each record sometimes twice, as a relay after a crash does."""
    random = Random(7)  # noqa: S311 - only has to be the same each time
    for number in range(1, REPORTS + 1):
        facts = [(attached(case_id), number) for case_id in cases]
        repeats = [fact for fact in facts if random.random() < 0.1]
        await world.send(*facts, *repeats)


async def told(world: World) -> int:
    """Return how many facts the room has decided."""
    return sum(seq or 0 for seq, _ in (await emitted(world)).values())


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [1, 2])
async def test_kills_in_the_flow_lose_and_double_nothing(world: World, replicas: int) -> None:
    """Four kills while reports stream in; the digests of the topic equal those of the table."""
    cases = [uuid4() for _ in range(CASES)]
    async with AsyncExitStack() as others:
        for replica in range(1, replicas):
            await others.enter_async_context(started(world, REPLICA=str(replica)))
        producing = asyncio.create_task(produce(world, cases))
        for kill in range(1, KILLS + 1):
            async with started(world) as process:
                before = await told(world)
                await until(partial(_has_grown, world, before, CASES * kill))
                await process.kill()
        async with started(world):
            await producing
            await until(lambda: _all_told(world), 60)
            await until(world.nothing_waits)
            sent = await world.sent()
    first_seen = {
        case_id: list(dict.fromkeys(numbers)) for case_id, numbers in sequences(sent).items()
    }
    assert first_seen == {case_id: list(range(1, REPORTS + 1)) for case_id in cases}
    assert digests(sent) == await emitted(world)
    assert await world.held() == []


async def _has_grown(world: World, before: int, by: int) -> bool:
    found = await told(world)
    return found >= min(before + by, CASES * REPORTS)


async def _all_told(world: World) -> bool:
    return await told(world) == CASES * REPORTS
