"""Jobs as the database is asked for them."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.scripted import Scripted

from civicloop_kit.jobs import (
    FinishJob,
    JobEffect,
    Jobs,
    QueueJob,
    RetryJob,
    StaleClaimError,
    write_job_effects,
)

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
MANY = 300
QUEUED = QueueJob(
    job_id="t/assign/1",
    queue="water",
    lane=UUID(int=1),
    ordinal=1,
    case_id=UUID(int=2),
    payload={"kind": "assign"},
    due_at=NOW,
)


def written(count: int) -> list[dict[str, int]]:
    """Return that many rows that a result was written to."""
    return [{"row": number} for number in range(count)]


async def write(database: Scripted, *effects: JobEffect) -> None:
    """Save effects."""
    await write_job_effects(cast("Any", database), effects)


async def test_a_claim_lasts_as_long_as_it_says() -> None:
    """It is ours from now until its expiry."""
    row = {
        "job_id": "t/assign/1",
        "queue": "water",
        "lane": UUID(int=1),
        "case_id": UUID(int=2),
        "payload": '{"kind": "assign"}',
        "attempts": 3,
        "claim_no": 5,
        "claim_expires_at": NOW + timedelta(minutes=1),
    }
    database = Scripted(claim_jobs=[row])
    jobs = Jobs(cast("Any", database), "adapter-0")
    (job,) = await jobs.claim({"water": 2, "roads": 1}, NOW, timedelta(minutes=1))
    asked = database.arguments("claim_jobs")
    assert asked == (["water", "roads"], [2, 1], NOW, "adapter-0", NOW + timedelta(minutes=1))
    assert (job.attempt, job.claim_no, job.payload) == (3, 5, {"kind": "assign"})


async def test_effects_are_written_in_bulk_and_in_order() -> None:
    """Results come before what is queued, so that a lane goes on."""
    database = Scripted(finish_jobs=written(1), retry_jobs=written(1))
    await write(
        database,
        QUEUED,
        RetryJob(job_id="b", claim_no=2, due_at=None),
        FinishJob(job_id="a", claim_no=1),
    )
    assert database.names == ["finish_jobs", "retry_jobs", "queue_jobs"]
    assert database.arguments("finish_jobs") == (["a"], [1])
    assert database.arguments("retry_jobs") == (["b"], [2], [None])
    assert database.arguments("queue_jobs")[:2] == (["t/assign/1"], ["water"])


@pytest.mark.parametrize(
    ("effect", "asked"),
    [
        (QUEUED, "queue_jobs"),
        (FinishJob(job_id="a", claim_no=1), "finish_jobs"),
        (RetryJob(job_id="a", claim_no=1, due_at=NOW), "retry_jobs"),
    ],
)
async def test_only_what_there_is_is_asked(effect: JobEffect, asked: str) -> None:
    """A kind of effect that did not happen costs no query."""
    database = Scripted(finish_jobs=written(1), retry_jobs=written(1))
    await write(database, effect)
    assert database.names == [asked]


@pytest.mark.parametrize("count", [1, MANY])
async def test_results_count_when_all_were_written(count: int) -> None:
    """One or hundreds."""
    done = [FinishJob(job_id=str(number), claim_no=1) for number in range(count)]
    await write(Scripted(finish_jobs=written(count)), *done)


@pytest.mark.parametrize("found", [0, 1, 3])
async def test_a_result_of_another_claim_is_refused(found: int) -> None:
    """As many rows as results, or the whole transaction is undone."""
    done = [FinishJob(job_id=job_id, claim_no=1) for job_id in ("a", "b")]
    with pytest.raises(StaleClaimError):
        await write(Scripted(finish_jobs=written(found)), *done)
    retried = [RetryJob(job_id=job_id, claim_no=1, due_at=NOW) for job_id in ("a", "b")]
    with pytest.raises(StaleClaimError):
        await write(Scripted(retry_jobs=written(found)), *retried)
