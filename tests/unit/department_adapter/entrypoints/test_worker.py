"""Due deliveries: claimed, delivered, recorded."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest

from civicloop_contracts.fact import Replay
from civicloop_kit.command import OverloadedError
from civicloop_kit.jobs import Job, StaleClaimError
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.room import Moment
from civicloop_kit.testing import FakeClock
from department_adapter import wire
from department_adapter.adapters.breakers import Breakers
from department_adapter.adapters.replay import ReplayTransport
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.department import DepartmentState, TransportName
from department_adapter.domain.facts import NoticeQueued
from department_adapter.domain.model import Task, TaskRef
from department_adapter.entrypoints.attempts import Attempts
from department_adapter.entrypoints.worker import REPLAY_PLACES, UNKNOWN_PLACES, DueTasks
from department_adapter.ports import (
    BreakerState,
    Delivery,
    DeliveryRefusedError,
    DepartmentTransport,
    DepartmentUnavailableError,
    NarrativesUnavailableError,
    Receipt,
    Registered,
)
from department_adapter.testing import (
    CASE_ID,
    HANDLER,
    START,
    FakeCommands,
    FakeDepartments,
    FakeJobs,
    FakeNarratives,
    FakeTransport,
    at,
    cancelled,
    dispatched,
    registered,
    supplemented,
    task_ref,
)

TASK = Task(
    ref=TaskRef(task_id=task_ref().task_id, task_no=1, attempt=1),
    department="water",
    delivery_id=f"{task_ref().task_id}/dispatch/1",
    dispatched_at=START,
)
REPLAY = Replay(run="boston", handled_at=at(120), as_of=at(9000))


class World:
    """The worker and everything around it."""

    def __init__(self, *codes: str, **fields: Any) -> None:
        self.clock = FakeClock(START)
        self.jobs = FakeJobs()
        self.commands = FakeCommands()
        departments = {code: registered(code, **fields) for code in codes or ("water",)}
        self.departments = FakeDepartments(real=departments)
        self.narratives = FakeNarratives()
        self.transport = FakeTransport()
        self.breakers = Breakers(threshold=2, open_s=3600.0)
        self.woken = 0
        transports: dict[TransportName, DepartmentTransport] = {
            TransportName.WEBHOOK: self.transport,
            TransportName.REPLAY: ReplayTransport(HANDLER),
        }
        self.due = DueTasks(
            jobs=self.jobs,
            recorder=self.commands,
            departments=self.departments,
            queues=self.jobs,
            narratives=self.narratives,
            attempts=Attempts(transports, self.breakers),
            breakers=self.breakers,
            clock=self.clock,
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    def add(self, number: int = 1, department: str = "water", replay: Replay | None = None) -> None:
        """Queue a dispatch."""
        moment = Moment(now=START, recorded_at=START, source="/router/tasks", sequence=number)
        job = wire.dispatch_job(dispatched(number, department=department, replay=replay), moment)
        self._add(job, number)

    def add_cancellation(self, number: int = 1) -> None:
        """Queue a cancellation."""
        moment = Moment(now=START, recorded_at=START, source="/router/tasks", sequence=number)
        self._add(wire.cancellation_job(TASK, cancelled(number), moment), number)

    def _add(self, job: Any, number: int) -> None:
        self.jobs.waiting_jobs.append(
            Job(
                job_id=job.job_id,
                queue=job.queue,
                lane=job.lane,
                # Each its own case, so that narratives are asked for one by one.
                case_id=uuid5(CASE_ID, str(number)),
                payload=job.payload,
                attempt=1,
                claim_no=number,
                expires_at=START,
            )
        )

    async def run(self) -> None:
        """Work until nothing is left to do."""
        for _ in range(50):
            done = await self.due.deliver_due_tasks()
            for _ in range(5):
                await asyncio.sleep(0)
            if not done and not any(self.due.in_flight.values()):
                return
        pytest.fail("the worker does not come to rest")

    @property
    def recorded(self) -> list[RecordDelivery]:
        """What was recorded."""
        bodies = [command.body for command in self.commands.taken]
        return [body for body in bodies if isinstance(body, RecordDelivery)]

    @property
    def results(self) -> list[AttemptResult]:
        """How the recorded attempts ended."""
        return [record.result for record in self.recorded]


async def test_a_due_task_is_delivered_with_its_narrative_and_recorded() -> None:
    """Claim, narrative, delivery, record."""
    world = World()
    world.add()
    await world.run()
    (delivery,) = world.transport.delivered
    assert delivery.narrative is not None
    assert delivery.narrative.text == "水管爆裂"
    (record,) = world.recorded
    assert (record.result, record.claim_no) == (AttemptResult.DELIVERED, 1)
    assert world.commands.taken[0].case_id == uuid5(CASE_ID, "1")


async def test_many_deliveries_share_a_look_up_and_a_transaction() -> None:
    """Neither is made per delivery."""
    world = World(concurrency=64)
    for number in range(1, 61):
        world.add(number)
    await world.run()
    assert len(world.transport.delivered) == 60
    assert len(world.narratives.asked) == 1
    assert len(world.commands.batches) < 5


async def test_a_cancellation_needs_no_narrative() -> None:
    """It says nothing about anybody."""
    world = World()
    world.add_cancellation()
    await world.run()
    (delivery,) = world.transport.delivered
    assert (delivery.kind, delivery.narrative) == (DeliveryKind.CANCELLATION, None)
    assert world.narratives.asked == []


async def test_a_department_gets_no_more_at_once_than_it_takes() -> None:
    """Free places are what it takes less what is under way."""
    world = World(concurrency=3)
    for number in range(1, 8):
        world.add(number)
    await world.due.deliver_due_tasks()
    assert world.due.in_flight["water"] == 3
    assert len(world.jobs.waiting_jobs) == 4
    await world.run()
    assert len(world.transport.delivered) == 7


async def test_a_place_is_taken_until_the_result_is_recorded() -> None:
    """A database that is away stops the flow, not only the record of it."""
    world = World(concurrency=2)
    for number in range(1, 5):
        world.add(number)
    world.commands.error = UnavailableError()
    with pytest.raises(UnavailableError):
        await world.run()
    with pytest.raises(UnavailableError):
        await world.run()
    assert len(world.transport.delivered) == 2
    world.commands.error = None
    await world.run()
    assert len(world.results) == len(world.transport.delivered) == 4


async def test_a_slow_department_does_not_hold_up_another() -> None:
    """Each delivery goes its own way."""
    never = asyncio.Event()

    class Stuck(FakeTransport):
        async def deliver(self, registered: Registered, delivery: Delivery) -> Receipt:
            if registered.department.code == "water":
                await never.wait()
            return await super().deliver(registered, delivery)

    world = World("water", "power", concurrency=2)
    world.transport = stuck = Stuck()
    world.due._attempts = Attempts({TransportName.WEBHOOK: stuck}, world.breakers)
    for number in range(1, 11):
        world.add(number, "water" if number <= 5 else "power")
    for _ in range(40):
        await world.due.deliver_due_tasks()
    assert len(stuck.delivered) == 5
    assert world.due.in_flight == {"water": 2, "power": 0}
    never.set()
    await world.run()


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (DeliveryRefusedError(), AttemptResult.REFUSED),
        (DepartmentUnavailableError(retry_after_s=9), AttemptResult.FAILED),
    ],
)
async def test_a_failure_is_recorded(error: Exception, result: AttemptResult) -> None:
    """What follows from it is the domain's to say."""
    world = World()
    world.transport.errors["water"] = error
    world.add()
    await world.run()
    assert world.results == [result]
    assert world.recorded[0].retry_after_s == getattr(error, "retry_after_s", None)


async def test_410_disables_the_department() -> None:
    """It is tried no more until a person activates it."""
    world = World()
    world.transport.errors["water"] = DeliveryRefusedError(gone=True)
    world.add()
    await world.run()
    assert world.departments.disabled == ["water"]


async def test_a_disabled_department_is_not_tried() -> None:
    """Its deliveries wait."""
    world = World(state=DepartmentState.DISABLED)
    world.add()
    await world.run()
    assert world.transport.delivered == []
    assert len(world.jobs.waiting_jobs) == 1


async def test_an_open_breaker_keeps_its_queue_unclaimed() -> None:
    """Attempts are not wasted on a department that is down."""
    world = World(concurrency=1)
    world.transport.errors["water"] = DepartmentUnavailableError()
    for number in range(1, 6):
        world.add(number)
    await world.run()
    assert world.breakers.state("water") is BreakerState.OPEN
    assert world.results == [AttemptResult.FAILED] * 2
    assert len(world.jobs.waiting_jobs) == 3


async def test_a_breaker_that_opens_meanwhile_costs_nothing() -> None:
    """Those that were claimed already wait without being counted."""
    world = World(concurrency=5)
    world.transport.errors["water"] = DepartmentUnavailableError()
    for number in range(1, 6):
        world.add(number)
    await world.run()
    assert sorted(world.results) == [AttemptResult.FAILED] * 2 + [AttemptResult.WAITED] * 3


async def test_without_narratives_deliveries_wait_and_nobody_is_to_blame() -> None:
    """Intake being down is not the department's fault."""
    world = World()
    world.narratives.error = NarrativesUnavailableError()
    world.add(1)
    world.add(2)
    await world.run()
    assert world.results == [AttemptResult.WAITED] * 2
    assert world.transport.delivered == []
    assert world.breakers.state("water") is BreakerState.CLOSED


async def test_a_case_that_intake_does_not_answer_holds_back_nobody_else() -> None:
    """It waits, the others go."""
    world = World()
    world.narratives.left_out = {uuid5(CASE_ID, "1")}
    world.add(1)
    world.add(2)
    await world.run()
    assert [delivery.case_id for delivery in world.transport.delivered] == [uuid5(CASE_ID, "2")]
    assert sorted(world.results) == [AttemptResult.DELIVERED, AttemptResult.WAITED]


async def test_a_department_that_nobody_registered_is_parked() -> None:
    """Its delivery does not wait in silence."""
    world = World()
    world.add(1, "nobody")
    await world.run()
    assert world.results == [AttemptResult.NO_DEPARTMENT]


async def test_a_department_that_was_just_added_is_not_parked() -> None:
    """The registry is read again before anybody is called unknown."""
    world = World("water", "power")
    world.departments.shown = {"water": world.departments.real["water"]}
    world.add(1, "power")
    await world.run()
    assert world.results == [AttemptResult.DELIVERED]


async def test_unknown_departments_are_looked_for_now_and_then() -> None:
    """Not at every step: that would cost more than it finds."""
    world = World()
    await world.due.deliver_due_tasks()
    world.add(1, "nobody")
    await world.due.deliver_due_tasks()
    assert len(world.jobs.waiting_jobs) == 1
    world.clock.move(timedelta(seconds=1))
    await world.run()
    assert world.jobs.asked[2]["nobody"] == UNKNOWN_PLACES
    assert world.results == [AttemptResult.NO_DEPARTMENT]


async def test_an_imported_history_needs_no_department_and_no_narrative() -> None:
    """It answers at its own times, whoever is registered."""
    world = World()
    world.add(1, "boston-parks", replay=REPLAY)
    await world.run()
    (command,) = world.commands.taken
    assert (command.replay, command.now) == (REPLAY, at(120))
    assert [answer.occurred_at for answer in world.recorded[0].answers] == [START, at(120)]
    assert world.narratives.asked == []


async def test_imported_histories_are_recorded_by_the_hundred() -> None:
    """A transaction per delivery would take a day for a city's year."""
    world = World()
    for number in range(1, 2 * REPLAY_PLACES + 1):
        world.add(number % 900 + 1, replay=REPLAY)
    await world.run()
    assert world.commands.batches == [REPLAY_PLACES, REPLAY_PLACES]


async def test_a_result_that_came_too_late_is_dropped() -> None:
    """Somebody else has the job; nothing is recorded twice."""
    world = World()
    world.add()
    world.commands.error = StaleClaimError()
    await world.run()
    assert world.due.in_flight["water"] == 0


async def test_a_full_database_queue_is_like_one_that_is_away() -> None:
    """The result waits."""
    world = World()
    world.add()
    world.commands.error = OverloadedError()
    with pytest.raises(UnavailableError):
        await world.run()
    world.commands.error = None
    await world.run()
    assert world.results == [AttemptResult.DELIVERED]


async def test_a_bug_in_a_transport_costs_one_attempt() -> None:
    """The others go on, and the delivery comes again when its claim has run out."""
    world = World("water", "power")
    world.transport.errors["water"] = ZeroDivisionError()
    world.add(1, "water")
    world.add(2, "power")
    await world.run()
    assert world.results == [AttemptResult.DELIVERED]
    assert world.due.in_flight["water"] == 0


async def test_the_end_of_an_attempt_wakes_the_worker() -> None:
    """It is recorded at once, not at the next look."""
    world = World()
    world.add()
    await world.run()
    assert world.woken == 1


async def test_only_free_places_are_asked_for() -> None:
    """A queue without a free place is not even looked at."""
    world = World(concurrency=1)
    world.add(1)
    world.add(2)
    await world.due.deliver_due_tasks()
    await world.due._begin()
    assert "water" not in world.jobs.asked[-1]


async def test_who_pulls_is_not_visited() -> None:
    """Its deliveries wait until it comes, and are not parked as nobody's."""
    world = World(transport=TransportName.PULL, url=None)
    world.add()
    await world.run()
    assert len(world.jobs.waiting_jobs) == 1
    assert (world.results, world.transport.delivered) == ([], [])


async def test_a_paused_department_is_not_tried() -> None:
    """Its deliveries wait at their place."""
    world = World(state=DepartmentState.PAUSED, paused_until=at(60))
    world.add()
    await world.run()
    assert len(world.jobs.waiting_jobs) == 1


async def test_a_supplement_brings_all_words_again() -> None:
    """What was added is a later paragraph of them."""
    world = World()
    notice = NoticeQueued(
        task=TASK.ref,
        department="water",
        occurred_at=START,
        delivery_id=f"{TASK.ref.task_id}/supplement/2",
        ordinal=2,
    )
    moment = Moment(now=START, recorded_at=START, source="/intake/cases", sequence=2)
    world._add(wire.notice_job(notice, supplemented(), moment), 1)
    await world.run()
    (delivery,) = world.transport.delivered
    assert delivery.kind is DeliveryKind.SUPPLEMENT
    assert delivery.narrative is not None
