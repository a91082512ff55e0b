"""Queues, lanes and lists of deliveries in the tables."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from civicloop_contracts import codes
from civicloop_contracts.facts import router
from civicloop_kit.command import Reply
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.sealing import Sealer
from department_adapter.domain.commands import AttemptResult, UpdateKind
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.domain.model import TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.overdue import OverdueCancellations
from department_adapter.store.postgres import PostgresQueues, PostgresTasks
from department_adapter.store.registry import PostgresDepartments
from department_adapter.testing import (
    CASE_ID,
    START,
    at,
    cancelled,
    common_fields,
    dispatched,
    reassigned,
    reminded,
    supplemented,
    task_ref,
)

from .rooms import TASK_ID, Room

PULLS = Department(code="water", name_zh="水利局", name_en="Water", transport=TransportName.PULL)
WEBHOOK = replace(PULLS, transport=TransportName.WEBHOOK, url="http://x/")


@pytest.fixture
def registry(room: Room) -> PostgresDepartments:
    """Return the registry."""
    return PostgresDepartments(room.database, Sealer(b"k" * 32, b"secrets"), room.clock)


async def test_notices_wait_behind_their_task(room: Room) -> None:
    """Only the first of a lane is claimed; each has a place of its own."""
    await room.tell(dispatched(), supplemented(), reminded())
    assert await room.jobs_now() == ["dispatch/1", "supplement/1", "reminder/2"]
    (job,) = await room.claim()
    assert job.job_id == f"{TASK_ID}/dispatch/1"
    await room.record(job, AttemptResult.DELIVERED)
    (job,) = await room.claim()
    assert job.job_id == f"{TASK_ID}/supplement/1"


async def test_a_cancellation_drops_every_notice(room: Room) -> None:
    """Also the supplement, whose number is of another source."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.DELIVERED)
    await room.tell(supplemented(), supplemented(), supplemented(), cancelled())
    assert await room.jobs_now() == ["cancellation/2"]


async def test_a_notice_and_its_cancellation_in_one_transaction(room: Room) -> None:
    """What was queued is dropped, in whatever batch both come."""
    await room.tell(dispatched(), reminded(), cancelled())
    assert await room.count("jobs") == 0


async def test_a_reassignment_before_any_attempt_sends_the_next_one_only(room: Room) -> None:
    """Nobody knows of the first."""
    await room.tell(dispatched(), reassigned(reason=codes.ReassignReason.SUPERIOR))
    assert await PostgresQueues(room.database).names() == {"power"}
    entry = await PostgresTasks(room.database).find(TASK_ID)
    assert entry is not None
    assert entry.state is TaskState.CANCELLED


async def test_the_end_of_a_task_drops_what_waits(room: Room) -> None:
    """The result of an attempt under way comes too late."""
    await room.tell(dispatched(), reminded())
    (job,) = await room.claim()
    await room.update(UpdateKind.COMPLETE, TASK_ID, result="done")
    assert await room.count("jobs") == 0
    assert isinstance(await room.record(job, AttemptResult.DELIVERED), StaleClaimError)


async def test_a_lease_that_ran_out_is_due_as_it_was(room: Room) -> None:
    """The same time, no claim; a result of the old claim still counts once."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    room.clock.move(timedelta(minutes=1))
    await room.record(job, AttemptResult.EXPIRED)
    (waiting,) = await PostgresQueues(room.database).waiting_in("water", 9)
    assert (waiting.due_at, waiting.leased_until) == (START, None)
    assert isinstance(await room.record(job, AttemptResult.DELIVERED), Reply)
    assert not await PostgresQueues(room.database).has(job.job_id)


async def test_a_lease_that_was_given_again_runs_out_under_its_own_number(room: Room) -> None:
    """Whoever looks at the old one changes nothing."""
    await room.tell(dispatched())
    (old,) = await room.claim()
    room.clock.move(timedelta(minutes=1))
    (new,) = await room.claim()
    assert isinstance(await room.record(old, AttemptResult.EXPIRED), StaleClaimError)
    assert isinstance(await room.record(new, AttemptResult.EXPIRED), Reply)


async def test_only_leases_of_those_who_pull_run_out(
    room: Room, registry: PostgresDepartments
) -> None:
    """A claim of our own worker is tried again by it."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    room.clock.move(timedelta(seconds=30))
    queues, now = PostgresQueues(room.database), room.clock.now()
    assert await queues.expired(now, 9) == []
    await registry.put(PULLS, None)
    (lease,) = await queues.expired(now, 9)
    assert (lease.delivery_id, lease.task_id, lease.case_id, lease.claim_no) == (
        job.job_id,
        TASK_ID,
        CASE_ID,
        1,
    )
    assert await queues.expired(now - timedelta(microseconds=1), 9) == []


async def test_what_is_parked_is_listed_by_task(room: Room) -> None:
    """With pages, until it arrives."""
    await room.tell(dispatched(1), dispatched(2))
    for job in await room.claim():
        await room.record(job, AttemptResult.REFUSED)
    tasks = PostgresTasks(room.database)
    both = await tasks.parked(None, 9)
    assert sorted(entry.task_id for entry in both) == [entry.task_id for entry in both]
    assert await tasks.parked(both[0].task_id, 9) == both[1:]
    assert await tasks.parked(None, 1) == both[:1]
    parked = both[0].parked
    assert (parked.reason, parked.since, parked.review_at) == ("refused", START, at(240))
    await room.release(both[0].task_id)
    assert await tasks.parked(None, 9) == both[1:]
    (job,) = await room.claim()
    assert (job.lane, job.attempt) == (both[0].task_id, 1)


@pytest.mark.parametrize("end", [cancelled(), reassigned(reason=codes.ReassignReason.SUPERIOR)])
async def test_what_is_parked_of_a_task_ends_with_it(room: Room, end: Any) -> None:
    """Its department hears of the end, for seven days; then nothing of it is left."""
    await room.tell(dispatched(), reminded())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.REFUSED)
    await room.tell(end)
    queues = PostgresQueues(room.database)
    assert await PostgresTasks(room.database).parked(None, 9) == []
    (waiting,) = await queues.waiting_in("water", 9)
    assert waiting.delivery_id.split("/")[1] == "cancellation"
    policy = RetryPolicy()
    late = OverdueCancellations(
        queues=queues, recorder=room.commands, clock=room.clock, policy=policy
    )
    room.clock.move(policy.cancel_for)
    assert await late.give_up() == 1
    assert await queues.waiting_in("water", 9) == []


async def test_a_removed_departments_task_waits_with_all_that_was_said(
    room: Room, registry: PostgresDepartments
) -> None:
    """Its delivery was over; it is made again as it was, under a claim that none had."""
    await registry.put(PULLS, None)
    await room.tell(dispatched())
    (first,) = await room.claim()
    await room.record(first, AttemptResult.DELIVERED)
    assert await registry.remove("water") == 1
    await room.abandon()
    room.clock.move(timedelta(hours=4))
    (again,) = await room.claim()
    assert (again.job_id, again.payload) == (first.job_id, first.payload)
    assert again.claim_no > first.claim_no + 1_000
    assert await PostgresTasks(room.database).left(9) == []


async def test_an_attempt_under_way_when_its_department_goes_comes_too_late(
    room: Room, registry: PostgresDepartments
) -> None:
    """The task is parked, whatever the department answered."""
    await registry.put(PULLS, None)
    await room.tell(dispatched())
    (job,) = await room.claim()
    await registry.remove("water")
    (left,) = await PostgresTasks(room.database).left(9)
    await room.abandon(left.task_id)
    assert isinstance(await room.record(job, AttemptResult.DELIVERED), StaleClaimError)
    assert await room.told() == ["delivery.parked"]


async def test_a_removed_departments_cancellations_are_given_up(
    room: Room, registry: PostgresDepartments
) -> None:
    """They are due at once, to be found without an address."""
    await registry.put(PULLS, None)
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.DELIVERED)
    await room.tell(cancelled())
    (told,) = await room.claim()
    await room.record(told, AttemptResult.FAILED)
    assert await room.claim() == []
    assert await registry.remove("water") == 0
    (due,) = await room.claim()
    await room.record(due, AttemptResult.NO_DEPARTMENT)
    assert await room.told() == ["task.delivered", "case.remarked"]
    assert await room.count("jobs") == 0


async def test_deadlines_move_where_the_department_looks(room: Room) -> None:
    """The newest one holds."""
    about = {**common_fields(), "task": task_ref(), "department": "water"}
    extended = router.DeadlineExtended(**about, due_at=at(99), extensions=1)
    suspended = router.ClockSuspended(
        **about, kind=codes.SuspensionKind.LEDGER, remaining_s=1, review_at=at(500)
    )
    await room.tell(dispatched(return_until=at(30)), extended)
    tasks = PostgresTasks(room.database)
    entry = await tasks.find(TASK_ID)
    assert entry is not None
    assert (entry.resolution_due_at, entry.return_until) == (at(99), at(30))
    await room.tell(suspended)
    entry = await tasks.find(TASK_ID)
    assert entry is not None
    assert entry.resolution_due_at is None


class TestStates:
    """How a department's state changes."""

    async def test_a_pause_ends_by_itself(self, registry: PostgresDepartments, room: Room) -> None:
        """At its time, in every process that reads."""
        await registry.put(PULLS, None)
        assert await registry.pause("water", at(30))
        paused = (await registry.known())["water"].department
        assert (paused.state, paused.paused_until) == (DepartmentState.PAUSED, at(30))
        room.clock.move(timedelta(minutes=30))
        active = (await registry.known())["water"].department
        assert (active.state, active.paused_until) == (DepartmentState.ACTIVE, None)

    async def test_who_is_disabled_is_not_paused_but_resumed(
        self, registry: PostgresDepartments
    ) -> None:
        """The end of a pause would enable it; a person does."""
        await registry.put(PULLS, None)
        await registry.disable("water")
        assert not await registry.pause("water", at(30))
        assert await registry.resume("water")
        assert (await registry.known())["water"].department.state is DepartmentState.ACTIVE

    async def test_who_answers_gone_while_paused_is_disabled(
        self, registry: PostgresDepartments
    ) -> None:
        """An attempt was under way when the pause began."""
        await registry.put(PULLS, None)
        await registry.pause("water", at(30))
        await registry.disable("water")
        assert (await registry.known())["water"].department.state is DepartmentState.DISABLED

    async def test_a_change_leaves_a_pause_and_its_end_alone(
        self, registry: PostgresDepartments
    ) -> None:
        """Unless a state is given."""
        await registry.put(PULLS, None)
        await registry.pause("water", at(30))
        put = await registry.put(replace(PULLS, concurrency=2), None, keep_state=True)
        assert not put.made
        kept = (await registry.known())["water"].department
        assert (kept.concurrency, kept.state) == (2, DepartmentState.PAUSED)
        assert kept.paused_until == at(30)
        await registry.put(replace(PULLS, state=DepartmentState.DISABLED), None)
        given = (await registry.known())["water"].department
        assert (given.state, given.paused_until) == (DepartmentState.DISABLED, None)

    async def test_a_change_does_not_enable_who_is_disabled(
        self, registry: PostgresDepartments
    ) -> None:
        """A person does, and says so."""
        await registry.put(PULLS, None)
        await registry.disable("water")
        await registry.put(PULLS, None, keep_state=True)
        assert (await registry.known())["water"].department.state is DepartmentState.DISABLED

    async def test_who_comes_back_after_a_removal_is_active(
        self, registry: PostgresDepartments
    ) -> None:
        """There is no state to keep: it is as new."""
        await registry.put(PULLS, None)
        await registry.pause("water", at(30))
        await registry.remove("water")
        put = await registry.put(PULLS, None, keep_state=True)
        assert put.made
        active = (await registry.known())["water"].department
        assert (active.state, active.paused_until) == (DepartmentState.ACTIVE, None)

    async def test_who_is_removed_is_as_unknown_as_who_never_was(
        self, registry: PostgresDepartments
    ) -> None:
        """No secret, no state, no way back but a new registration."""
        await registry.put(WEBHOOK, "whsec_old")
        assert await registry.remove("water") == 0
        assert await registry.known() == {}
        assert await registry.remove("water") is None
        assert not await registry.pause("water", at(30))
        assert not await registry.resume("water")
        assert await registry.rotate("water", "whsec_x") is None
        put = await registry.put(WEBHOOK, "whsec_new")
        assert (put.made, put.new_secret) == (True, True)
        assert (await registry.known())["water"].secrets == ("whsec_new",)

    async def test_tokens_end_with_their_department(self, registry: PostgresDepartments) -> None:
        """New ones are taken when it is registered anew; those without a date never again."""
        await registry.put(PULLS, None)
        assert await registry.admits("water", None)
        assert await registry.admits("nobody", None)
        await registry.remove("water")
        assert not await registry.admits("water", at(9))
        await registry.put(PULLS, None)
        assert not await registry.admits("water", START)
        assert not await registry.admits("water", None)
        assert await registry.admits("water", START + timedelta(seconds=1))
