"""Queued work is claimed by one, tried again when its claim ends, and told once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.integration.civicloop_kit.world import World, count

from civicloop_kit.jobs import (
    FinishJob,
    Job,
    JobEffect,
    Jobs,
    QueueJob,
    RetryJob,
    StaleClaimError,
)
from civicloop_kit.postgres import Database
from civicloop_kit.testing import FakeClock

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
EXPIRY = timedelta(minutes=1)
LATER = NOW + timedelta(minutes=2)


def queued(
    job_id: str,
    lane: UUID | None = None,
    ordinal: int = 1,
    queue: str = "water",
    due_at: datetime = NOW,
) -> QueueJob:
    """Return the effect that queues a job."""
    return QueueJob(
        job_id=job_id,
        queue=queue,
        lane=lane or uuid4(),
        ordinal=ordinal,
        case_id=uuid4(),
        payload={"words": "水"},
        due_at=due_at,
    )


async def save(world: World, *effects: JobEffect) -> None:
    """Decide effects by a command, as rooms do."""
    async with world.assembled(clock=FakeClock(NOW)) as engine:
        await engine.commands.submit(count(uuid4(), effects=effects))


async def claim(
    database: Database, free: int = 10, now: datetime = NOW, owner: str = "me", queue: str = "water"
) -> Sequence[Job]:
    """Claim what is due."""
    return await Jobs(database, owner).claim({queue: free}, now, EXPIRY)


async def test_a_job_is_claimed_by_one(quiet: World) -> None:
    """What one process has claimed another does not get."""
    await save(quiet, queued("a"), queued("b"))
    async with quiet.database() as database:
        mine, others = await claim(database), await claim(database, owner="other")
    assert sorted(job.job_id for job in mine) == ["a", "b"]
    assert others == []
    assert {(job.attempt, job.claim_no, job.expires_at) for job in mine} == {(1, 1, NOW + EXPIRY)}
    assert mine[0].payload == {"words": "水"}


async def test_a_job_is_not_due_before_its_time(quiet: World) -> None:
    """A job waits for its time; the longest due comes first, as many as are free."""
    times = {"c": NOW - timedelta(hours=1), "a": NOW, "b": NOW - timedelta(hours=2), "d": LATER}
    await save(quiet, *(queued(name, due_at=at) for name, at in times.items()))
    async with quiet.database() as database:
        first, rest = await claim(database, free=2), await claim(database)
    assert sorted(job.job_id for job in first) == ["b", "c"]
    assert [job.job_id for job in rest] == ["a"]


async def test_queues_do_not_share_their_places(quiet: World) -> None:
    """A queue without a free place gives nothing; the other one goes on."""
    await save(quiet, queued("a"), queued("b", queue="roads"))
    async with quiet.database() as database:
        jobs = await Jobs(database, "me").claim({"water": 0, "roads": 5}, NOW, EXPIRY)
    assert [job.job_id for job in jobs] == ["b"]


async def test_an_expired_claim_is_free_and_counts_as_an_attempt(quiet: World) -> None:
    """Who died while trying has used an attempt; the next claim has the next number."""
    await save(quiet, queued("a"))
    async with quiet.database() as database:
        await claim(database)
        (again,) = await claim(database, now=LATER, owner="other")
    assert (again.attempt, again.claim_no) == (2, 2)


async def test_a_result_counts_only_while_its_claim_holds(quiet: World) -> None:
    """A result that comes after somebody else's claim changes nothing."""
    await save(quiet, queued("a"))
    async with quiet.database() as database:
        (old,) = await claim(database)
        (new,) = await claim(database, now=LATER)
        for stale in (
            FinishJob(job_id="a", claim_no=old.claim_no),
            RetryJob(job_id="a", claim_no=old.claim_no, due_at=LATER),
        ):
            with pytest.raises(StaleClaimError):
                await save(quiet, stale)
        await save(quiet, FinishJob(job_id="a", claim_no=new.claim_no))
        assert await Jobs(database, "me").waiting() == {}


async def test_a_stale_result_costs_nobody_else(quiet: World) -> None:
    """In one group, the command with the stale claim fails and the others are saved."""
    await save(quiet, queued("a"), queued("b"))
    async with quiet.database() as database, quiet.assembled() as engine:
        await claim(database)
        stale = count(uuid4(), effects=(FinishJob(job_id="a", claim_no=9),))
        good = count(uuid4(), effects=(FinishJob(job_id="b", claim_no=1),))
        outcomes = await engine.commands.submit_all([stale, good])
        waiting = await Jobs(database, "me").waiting()
    assert isinstance(outcomes[0], StaleClaimError)
    assert not isinstance(outcomes[1], Exception)
    assert waiting == {"water": 1}


async def test_a_lane_goes_one_after_another(quiet: World) -> None:
    """The second job of a lane waits for the first, also while the first is parked."""
    lane = uuid4()
    await save(quiet, queued("second", lane, 2), queued("first", lane, 1), queued("other"))
    async with quiet.database() as database:
        jobs = await claim(database)
        assert sorted(job.job_id for job in jobs) == ["first", "other"]
        await save(quiet, RetryJob(job_id="first", claim_no=1, due_at=None))
        assert await claim(database) == []
        assert await Jobs(database, "me").waiting() == {"water": 2}
        await save(quiet, FinishJob(job_id="first", claim_no=1))
        (second,) = await claim(database)
    assert second.job_id == "second"


async def test_a_retried_job_keeps_its_count(quiet: World) -> None:
    """Tried again at its new time, with the attempts that it had."""
    await save(quiet, queued("a"))
    async with quiet.database() as database:
        await claim(database)
        await save(quiet, RetryJob(job_id="a", claim_no=1, due_at=LATER))
        assert await claim(database) == []
        (again,) = await claim(database, now=LATER)
    assert (again.attempt, again.claim_no) == (2, 2)


async def test_a_job_that_exists_stays_as_it_is(quiet: World) -> None:
    """Deciding the same again queues nothing twice and resets nothing."""
    await save(quiet, queued("a"))
    async with quiet.database() as database:
        await claim(database)
        await save(quiet, queued("a"))
        assert await claim(database) == []
        assert await Jobs(database, "me").waiting() == {"water": 1}


async def test_a_decision_may_finish_one_and_queue_the_next(quiet: World) -> None:
    """The result of the last attempt and a new job of the lane, in one decision."""
    lane = uuid4()
    await save(quiet, queued("a", lane, 1))
    async with quiet.database() as database:
        await claim(database, free=1)
        await save(quiet, queued("b", lane, 2), FinishJob(job_id="a", claim_no=1))
    rows = await quiet.rows("SELECT job_id FROM jobs ORDER BY job_id")
    assert [row["job_id"] for row in rows] == ["b"]
