"""Replies to idempotency keys are forgotten in their time, and those of things never."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from tests.integration.civicloop_kit.world import World, count

from civicloop_kit.command import Reply
from civicloop_kit.replies import ReplySweeper
from civicloop_kit.testing import FakeClock

MOMENT = timedelta(seconds=1)


async def test_a_reply_is_kept_for_its_time_and_then_forgotten(quiet: World) -> None:
    """The same request is then another one; its case and what was decided about it stay."""
    clock, case_id = FakeClock(), uuid4()
    async with quiet.assembled(clock=clock, keep_replies_days=2) as engine, quiet.database() as db:
        await engine.commands.submit(count(case_id, "key"))
        sweeper = ReplySweeper(db, clock)
        clock.move(timedelta(days=2) - MOMENT)
        assert await sweeper.forget_old() == 0
        assert (await engine.commands.submit(count(case_id, "key"))).repeated
        clock.move(MOMENT)
        assert await sweeper.forget_old() == 1
        again = await engine.commands.submit(count(case_id, "key"))
    assert (again.repeated, again.body["count"]) == (False, 2)


async def test_a_key_that_is_known_for_ever_is_never_forgotten(quiet: World) -> None:
    """Nor is one that a release without such times has kept."""
    clock, case_id = FakeClock(), uuid4()
    async with quiet.assembled(clock=clock) as engine, quiet.database() as database:
        lasting = replace(count(case_id, "key"), known_for_ever=True)
        await engine.commands.submit(lasting)
        clock.move(timedelta(days=10_000))
        assert await ReplySweeper(database, clock).forget_old() == 0
        reply = await engine.commands.submit(lasting)
    assert isinstance(reply, Reply)
    assert reply.repeated


async def test_two_replicas_sweep_side_by_side(quiet: World) -> None:
    """What one is about to delete the other leaves alone, instead of waiting for it."""
    clock = FakeClock()
    async with quiet.assembled(clock=clock) as engine, quiet.database() as database:
        await engine.commands.submit(count(uuid4(), "key"))
        clock.move(timedelta(days=30))
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM idempotency")
            assert await ReplySweeper(database, clock).forget_old() == 0
    assert await quiet.rows("SELECT FROM idempotency") == []
