"""Each protection of what is read: with it nothing is lost or doubled, without it the damage."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

from tests.integration.civicloop_kit.guards import Guard, with_and_without
from tests.integration.civicloop_kit.world import (
    World,
    case_in_first_partition,
    count,
    sequences,
    until,
)
from tests.unit.civicloop_kit.counting import BUG, Counter, attached, counting_room

from civicloop_kit.postgres import Database
from civicloop_kit.store import Store


class LooseStore:
    """A store whose locks do not last, with a stall between decision and save."""

    def __init__(
        self, store: Store[Counter], database: Database, stall: Callable[[], Awaitable[object]]
    ) -> None:
        self._store = store
        self._database = database
        self._stall = stall

    async def lock(self, _connection: Any, case_ids: Any) -> Any:
        """Lock in a transaction that is over before anything is decided."""
        async with self._database.transaction() as connection:
            return await self._store.lock(connection, case_ids)

    async def forget_blank(self, *arguments: Any) -> None:
        """Do as the store does."""
        await self._store.forget_blank(*arguments)

    async def save(self, *arguments: Any) -> None:
        """Save after the stall."""
        await self._stall()
        await self._store.save(*arguments)


@with_and_without("repeat")
async def test_a_repeat_is_applied_once(world: World, guard: Guard) -> None:
    """Kafka delivers at least once: a record that comes twice counts once."""
    case_id = uuid4()
    fact = attached(case_id)
    with guard.active():
        async with world.running() as engine:
            await world.send((fact, 1), (fact, 1))
            await until(lambda: sum(engine.batches.positions.values()) == 2)
            state = await world.state(engine, case_id)
    assert state.told == (1 if guard.holds else 2)


@with_and_without("gap")
async def test_a_record_waits_for_its_predecessor(world: World, guard: Guard) -> None:
    """A record that comes too early is applied after the one before it, which is not lost."""
    case_id = uuid4()
    first, second = attached(case_id), attached(case_id)
    with guard.active():
        async with world.running() as engine:
            await world.send((second, 2), (first, 1))
            await until(lambda: sum(engine.batches.positions.values()) == 2)
            state = await world.state(engine, case_id)
    in_order = (first.report_id, second.report_id)
    assert state.reports == (in_order if guard.holds else (second.report_id,))


@with_and_without("compare-and-set")
async def test_a_stalled_writer_meets_the_version(world: World, guard: Guard) -> None:
    """A decision on a row that has moved on is made again; saved, it would undo the other one."""
    case_id, resume, decided = uuid4(), asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        decided.set()
        await resume.wait()

    with guard.active():
        async with world.assembled() as slow, world.running() as fast, world.database() as other:
            slow.transactions.store = cast("Any", LooseStore(slow.store, other, stall))
            stalled = asyncio.create_task(slow.commands.submit(count(case_id)))
            await decided.wait()
            await fast.commands.submit(count(case_id))
            # Sent and deleted: the key of the outbox does not help any more.
            await until(world.nothing_waits)
            resume.set()
            await stalled
            fast.facts.rescan()
            sent = sequences(await world.eventually_sent(2))
            state = await world.state(slow, case_id)
    assert (state.counted, sent[case_id]) == ((2, [1, 2]) if guard.holds else (1, [1, 1]))


@with_and_without("position in the transaction")
async def test_a_crash_leaves_position_and_work_together(world: World, guard: Guard) -> None:
    """A process that dies before COMMIT has neither applied nor passed a record."""
    lost, later = case_in_first_partition(), case_in_first_partition()
    fact, reached = attached(lost), asyncio.Event()

    async def stall() -> None:
        reached.set()
        await asyncio.Event().wait()

    await world.send((fact, 1))
    with guard.active():
        async with world.assembled() as dying, world.database() as other:
            dying.transactions.store = cast("Any", LooseStore(dying.store, other, stall))
            applying = asyncio.create_task(
                dying.batches.apply(world.batch((fact, 1)), dying.batches.generation)
            )
            await reached.wait()
            applying.cancel()
            await asyncio.wait([applying])
    async with world.running() as engine:
        await world.send((attached(later), 1))
        await until(lambda: engine.batches.positions.get((world.topic, 0)) == 2)
        state = await world.state(engine, lost)
    assert state.told == (1 if guard.holds else 0)


@with_and_without("isolation of poison")
async def test_neighbours_of_a_poisonous_record_go_on(world: World, guard: Guard) -> None:
    """A record that fails as a bug is held alone; its partition moves on."""
    poisoned, neighbour = case_in_first_partition(), case_in_first_partition()
    attempts: list[object] = []
    await world.send((attached(poisoned, BUG), 1), (attached(neighbour), 1))
    with guard.active():
        async with world.running(counting_room(attempts.append)) as engine:
            if guard.holds:
                await until(lambda: engine.batches.positions.get((world.topic, 0)) == 2)
            else:
                await until(lambda: len(attempts) > 2)
            state = await world.state(engine, neighbour)
            held = await world.held()
    expected = (1, [("bug", "ZeroDivisionError")]) if guard.holds else (0, [])
    assert (state.told, held) == expected
