"""The relay: what waits is sent in order, also when it is much, refused or out of order."""

from collections.abc import Sequence
from uuid import uuid4

from tests.integration.civicloop_kit.world import World, count, run, sequences, until
from tests.unit.civicloop_kit.counting import attached

from civicloop_kit.metrics import METRICS
from civicloop_kit.producing import Confirm, KafkaProducer, SendFailedError
from civicloop_kit.relay import Relay
from civicloop_kit.rows import OutboxFact
from civicloop_kit.store import LETTER_SHARD


class Refusing:
    """A producer whose topic refuses everything."""

    failed: Exception | None = None

    async def start(self) -> None:
        """Connect."""

    async def send(self, _facts: Sequence[OutboxFact], _confirm: Confirm) -> None:
        """Refuse."""
        raise SendFailedError("TopicAuthorizationFailedError")

    async def stop(self) -> None:
        """Leave."""


async def test_more_than_one_scan_reads_is_sent_in_order(world: World) -> None:
    """A backlog that is larger than a scan goes out piece by piece, each case in order."""
    cases = [uuid4() for _ in range(7)]
    async with world.assembled() as engine, world.database() as database:
        for _ in range(5):
            await engine.commands.submit_all([count(case_id) for case_id in cases])
        relay = Relay(
            database,
            lambda: KafkaProducer(world.settings.kafka),
            scan_every_s=3600.0,
            scan_limit=4,
        )
        async with run(relay.run):
            sent = await world.eventually_sent(35)
    assert sequences(sent) == {case_id: [1, 2, 3, 4, 5] for case_id in cases}


async def test_above_the_high_water_mark_nothing_more_is_applied(world: World) -> None:
    """Undelivered facts are counted in the table, by the process that sends and by the others."""
    async with world.assembled() as engine, world.database() as database:
        await engine.commands.submit_all([count(uuid4()) for _ in range(6)])
        refused = Relay(database, Refusing, high_water=5)
        healthy = Relay(database, lambda: KafkaProducer(world.settings.kafka), high_water=5)
        async with run(refused.run):
            await until(lambda: refused.leads and refused.backlog.is_high)
            async with run(healthy.run):
                await until(lambda: healthy.backlog.is_high)
                assert not healthy.leads
        async with run(healthy.run):
            await healthy.backlog.low()
            await until(world.nothing_waits)


async def test_a_full_outbox_stops_the_stream_until_it_is_lower(world: World) -> None:
    """The stream waits above the mark, and goes on below it."""
    case_id = uuid4()
    async with world.running() as engine:
        engine.facts.backlog.change(1_000_000)
        await world.send((attached(case_id), 1))
        await until(lambda: not engine.facts.backlog.is_high)
        assert sequences(await world.eventually_sent(1)) == {case_id: [1]}


async def test_a_refused_dead_letter_stops_no_fact(world: World) -> None:
    """A letter waits in a shard of its own while facts flow, and the failure is counted."""
    case_id = uuid4()
    failures = METRICS.send_failures.labels(LETTER_SHARD)
    before = failures._value.get()
    async with world.running(**world.own_login()) as engine:
        await world.execute(
            "INSERT INTO outbox SELECT '/router/dead-letters', gen_random_uuid(), 1, $1, $2,"
            " 'civicloop.record.unreadable.v1', '{}', NULL, now()",
            LETTER_SHARD,
            f"{world.prefix}intake.dead-letters",
        )
        engine.letters.rescan()
        await until(lambda: failures._value.get() > before)
        await engine.commands.submit(count(case_id))
        assert sequences(await world.eventually_sent(1)) == {case_id: [1]}
        assert len(await world.rows("SELECT FROM outbox WHERE shard = $1", LETTER_SHARD)) == 1


async def test_a_row_below_the_last_one_is_an_alarm_and_sent(world: World) -> None:
    """A fact that turns up after its successor is never left behind."""
    case_id = uuid4()
    alarms = METRICS.relay_alarms.labels(0)
    before = alarms._value.get()
    async with world.running() as engine:
        for _ in range(2):
            await engine.commands.submit(count(case_id))
        await world.eventually_sent(2)
        await until(world.nothing_waits)
        await world.execute(
            "INSERT INTO outbox SELECT '/router/tasks', $1, 1, 0, $2,"
            " 'civicloop.case.handled.v1', '{}', NULL, now()",
            case_id,
            f"{world.prefix}router.tasks",
        )
        engine.facts.rescan()
        sent = await world.eventually_sent(3)
    assert sequences(sent) == {case_id: [1, 2, 1]}
    assert alarms._value.get() == before + 1


async def test_a_relay_that_loses_its_lock_is_replaced(world: World) -> None:
    """When the leader's session ends the other process sends, each fact once."""
    case_id = uuid4()
    async with world.running() as one, world.running(replica="1") as other:
        await until(lambda: one.facts.leads)
        await one.commands.submit(count(case_id))
        await world.eventually_sent(1)
        await world.end_lock_holders()
        await other.commands.submit(count(case_id))
        sent = await world.eventually_sent(2)
    assert sequences(sent) == {case_id: [1, 2]}
