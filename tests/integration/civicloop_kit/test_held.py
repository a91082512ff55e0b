"""What cannot be applied yet waits in the database, and is applied in order or looked at."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.integration.civicloop_kit.world import World
from tests.unit.civicloop_kit.counting import (
    BUG,
    NO_TABLE,
    NUL,
    WELL,
    attached,
    without_effect,
)

from civicloop_contracts.codes import Channel
from civicloop_kit.failures import MAX_NEW_BUGS, TooManyHeldError
from civicloop_kit.held import HeldWatch
from civicloop_kit.metrics import METRICS
from civicloop_kit.testing import FakeClock


async def test_a_gap_is_closed_by_a_later_batch(quiet: World) -> None:
    """Records that came too early are applied in order as soon as the missing one comes."""
    case_id = uuid4()
    facts = [attached(case_id) for _ in range(4)]
    async with quiet.assembled() as engine:
        early = quiet.batch((facts[3], 4), (facts[1], 2), (facts[2], 3))
        await engine.batches.apply(early, engine.batches.generation)
        waiting = await quiet.held()
        (row,) = await quiet.rows("SELECT held_count FROM case_rows")
        await engine.batches.apply(quiet.batch((facts[0], 1), first=3), engine.batches.generation)
        state = await quiet.state(engine, case_id)
    assert waiting == [("gap", "")] * 3
    assert row["held_count"] == 3
    assert state.reports == tuple(fact.report_id for fact in facts)
    assert await quiet.rows("SELECT FROM held") == []
    assert (await quiet.rows("SELECT held_count FROM case_rows"))[0]["held_count"] == 0


async def test_a_held_record_that_is_read_again_is_held_once(quiet: World) -> None:
    """Reading the same offset again neither doubles a held record nor counts it twice."""
    case_id = uuid4()
    first, second = attached(case_id), attached(case_id)
    async with quiet.assembled() as engine:
        for _ in range(2):
            await engine.batches.apply(quiet.batch((second, 2)), engine.batches.generation)
            await quiet.execute("UPDATE positions SET next = 0")
            engine.batches.assign({(quiet.topic, 0): 0})
        (before,) = await quiet.rows("SELECT held_count FROM case_rows")
        await engine.batches.apply(quiet.batch((first, 1)), engine.batches.generation)
        state = await quiet.state(engine, case_id)
    assert before["held_count"] == 1
    assert state.told == 2
    assert (await quiet.rows("SELECT held_count FROM case_rows"))[0]["held_count"] == 0


async def test_a_facts_without_effect_advances_the_sequence(quiet: World) -> None:
    """A fact that this room does not use is no gap for the next one."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        batch = quiet.batch((without_effect(case_id), 1), (attached(case_id), 2))
        await engine.batches.apply(batch, engine.batches.generation)
        state = await quiet.state(engine, case_id)
    assert (state.told, await quiet.held()) == (1, [])


async def test_another_content_under_a_known_number_blocks_the_case(quiet: World) -> None:
    """The last number again with another content is held, and so is all that follows."""
    case_id = uuid4()
    async with quiet.assembled() as engine:
        batch = quiet.batch((attached(case_id), 1), (attached(case_id), 1), (attached(case_id), 2))
        await engine.batches.apply(batch, engine.batches.generation)
        state = await quiet.state(engine, case_id)
    reasons = [reason for reason, _ in await quiet.held()]
    assert (state.told, reasons) == (1, ["bug", "behind"])


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (BUG, "ZeroDivisionError"),
        (NUL, "22P05 UntranslatableCharacterError"),
        (NO_TABLE, "TypeError"),
    ],
)
async def test_what_fails_is_held_alone(quiet: World, channel: Channel, error: str) -> None:
    """A bug, a value that the database refuses, an effect without a table: one case each."""
    bad, good = uuid4(), uuid4()
    facts = [(attached(good), 1), (attached(bad, channel), 1), (attached(bad), 2)]
    facts += [(attached(good), 2), (attached(good), 3)]
    async with quiet.assembled() as engine:
        await engine.batches.apply(quiet.batch(*facts), engine.batches.generation)
        states = [await quiet.state(engine, case_id) for case_id in (good, bad)]
        positions = engine.batches.positions
    assert [state.told for state in states] == [3, 0]
    assert await quiet.held() == [("bug", error), ("behind", "")]
    assert positions == {(quiet.topic, 0): 5}


async def test_a_bad_release_stops_and_holds_nothing(quiet: World) -> None:
    """More failing cases than a minute may bring stop the room before they are held."""
    facts = [(attached(uuid4(), BUG), 1) for _ in range(MAX_NEW_BUGS + 1)]
    async with quiet.assembled() as engine:
        with pytest.raises(TooManyHeldError):
            await engine.batches.apply(quiet.batch(*facts), engine.batches.generation)
        good = quiet.batch((attached(uuid4(), WELL), 1))
        with pytest.raises(TooManyHeldError):
            await engine.batches.apply(good, engine.batches.generation)
        assert isinstance(engine.batches.stopped, TooManyHeldError)
        assert engine.batches.positions == {(quiet.topic, 0): 0}
    assert await quiet.held() == []
    assert await quiet.rows("SELECT FROM case_rows") == []


async def test_a_release_that_fails_in_save_stops_too(quiet: World) -> None:
    """Cases that are found one by one count as well: the splitting of a batch ends in time."""
    facts = [(attached(uuid4(), NO_TABLE), 1) for _ in range(MAX_NEW_BUGS + 1)]
    async with quiet.assembled() as engine:
        with pytest.raises(TooManyHeldError):
            await engine.batches.apply(quiet.batch(*facts), engine.batches.generation)
    assert len(await quiet.held()) == MAX_NEW_BUGS


async def test_what_is_held_is_measured_by_reason_and_age(quiet: World) -> None:
    """A gap that stays is seen: how many records wait, and since when."""
    clock = FakeClock(datetime.now(UTC))
    async with quiet.assembled(clock=clock) as engine, quiet.database() as database:
        batch = quiet.batch((attached(uuid4()), 2), (attached(uuid4(), BUG), 1))
        await engine.batches.apply(batch, engine.batches.generation)
        clock.move(timedelta(seconds=90))
        assert await HeldWatch(database, clock).look() == 0
    values = {
        reason: (
            METRICS.held_now.labels(reason)._value.get(),
            METRICS.held_age.labels(reason)._value.get(),
        )
        for reason in ("gap", "bug", "behind", "timer")
    }
    assert values == {"gap": (1, 90), "bug": (1, 90), "behind": (0, 0), "timer": (0, 0)}
