"""Each protection of what is sent: with it all comes in order, without it the damage."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from uuid import uuid4

from tests.integration.civicloop_kit.guards import Guard, with_and_without
from tests.integration.civicloop_kit.world import (
    World,
    case_in_first_partition,
    count,
    run,
    sequences,
    until,
)
from tests.unit.civicloop_kit.counting import attached

from civicloop_kit.leadership import Leadership
from civicloop_kit.producing import Confirm, FactProducer, KafkaProducer, SendFailedError
from civicloop_kit.relay import Relay
from civicloop_kit.rows import OutboxFact

NEVER_S = 3600.0


class FailingOnce:
    """Makes producers: whichever is handed something first loses it."""

    def __init__(self, world: World, *, raises: bool) -> None:
        self._world = world
        self.raises = raises
        self.has_lost = False

    def __call__(self) -> FactProducer:
        """Return the next producer."""
        return _Losing(KafkaProducer(self._world.settings.kafka), self)


class _Losing:
    """Loses the first batch: by raising at once, or by a failure that shows afterwards."""

    def __init__(self, producer: KafkaProducer, maker: FailingOnce) -> None:
        self._producer = producer
        self._maker = maker
        self.failed: Exception | None = None

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def send(self, facts: Sequence[OutboxFact], confirm: Confirm) -> None:
        """Lose the first, send the others."""
        if self._maker.has_lost:
            await self._producer.send(facts, confirm)
            return
        self._maker.has_lost = True
        self.failed = SendFailedError("lost")
        if self._maker.raises:
            raise self.failed
        confirm([])

    async def stop(self) -> None:
        """Leave."""
        await self._producer.stop()


class Sleeper(Leadership):
    """The leadership of a process that is frozen and wakes up again."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 0)
        self._has_won = False

    async def try_win(self) -> bool:
        """Win once only: when it wakes up somebody else leads."""
        self._has_won = not self._has_won and await super().try_win()
        return self._has_won

    async def keep(self) -> None:
        """Ping nobody."""
        await asyncio.Event().wait()

    def freeze(self) -> None:
        """Let a minute pass in which nothing was done."""
        self._answered_at = monotonic() - 60


@with_and_without("outbox in the transaction")
async def test_a_crash_after_commit_loses_no_fact(world: World, guard: Guard) -> None:
    """What was decided is sent by whoever comes next, when its decider dies before sending."""
    orphan, later = case_in_first_partition(), uuid4()
    with guard.active():
        async with world.assembled() as dying:
            records = world.batch((attached(orphan), 1))
            await dying.batches.apply(records, dying.batches.generation)
        async with world.running() as engine:
            await until(lambda: engine.facts.leads)
            await engine.commands.submit(count(later))
            sent = sequences(await world.eventually_sent(2 if guard.holds else 1))
    assert sent == ({orphan: [1], later: [1]} if guard.holds else {later: [1]})


@with_and_without("relay order")
async def test_a_fact_that_was_not_hinted_goes_first(world: World, guard: Guard) -> None:
    """A hint is sent only if it is the next: what another process committed comes before it."""
    case_id = uuid4()
    with guard.active():
        async with world.running(relay_scan_s=NEVER_S) as leader, world.assembled() as other:
            await leader.commands.submit(count(uuid4()))
            await world.eventually_sent(1)
            await other.commands.submit(count(case_id))
            await leader.commands.submit(count(case_id))
            await world.eventually_sent(2)
            leader.facts.rescan()
            sent = sequences(await world.eventually_sent(3))
    assert sent[case_id] == ([1, 2] if guard.holds else [2, 1])


@with_and_without("delete after confirmation")
async def test_a_fact_stays_until_the_broker_has_it(world: World, guard: Guard) -> None:
    """A fact that the broker never got is still in the outbox, and sent."""
    first, later = uuid4(), uuid4()
    producers = FailingOnce(world, raises=True)
    with guard.active():
        async with world.running(producer=producers) as engine:
            await engine.commands.submit(count(first))
            await until(lambda: producers.has_lost)
            await engine.commands.submit(count(later))
            sent = sequences(await world.eventually_sent(2 if guard.holds else 1))
    assert sent == ({first: [1], later: [1]} if guard.holds else {later: [1]})


@with_and_without("rebuild after a failed send")
async def test_after_a_failed_send_the_table_is_read_again(world: World, guard: Guard) -> None:
    """A producer that failed is dropped, and what it lost is sent by the next, in order."""
    case_id = uuid4()
    producers = FailingOnce(world, raises=False)
    with guard.active():
        async with world.running(producer=producers) as engine:
            await engine.commands.submit(count(case_id))
            await until(lambda: producers.has_lost)
            await engine.commands.submit(count(case_id))
            sent = sequences(await world.eventually_sent(2 if guard.holds else 1))
    assert sent[case_id] == ([1, 2] if guard.holds else [2])


@with_and_without("lease")
async def test_a_frozen_relay_sends_no_more(world: World, guard: Guard) -> None:
    """A relay that wakes up after its lease lets the one that leads now send alone."""
    case_id, sleeper = uuid4(), Sleeper(world.url)
    hinted: list[OutboxFact] = []
    with guard.active():
        async with world.assembled() as engine, world.database() as database:
            engine.transactions.hint = hinted.extend
            frozen = Relay(
                database,
                lambda: KafkaProducer(world.settings.kafka),
                scan_every_s=NEVER_S,
                leadership=sleeper,
            )
            async with run(frozen.run):
                await until(lambda: sleeper.holds)
                await engine.commands.submit(count(case_id))
                frozen.rescan()
                await until(world.nothing_waits)
                sleeper.freeze()
                await world.end_lock_holders()
                async with run(engine.facts.run):
                    await engine.commands.submit(count(case_id))
                    engine.facts.rescan()
                    await until(world.nothing_waits)
                    # What it had in memory when it fell asleep has long been sent.
                    frozen.hint(hinted[1:])
                    await frozen.flush()
                    await engine.commands.submit(count(case_id))
                    engine.facts.rescan()
                    sent = sequences(await world.eventually_sent(3 if guard.holds else 4))
    assert sent[case_id] == ([1, 2, 3] if guard.holds else [1, 2, 2, 3])
