"""The newest state of each case, shown in whole flushes on the compacted topic."""

import asyncio
import gc
from dataclasses import replace
from uuid import UUID, uuid4

import orjson
from aiokafka import AIOKafkaProducer
from tests.integration.civicloop_kit.conftest import MakeWorld
from tests.integration.civicloop_kit.world import HELD_LOCKS, World, count, run, until
from tests.unit.civicloop_kit.counting import Counter, attached, showing_room

from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.room import SnapshotStamp
from civicloop_kit.snapshots import SNAPSHOT_SHARD

TOPIC = "feedback.case-snapshots"


async def _shown(world: World) -> None:
    await until(lambda: _is_empty(world))


def _forget_fenced_producer() -> None:
    """Let nobody else find the futures that aiokafka leaves unread: it would be said anywhere."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    gc.collect()


async def _is_empty(world: World) -> bool:
    return not await world.rows("SELECT FROM snapshots")


async def test_the_newest_state_of_a_case_is_shown(make_world: MakeWorld) -> None:
    """Changes that came together are one snapshot, with its version and where it stands."""
    world, case_id = make_world("feedback"), uuid4()
    async with world.assembled(showing_room()) as engine:
        facts = [(attached(case_id), number) for number in (1, 2)]
        await engine.batches.apply(world.batch(*facts), engine.batches.generation)
        await engine.commands.submit(count(case_id))
        assert engine.snapshots is not None
        async with run(engine.snapshots.run):
            await _shown(world)
            (record,) = await world.eventually_sent(1, TOPIC)
    body = orjson.loads(record.value)
    assert record.key == str(case_id).encode()
    assert body["version"] == 2
    assert body["as_of"] == {"/intake/cases": 2, "/feedback/outcomes": 3}
    headers = dict(record.headers)
    assert headers["ce_type"] == b"civicloop.case.snapshot.v1"
    assert headers["ce_id"] == f"/feedback/case-snapshots:{case_id}:2".encode()


async def test_a_refused_flush_shows_nothing_of_itself(make_world: MakeWorld) -> None:
    """A process that was fenced shows nothing; whoever leads now shows all, each once."""
    world, cases = make_world("feedback"), [uuid4() for _ in range(3)]
    async with world.assembled(showing_room()) as engine:
        assert engine.snapshots is not None
        async with run(engine.snapshots.run):
            await engine.commands.submit(count(cases[0]))
            await _shown(world)
            # Another producer of the same name, as a new leader's: the old one is fenced.
            rival = AIOKafkaProducer(
                **world.client(), transactional_id=f"{world.prefix}{TOPIC}-0", acks="all"
            )
            await rival.start()
            await rival.stop()
            await engine.commands.submit_all([count(case_id) for case_id in cases[1:]])
            await _shown(world)
        committed = await world.eventually_sent(3, TOPIC)
    assert sorted(str(record.key, "ascii") for record in committed) == sorted(map(str, cases))
    _forget_fenced_producer()


async def test_a_state_that_cannot_be_shown_hides_no_other(make_world: MakeWorld) -> None:
    """A bug in one case's snapshot is logged; the relay lives and shows the others."""
    world, bad, good = make_world("feedback"), UUID(int=1), uuid4()
    room = showing_room()

    def snapshot(state: Counter, stamp: SnapshotStamp) -> CaseSnapshot | None:
        if stamp.case_id == bad:
            raise ZeroDivisionError
        assert room.snapshot is not None
        return room.snapshot(state, stamp)

    async with world.assembled(replace(room, snapshot=snapshot)) as engine:
        assert engine.snapshots is not None
        async with run(engine.snapshots.run):
            await engine.commands.submit_all([count(bad), count(good)])
            (record,) = await world.eventually_sent(1, TOPIC)
            await _shown(world)
    assert record.key == str(good).encode()


async def test_one_process_at_a_time_shows(make_world: MakeWorld) -> None:
    """The second process stands by, and goes on when the first is gone."""
    world, cases = make_world("feedback"), [uuid4(), uuid4()]
    room = showing_room()
    async with world.assembled(room) as one, world.assembled(room, replica="1") as other:
        assert one.snapshots is not None
        assert other.snapshots is not None
        async with run(other.snapshots.run):
            async with run(one.snapshots.run):
                await one.commands.submit(count(cases[0]))
                await _shown(world)
                rows = await world.rows(
                    f"SELECT {HELD_LOCKS} AND objid = $1 AND granted",
                    SNAPSHOT_SHARD,
                )
                assert len(rows) == 1
            await one.commands.submit(count(cases[1]))
            await asyncio.wait_for(_shown(world), 30)
        sent = await world.eventually_sent(2, TOPIC)
    assert sorted(str(record.key, "ascii") for record in sent) == sorted(map(str, cases))
