"""What the auditor takes for late (`audit.jobs`)."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from department_adapter.domain.commands import AttemptResult
from department_adapter.domain.department import TransportName
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.store.registry import PostgresDepartments
from department_adapter.testing import START, at, cancelled, dispatched, reminded

from .rooms import Room
from .test_deliveries import PULLS, WEBHOOK, registry

__all__ = ["registry"]


async def overdue(auditor_url: str) -> list[Any]:
    """Return when the auditor thinks that each job is due, and its claim runs out."""
    connection = await asyncpg.connect(auditor_url)
    try:
        rows = await connection.fetch("SELECT due_at, claim_expires_at FROM audit.jobs")
    finally:
        await connection.close()
    return [(row["due_at"], row["claim_expires_at"]) for row in rows]


async def test_a_pause_puts_everything_off(
    room: Room, registry: PostgresDepartments, auditor_url: str
) -> None:
    """Nothing is due before its end; what is due later stays so."""
    await room.tell(dispatched())
    assert await overdue(auditor_url) == [(START, None)]
    await registry.put(WEBHOOK, "whsec_x")
    await registry.pause("water", at(30))
    assert await overdue(auditor_url) == [(at(30), None)]
    (job,) = await room.claim()
    await room.record(job, AttemptResult.REFUSED)
    assert await overdue(auditor_url) == [(at(240), None)]


async def test_the_disabled_and_those_who_pull_are_waited_for(
    room: Room, registry: PostgresDepartments, auditor_url: str
) -> None:
    """Neither is late; a lease is, when it ran out and nobody noticed."""
    await registry.put(PULLS, None)
    await room.tell(dispatched())
    assert await overdue(auditor_url) == [(None, None)]
    await registry.disable("water")
    assert await overdue(auditor_url) == [(None, None)]
    (job,) = await room.claim()
    assert await overdue(auditor_url) == [(None, job.expires_at)]
    await registry.put(WEBHOOK, None, keep_state=True)
    assert await overdue(auditor_url) == [(None, None)]


async def test_what_waits_behind_a_lease_does_not_hide_that_it_ran_out(
    room: Room, registry: PostgresDepartments, auditor_url: str
) -> None:
    """A lane is late when all in it is late."""
    await registry.put(PULLS, None)
    await room.tell(dispatched(), reminded())
    (job,) = await room.claim()
    assert set(await overdue(auditor_url)) == {(None, job.expires_at), (START, None)}


async def test_what_a_removed_department_leaves_is_late_at_once(
    room: Room, registry: PostgresDepartments, auditor_url: str
) -> None:
    """However it was reached: nobody comes for it any more, and we park it."""
    await registry.put(PULLS, None)
    await room.tell(dispatched())
    await registry.remove("water")
    assert await overdue(auditor_url) == [(START, None)]


@pytest.mark.parametrize("transport", [TransportName.PULL, TransportName.WEBHOOK])
async def test_a_cancellation_that_nobody_is_tried_with_is_late_after_its_time(
    room: Room,
    registry: PostgresDepartments,
    auditor_url: str,
    transport: TransportName,
) -> None:
    """It is given up after seven days, whether its department pulls, pauses or is disabled."""
    department = PULLS if transport is TransportName.PULL else WEBHOOK
    await registry.put(department, None)
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.DELIVERED)
    await room.tell(cancelled())
    ended_by = START + RetryPolicy().cancel_for
    active = START if transport is TransportName.WEBHOOK else ended_by
    assert await overdue(auditor_url) == [(active, None)]
    await registry.pause("water", START + timedelta(days=30))
    assert await overdue(auditor_url) == [(ended_by, None)]
    await registry.pause("water", at(30))
    paused = at(30) if transport is TransportName.WEBHOOK else ended_by
    assert await overdue(auditor_url) == [(paused, None)]
    await registry.disable("water")
    assert await overdue(auditor_url) == [(ended_by, None)]
