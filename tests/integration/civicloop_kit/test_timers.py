"""Timers fire once, when they are due, and a failing one costs its own case."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson
from tests.integration.civicloop_kit.world import World, count
from tests.unit.civicloop_kit.counting import attached

from civicloop_contracts.fact import Replay
from civicloop_kit.testing import FakeClock

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
DUE = START + timedelta(hours=1)


async def test_a_timer_fires_when_it_is_due_and_once(quiet: World) -> None:
    """Not before its time, and once however many processes look."""
    case_id, clock = uuid4(), FakeClock(START)
    async with quiet.assembled(clock=clock) as one, quiet.assembled(clock=clock) as other:
        await one.commands.submit(count(case_id, due_at=DUE))
        assert await one.timers.fire_due() == 0
        clock.move(timedelta(hours=1))
        fired = [await engine.timers.fire_due() for engine in (one, other, one)]
        state = await quiet.state(one, case_id)
    assert (fired, state.fired) == ([1, 0, 0], 1)
    (fact,) = await quiet.rows("SELECT type FROM outbox WHERE seq = 2")
    assert fact["type"] == "civicloop.case.handled.v1"


async def test_a_time_that_an_older_release_stored_is_replaced(quiet: World) -> None:
    """A timer that is not due any more fires nothing and is not found again and again."""
    clock = FakeClock(START)
    async with quiet.assembled(clock=clock) as engine:
        await engine.commands.submit(count(uuid4(), due_at=DUE))
        await quiet.execute("UPDATE case_rows SET timer_at = $1", START - timedelta(days=1))
        fired = [await engine.timers.fire_due() for _ in range(2)]
    assert fired == [1, 0]
    (row,) = await quiet.rows("SELECT timer_at, version FROM case_rows")
    assert (row["timer_at"], row["version"]) == (DUE, 2)


async def test_a_failing_timer_blocks_its_own_case(quiet: World) -> None:
    """A bug in a timer, or what it made of a state that cannot be saved: others fire."""
    good, bug = uuid4(), uuid4()
    clock = FakeClock(START)
    async with quiet.assembled(clock=clock) as engine:
        await engine.commands.submit_all([count(case_id, due_at=DUE) for case_id in (good, bug)])
        await _change(quiet, bug, note="timer bug")
        clock.move(timedelta(hours=2))
        assert await engine.timers.fire_due() == 2
        assert await engine.timers.fire_due() == 0
        late = quiet.batch((attached(bug), 1), (attached(good), 1))
        await engine.batches.apply(late, engine.batches.generation)
        states = [await quiet.state(engine, case_id) for case_id in (good, bug)]
    assert [(state.fired, state.told) for state in states] == [(1, 1), (0, 0)]
    rows = await quiet.rows("SELECT case_id FROM case_rows WHERE blocked")
    assert [row["case_id"] for row in rows] == [bug]
    assert await quiet.held() == [("behind", "")]


async def test_an_imported_case_lives_on_its_own_times(quiet: World) -> None:
    """Its timers fire before a later fact of its file, never by the worker."""
    case_id, clock = uuid4(), FakeClock(START + timedelta(days=900))
    replay = Replay(run="run-1", handled_at=None, as_of=START + timedelta(days=30))
    first = attached(case_id, at=START, replay=replay)
    second = attached(case_id, at=DUE + timedelta(hours=1), replay=replay)
    async with quiet.assembled(clock=clock) as engine:
        await engine.batches.apply(quiet.batch((first, 1)), engine.batches.generation)
        await _change(quiet, case_id, due_at=DUE.isoformat())
        assert await engine.timers.fire_due() == 0
        await engine.batches.apply(quiet.batch((second, 2), first=1), engine.batches.generation)
        state = await quiet.state(engine, case_id)
    assert (state.told, state.fired) == (2, 1)
    rows = await quiet.rows("SELECT value FROM outbox ORDER BY seq")
    facts = [orjson.loads(row["value"]) for row in rows]
    assert [fact["replay"]["run"] for fact in facts] == ["run-1"] * 3
    # The timer's fact comes between those of the two records, and names the second as its cause.
    assert [fact["round"] for fact in facts] == [1, 1, 2]
    assert facts[1]["cause"] == f"/intake/cases:{case_id}:2"


async def _change(world: World, case_id: UUID, **fields: str) -> None:
    """Change a stored state behind the room's back."""
    await world.execute(
        "UPDATE case_rows SET state = state::jsonb || $1::jsonb WHERE case_id = $2",
        orjson.dumps(fields).decode(),
        case_id,
    )
