"""Several processes of one service: partitions move between them, and nothing is done twice."""

import asyncio
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

from msgspec.structs import replace as changed
from tests.integration.civicloop_kit.test_protections_reading import LooseStore
from tests.integration.civicloop_kit.world import World, digests, sequences, until
from tests.unit.civicloop_kit.counting import Counter, attached, counting_room

from civicloop_contracts.fact import Fact
from civicloop_kit.engine import Engine
from civicloop_kit.stream import REVOKE_TIMEOUT_S

CASES = 12
PARTITIONS = 3 * 3  # of three topics


def reports(cases: list[UUID], number: int) -> list[tuple[Fact, int]]:
    """Return the next report of every case."""
    return [(attached(case_id), number) for case_id in cases]


def owned(engine: Engine[Counter]) -> int:
    """Return how many partitions a process has."""
    return len(engine.batches.positions)


async def emitted(world: World) -> dict[UUID, tuple[int, str]]:
    """Return what the room says it has told, per case."""
    rows = await world.rows(
        "SELECT case_id, (emitted -> '/router/tasks' ->> 0)::int AS seq,"
        " emitted -> '/router/tasks' ->> 1 AS digest FROM case_rows"
    )
    return {row["case_id"]: (row["seq"], row["digest"]) for row in rows}


async def test_partitions_move_and_every_report_counts_once(world: World) -> None:
    """A second process takes partitions over and is gone again: each report is told once."""
    cases = [uuid4() for _ in range(CASES)]
    async with world.running() as one:
        await until(lambda: owned(one) == PARTITIONS)
        await world.send(*reports(cases, 1))
        async with world.running(replica="1") as other:
            await until(lambda: owned(one) + owned(other) == PARTITIONS and owned(other))
            await world.send(*reports(cases, 2))
            await world.eventually_sent(2 * CASES)
        await world.send(*reports(cases, 3))
        # Static membership: the one that left is missed after its session.
        await until(lambda: owned(one) == PARTITIONS)
        sent = await world.eventually_sent(3 * CASES)
    assert sequences(sent) == {case_id: [1, 2, 3] for case_id in cases}
    assert digests(sent) == await emitted(world)


async def test_a_restart_goes_on_where_the_last_one_stopped(world: World) -> None:
    """The same replica, started again, has its partitions at once and repeats nothing."""
    case_id, seen = uuid4(), list[Any]()
    room = counting_room(seen.append)
    for number in (1, 2, 3):
        async with world.running(room) as engine:
            await world.send((attached(case_id), number))
            await world.eventually_sent(number)
            await until(partial(_owns_all, engine))
    assert len(seen) == 3


async def test_a_second_assignment_reads_the_positions_again(world: World) -> None:
    """Assigned again with all partitions, a process goes on where the table says."""
    case_id, seen = uuid4(), list[Any]()
    async with world.running(counting_room(seen.append)) as engine:
        await world.send((attached(case_id), 1))
        await world.eventually_sent(1)
        consumer = engine.stream.consumer
        assert consumer is not None
        before = engine.batches.generation
        await engine.stream.on_partitions_revoked(sorted(consumer.assignment()))
        assert owned(engine) == 0
        await engine.stream.on_partitions_assigned(sorted(consumer.assignment()))
        assert engine.batches.generation > before
        await world.send((attached(case_id), 2))
        await world.eventually_sent(2)
        assert owned(engine) == PARTITIONS
    assert len(seen) == 2


async def test_a_process_without_partitions_applies_nothing(world: World) -> None:
    """Assigned nothing, it forgets what it had."""
    async with world.running() as engine:
        await until(lambda: owned(engine) == PARTITIONS)
        consumer = engine.stream.consumer
        assert consumer is not None
        consumer.unsubscribe()
        await engine.stream.on_partitions_assigned([])
        assert owned(engine) == 0


async def test_a_lost_partition_is_found_out_by_its_position(world: World) -> None:
    """Whoever finds another position than his own drops his batch and reads where to go on."""
    case_id = uuid4()
    async with world.running() as engine:
        await world.send((attached(case_id), 1))
        (record,) = await world.eventually_sent(1)
        place = next(p for p, next_ in engine.batches.positions.items() if next_ == 1)
        # As if another process had applied and passed this far, and this one slept.
        engine.batches._positions[place] = 0
        fact = attached(case_id)
        batch = world.batch((fact, 2))
        moved = [changed(item, partition=place[1], offset=0) for item in batch]
        await engine.batches.apply(moved, engine.batches.generation)
        assert (await world.state(engine, case_id)).told == 1
        await until(lambda: engine.batches.positions.get(place) == 1)
        await world.send((fact, 2))
        sent = await world.eventually_sent(2)
    assert record.offset == 0
    assert sequences(sent) == {case_id: [1, 2]}


async def test_what_was_fetched_before_an_assignment_is_dropped(quiet: World) -> None:
    """A batch in hand while positions are read anew would jump over what comes before it."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        fetched_under = engine.batches.generation
        engine.batches.assign(engine.batches.positions)
        later = quiet.batch((attached(case_id), 2), first=7)
        await engine.batches.apply(later, fetched_under)
        assert engine.batches.positions == {(quiet.topic, 0): 0}
    assert await quiet.rows("SELECT FROM case_rows") == []


async def test_a_batch_that_hangs_is_rolled_back_at_revocation(world: World) -> None:
    """A rebalance waits a moment for the batch in hand, then drops it; it is applied again."""
    case_id, hangs, hung = uuid4(), asyncio.Event(), list[int]()

    async def stall() -> None:
        if not hung:
            hung.append(1)
            hangs.set()
            await asyncio.Event().wait()

    async with world.running() as engine, world.database() as other:
        engine.transactions.store = cast("Any", LooseStore(engine.store, other, stall))
        await until(lambda: owned(engine) == PARTITIONS)
        await world.send((attached(case_id), 1))
        await hangs.wait()
        consumer = engine.stream.consumer
        assert consumer is not None
        everything = sorted(consumer.assignment())
        await asyncio.wait_for(
            engine.stream.on_partitions_revoked(everything), REVOKE_TIMEOUT_S + 5
        )
        assert owned(engine) == 0
        await engine.stream.on_partitions_assigned(everything)
        sent = await world.eventually_sent(1)
    assert sequences(sent) == {case_id: [1]}


async def test_missing_history_stops_the_stream(world: World) -> None:
    """A saved position that is not in the topic is said, never jumped over."""
    for position in (5, -1):
        await world.execute("DELETE FROM positions")
        await world.execute("INSERT INTO positions VALUES ($1, 0, $2)", world.topic, position)
        async with world.running() as engine:
            await until(partial(getattr, engine.stream, "failure"))
            assert type(engine.stream.failure).__name__ == "HistoryMissingError"
            assert owned(engine) == 0


def _owns_all(engine: Engine[Counter]) -> bool:
    return owned(engine) == PARTITIONS
