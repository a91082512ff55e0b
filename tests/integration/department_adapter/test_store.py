"""This room's tables, through the kit's own path: facts and commands in, rows out."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from civicloop_contracts.fact import Replay
from civicloop_kit.clock import SystemClock
from civicloop_kit.command import CaseCommand, KeyReusedError, Reply
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.sealing import Sealer
from department_adapter.domain.commands import (
    AttemptResult,
    DeliveryKind,
    RecordDelivery,
    Remark,
    UpdateKind,
)
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.domain.errors import TaskClosedError
from department_adapter.domain.model import TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.overdue import OverdueCancellations
from department_adapter.store.postgres import PostgresQueues, PostgresTasks
from department_adapter.store.registry import PostgresDepartments
from department_adapter.testing import CASE_ID, START, cancelled, dispatched, task_ref

from .rooms import TASK_ID, Room


async def test_a_task_is_queued_claimed_delivered_and_gone(room: Room) -> None:
    """The whole way of a delivery through the tables."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    assert (job.attempt, job.payload["body"]["department"]) == (1, "water")
    assert isinstance(await room.record(job, AttemptResult.DELIVERED), Reply)
    assert await room.count("jobs") == 0
    entry = await PostgresTasks(room.database).find(TASK_ID)
    assert entry is not None
    assert (entry.state, entry.case_id, entry.role) == (TaskState.DELIVERED, CASE_ID, "lead")
    assert await room.count("outbox") == 1


async def test_a_failure_comes_again_when_it_is_due(room: Room) -> None:
    """Not before, and with the attempt counted."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.FAILED)
    assert await room.claim() == []
    room.clock.move(timedelta(seconds=1))
    (again,) = await room.claim()
    assert (again.job_id, again.attempt) == (job.job_id, 2)


async def test_a_cancellation_before_any_attempt_sends_nothing(room: Room) -> None:
    """Nobody knows of the task, so nobody is told."""
    await room.tell(dispatched())
    await room.tell(cancelled())
    assert await room.count("jobs") == 0


async def test_dispatch_and_cancellation_in_one_transaction_send_nothing(room: Room) -> None:
    """The delivery is queued before it is dropped, in whatever batch both come."""
    await room.tell(dispatched(), cancelled())
    assert await room.count("jobs") == 0
    assert await PostgresTasks(room.database).find(TASK_ID) is not None


async def test_a_cancellation_during_an_attempt_is_sent(room: Room) -> None:
    """It may have arrived: the result of the attempt comes too late, the cancellation goes out."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.tell(cancelled())
    assert isinstance(await room.record(job, AttemptResult.DELIVERED), StaleClaimError)
    (told,) = await room.claim()
    assert told.payload["body"]["type"] == "task.cancelled"
    await room.record(told, AttemptResult.DELIVERED)
    assert await room.count("jobs") == 0


@pytest.mark.parametrize("result", [AttemptResult.DELIVERED, AttemptResult.REFUSED])
async def test_a_cancellation_after_an_attempt_is_sent(room: Room, result: AttemptResult) -> None:
    """Also when the department refused: it has seen the task."""
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, result)
    await room.tell(cancelled())
    (told,) = await room.claim()
    assert told.job_id == f"{TASK_ID}/cancellation/2"


async def test_an_update_is_kept_once_with_its_words(room: Room) -> None:
    """The same id again gets the same answer; another content under it is refused."""
    await room.tell(dispatched())
    update_id, remark_id = uuid4(), uuid4()
    remark = Remark(remark_id=remark_id, sealed=b"sealed", words="a" * 16)
    done = {"result": "done", "remark": remark}
    first = await room.update(UpdateKind.COMPLETE, update_id, **done)
    again = await room.update(UpdateKind.COMPLETE, update_id, **done)
    assert (first.repeated, again.repeated, first.body) == (False, True, again.body)
    with pytest.raises(KeyReusedError):
        await room.update(UpdateKind.ACKNOWLEDGE, update_id)
    with pytest.raises(TaskClosedError):
        await room.update(UpdateKind.ACKNOWLEDGE, uuid4())
    (kept,) = await PostgresTasks(room.database).updates(TASK_ID)
    assert (kept.update_id, kept.kind, kept.applied, kept.state) == (
        update_id,
        UpdateKind.COMPLETE,
        True,
        TaskState.COMPLETED,
    )
    assert await room.count("remarks") == 1


async def test_many_results_share_a_transaction(room: Room) -> None:
    """Results of many cases are recorded together, each with its own outcome."""
    cases = [uuid4() for _ in range(50)]
    facts = [
        dispatched().model_copy(update={"case_id": case_id, "task": _task()}) for case_id in cases
    ]
    await room.tell(*facts)
    jobs = await room.claim(free=64)
    bodies = [
        RecordDelivery(
            task_id=job.lane,
            delivery_id=job.job_id,
            kind=DeliveryKind.DISPATCH,
            claim_no=job.claim_no,
            result=AttemptResult.DELIVERED,
        )
        for job in jobs
    ]
    outcomes = await room.commands.submit_all(
        [
            CaseCommand(case_id=job.case_id, body=body, principal="x")
            for job, body in zip(jobs, bodies, strict=True)
        ]
    )
    assert len(outcomes) == 50
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert await room.count("jobs") == 0


async def test_queue_names_are_found_without_counting(room: Room) -> None:
    """Each queue once, none when there is none."""
    queues = PostgresQueues(room.database)
    assert await queues.names() == frozenset()
    await room.tell(
        dispatched(1),
        dispatched(2),
        dispatched(3, department="power"),
        dispatched(4, replay=Replay(run="x", handled_at=None, as_of=START)),
    )
    assert await queues.names() == {"water", "power", "replay"}


def _task() -> Any:
    return task_ref().model_copy(update={"task_id": uuid4()})


class TestRegistry:
    """The registry of departments."""

    @pytest.fixture
    def registry(self, room: Room) -> PostgresDepartments:
        """Return the registry."""
        return PostgresDepartments(room.database, Sealer(b"k" * 32, b"secrets"), room.clock)

    water = Department(
        code="water",
        name_zh="水利局",
        name_en="Water bureau",
        transport=TransportName.WEBHOOK,
        url="http://127.0.0.1:9400/hooks/water",
    )

    async def test_a_secret_is_kept_sealed_and_given_once(
        self, registry: PostgresDepartments, room: Room
    ) -> None:
        """A change keeps it."""
        first = await registry.put(self.water, "whsec_first")
        assert (first.made, first.new_secret) == (True, True)
        second = await registry.put(replace(self.water, concurrency=2), "whsec_second")
        assert (second.made, second.new_secret) == (False, False)
        known = (await registry.known())["water"]
        assert (known.secrets, known.department.concurrency) == (("whsec_first",), 2)
        async with room.database.read() as connection:
            sealed = await connection.fetchval("SELECT secret_sealed FROM departments")
        assert b"first" not in sealed

    async def test_an_imported_department_that_becomes_a_webhook_gets_a_secret(
        self, registry: PostgresDepartments
    ) -> None:
        """It had none before."""
        imported = replace(self.water, transport=TransportName.REPLAY, url=None)
        assert not (await registry.put(imported, None)).new_secret
        assert await registry.rotate("water", "whsec_x") is None
        assert (await registry.put(self.water, "whsec_x")).new_secret

    async def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(
        self, registry: PostgresDepartments, room: Room
    ) -> None:
        """The newest first; after a day alone."""
        await registry.put(self.water, "whsec_old")
        assert await registry.rotate("water", "whsec_new") == START + timedelta(hours=24)
        assert (await registry.known())["water"].secrets == ("whsec_new", "whsec_old")
        room.clock.move(timedelta(hours=24))
        assert (await registry.known())["water"].secrets == ("whsec_new",)

    async def test_a_department_that_is_gone_is_disabled(
        self, registry: PostgresDepartments
    ) -> None:
        """Until somebody says that it is active again."""
        await registry.put(self.water, "whsec_x")
        await registry.disable("water")
        assert (await registry.known())["water"].department.state is DepartmentState.DISABLED
        await registry.put(self.water, None)
        assert (await registry.known())["water"].department.state is DepartmentState.ACTIVE

    async def test_whoever_corrects_an_address_gets_it_tried_now(
        self, registry: PostgresDepartments, room: Room
    ) -> None:
        """What waits for a later attempt is due; what is being tried is left alone."""
        await room.tell(dispatched(1), dispatched(2))
        (first, _second) = await room.claim()
        await room.record(first, AttemptResult.NO_DEPARTMENT)
        await registry.put(self.water, "whsec_x")
        (again,) = await room.claim()
        assert again.job_id == first.job_id

    async def test_a_change_by_another_process_shows_soon(
        self, registry: PostgresDepartments, room: Room
    ) -> None:
        """What was read is known for a moment only."""
        assert await registry.known() == {}
        other = PostgresDepartments(room.database, Sealer(b"k" * 32, b"secrets"), SystemClock())
        await other.put(self.water, "whsec_x")
        assert await registry.known() == {}
        assert "water" in await registry.reread()
        await other.disable("water")
        room.clock.move(timedelta(seconds=2))
        assert (await registry.known())["water"].department.state is DepartmentState.DISABLED


async def test_two_workers_never_share_a_delivery(room: Room) -> None:
    """A claim is one worker's."""
    await room.tell(*(dispatched(number) for number in range(1, 21)))
    claims = await asyncio.gather(*(room.claim(free=5) for _ in range(4)))
    claimed = [job.job_id for jobs in claims for job in jobs]
    assert len(claimed) == len(set(claimed)) == 20


@pytest.mark.parametrize("transport", [TransportName.PULL, TransportName.WEBHOOK])
async def test_a_cancellation_that_nobody_comes_for_ends(
    room: Room, transport: TransportName
) -> None:
    """After its time, whatever the department does; not before, and not while it is under way."""
    registry = PostgresDepartments(room.database, Sealer(b"k" * 32, b"secrets"), room.clock)
    url = "http://water.example/" if transport is TransportName.WEBHOOK else None
    await registry.put(
        Department(code="water", name_zh="水利局", name_en="Water", transport=transport, url=url),
        None,
    )
    await registry.disable("water")
    await room.tell(dispatched())
    (job,) = await room.claim()
    await room.record(job, AttemptResult.DELIVERED)
    await room.tell(cancelled())
    policy = RetryPolicy()
    late = OverdueCancellations(
        queues=PostgresQueues(room.database),
        recorder=room.commands,
        clock=room.clock,
        policy=policy,
    )
    room.clock.move(policy.cancel_for - timedelta(microseconds=1))
    assert await late.give_up() == 0
    (held,) = await room.claim()
    room.clock.move(timedelta(microseconds=1))
    assert await late.give_up() == 0
    room.clock.move(held.expires_at - room.clock.now())
    assert await late.give_up() == 1
    assert await room.count("jobs") == 0
    assert await room.told() == ["task.delivered", "case.remarked"]
