"""Work that leaves the process: queued with the decision, claimed, tried, recorded.

A claim is an owner, a number and an expiry; the attempt is counted in the transaction that claims,
and a result is recorded only while the claim's number still matches. Jobs of one lane go one after
another, by ordinal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from civicloop_kit.postgres import Connection, Database, load_queries

_QUERIES: Final = load_queries(__package__)


class StaleClaimError(Exception):
    """The claim expired and somebody else has the job; this result is not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueJob:
    """Effect: try this at ``due_at``, at once when it is past. A job that exists stays as it is."""

    job_id: str
    queue: str
    lane: UUID
    ordinal: int
    case_id: UUID
    payload: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishJob:
    """Effect: the job is done and goes away."""

    job_id: str
    claim_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryJob:
    """Effect: try again at ``due_at``; None parks the job until a person releases it."""

    job_id: str
    claim_no: int
    due_at: datetime | None


JobEffect = QueueJob | FinishJob | RetryJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job; ``attempt`` counts from 1 and includes this one."""

    job_id: str
    queue: str
    lane: UUID
    case_id: UUID
    payload: Mapping[str, Any]
    attempt: int
    claim_no: int
    expires_at: datetime


class Jobs:
    """The queue table of one service."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Claim up to ``free[queue]`` due jobs of each queue, the longest due first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                _QUERIES["claim_jobs"],
                list(free.keys()),
                list(free.values()),
                now,
                self._owner,
                now + expiry,
            )
        return [_job(row) for row in rows]

    async def waiting(self) -> Mapping[str, int]:
        """Return how many jobs each queue has that are not parked."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["count_jobs"])
        return {row["queue"]: row["jobs"] for row in rows}


async def write_job_effects(connection: Connection, effects: Sequence[JobEffect]) -> None:
    """Save the effects of one transaction, in bulk and in this order: finish, retry, queue.

    So a decision may finish a job of a lane and queue the next one.

    Raises:
        StaleClaimError: A result came too late.
    """
    await _finish(connection, [e for e in effects if isinstance(e, FinishJob)])
    await _retry(connection, [e for e in effects if isinstance(e, RetryJob)])
    await _queue(connection, [e for e in effects if isinstance(e, QueueJob)])


async def _queue(connection: Connection, jobs: Sequence[QueueJob]) -> None:
    if jobs:
        await connection.execute(
            _QUERIES["queue_jobs"],
            [e.job_id for e in jobs],
            [e.queue for e in jobs],
            [e.lane for e in jobs],
            [e.ordinal for e in jobs],
            [e.case_id for e in jobs],
            [orjson.dumps(e.payload).decode() for e in jobs],
            [e.due_at for e in jobs],
        )


async def _finish(connection: Connection, done: Sequence[FinishJob]) -> None:
    if done:
        rows = await connection.fetch(
            _QUERIES["finish_jobs"], [e.job_id for e in done], [e.claim_no for e in done]
        )
        _refuse_stale(len(rows), len(done))


async def _retry(connection: Connection, retries: Sequence[RetryJob]) -> None:
    if retries:
        rows = await connection.fetch(
            _QUERIES["retry_jobs"],
            [e.job_id for e in retries],
            [e.claim_no for e in retries],
            [e.due_at for e in retries],
        )
        _refuse_stale(len(rows), len(retries))


def _refuse_stale(written: int, expected: int) -> None:
    if written != expected:
        raise StaleClaimError(StaleClaimError.__doc__)


def _job(row: Any) -> Job:
    return Job(
        job_id=row["job_id"],
        queue=row["queue"],
        lane=row["lane"],
        case_id=row["case_id"],
        payload=orjson.loads(row["payload"]),
        attempt=row["attempts"],
        claim_no=row["claim_no"],
        expires_at=row["claim_expires_at"],
    )
