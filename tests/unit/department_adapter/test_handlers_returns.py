"""Returns, requests, next attempts, releases and removals."""

import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import department as out
from civicloop_kit.jobs import FinishJob, RetryJob
from department_adapter.domain.commands import AttemptResult, DeliveryKind, UpdateKind
from department_adapter.domain.errors import NotParkedError, ReturnWindowClosedError
from department_adapter.domain.model import TaskState
from department_adapter.ports import (
    CancelDeliveries,
    DropDeliveries,
    KeepPlace,
    MoveTask,
    QueueAgain,
    QueueDelivery,
    ReleaseDeliveries,
)
from department_adapter.testing import (
    CASE_ID,
    START,
    at,
    cancelled,
    dispatched,
    reassigned,
    task_ref,
)

from .benching import TASK_ID, Bench, abandoned, effects, new_bench, recorded, released, updated

REPLAY = Replay(run="boston", handled_at=at(120), as_of=at(9000))
NEXT_ID = task_ref(1, 2).task_id


@pytest.fixture
def bench() -> Bench:
    """Return the room with a task that can be returned for an hour."""
    made = new_bench()
    made.tell(dispatched(return_until=at(60)))
    return made


@pytest.mark.choreography("department-adapter", "TaskReturned")
def test_a_return_is_told_and_drops_what_waits(bench: Bench) -> None:
    """The department hears no more of it."""
    bench.command(updated(UpdateKind.RETURN, ground="not_our_territory"))
    delivered, fact = bench.facts
    assert isinstance(delivered, out.TaskDelivered)
    assert isinstance(fact, out.TaskReturned)
    assert fact.ground is codes.ReturnGround.NOT_OUR_TERRITORY
    assert effects(bench, DropDeliveries) == [DropDeliveries(task_id=TASK_ID)]
    assert effects(bench, MoveTask)[-1].state is TaskState.RETURNED


def test_a_return_outside_its_window_changes_nothing() -> None:
    """Null: the task cannot be returned."""
    bench = new_bench()
    bench.tell(dispatched())
    before = len(bench.effects)
    with pytest.raises(ReturnWindowClosedError):
        bench.command(updated(UpdateKind.RETURN, ground="wrong_matter"))
    assert (bench.facts, len(bench.effects)) == ([], before)


@pytest.mark.choreography("department-adapter", "ExtensionRequested", "SuspensionRequested")
def test_requests_are_told_under_the_id_of_their_update(bench: Bench) -> None:
    """What waits for the task still waits."""
    first = bench.command(updated(UpdateKind.REQUEST_EXTENSION))
    second = bench.command(
        updated(UpdateKind.REQUEST_SUSPENSION, suspension="suspension", review_at=at(900))
    )
    _, extension, suspension = bench.facts
    assert isinstance(extension, out.ExtensionRequested)
    assert isinstance(suspension, out.SuspensionRequested)
    assert (suspension.kind, suspension.review_at) == (codes.SuspensionKind.SUSPENSION, at(900))
    assert [first.reply, second.reply] == [
        {
            "update_id": str(fact.request_id),
            "task_id": str(TASK_ID),
            "state": "delivered",
            "fact": "applied",
        }
        for fact in (extension, suspension)
    ]
    assert effects(bench, DropDeliveries) == []


@pytest.mark.choreography("department-adapter", "TaskReassigned")
def test_the_next_attempt_goes_to_its_department(bench: Bench) -> None:
    """It says in whose place it comes, and why; the one that returned it hears nothing."""
    bench.command(updated(UpdateKind.RETURN, ground="not_our_duty"))
    assert bench.tell(reassigned()) == []
    assert effects(bench, CancelDeliveries) == []
    _, queued = effects(bench, QueueDelivery)
    job = queued.job
    assert (job.job_id, job.queue, job.ordinal) == (f"{NEXT_ID}/dispatch/2", "power", 2)
    body = job.payload["body"]
    assert (body["type"], body["attempt"]) == ("task.dispatched", 2)
    assert (body["replaces"], body["reason"]) == (str(TASK_ID), "returned")
    assert [task.state for task in bench.state(CASE_ID).tasks] == [
        TaskState.RETURNED,
        TaskState.QUEUED,
    ]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (codes.ReassignReason.SUPERIOR, "reassigned"),
        (codes.ReassignReason.SETTLED, "reassigned"),
        (codes.ReassignReason.RETURNED, "reassigned"),
        (codes.ReassignReason.REWORK, "rework"),
        (codes.ReassignReason.REOPENED, "rework"),
    ],
)
def test_the_replaced_task_is_closed_and_its_department_told(
    bench: Bench, reason: codes.ReassignReason, told: str
) -> None:
    """Both in one decision; the cancellation goes to the department that had it."""
    bench.command(updated())
    bench.tell(reassigned(reason=reason))
    (cancel,) = effects(bench, CancelDeliveries)
    job = cancel.cancellation
    assert (cancel.was_told, job.job_id) == (True, f"{TASK_ID}/cancellation/2")
    assert (job.queue, job.lane) == ("water", TASK_ID)
    assert job.payload["body"] == {
        "type": "task.cancelled",
        "delivery_id": job.job_id,
        "task_id": str(TASK_ID),
        "case_id": str(CASE_ID),
        "department": "water",
        "reason": told,
    }
    assert bench.state(CASE_ID).tasks[0].state is TaskState.CANCELLED
    assert effects(bench, MoveTask)[-1].state is TaskState.CANCELLED


def test_a_department_that_never_heard_of_it_is_not_told(bench: Bench) -> None:
    """The store looks for an attempt under way."""
    bench.tell(reassigned())
    (cancel,) = effects(bench, CancelDeliveries)
    assert not cancel.was_told


def test_a_completed_task_that_is_done_again_is_not_taken_back(bench: Bench) -> None:
    """Its department ended it; the rework is another task."""
    bench.command(updated(UpdateKind.COMPLETE, result="repaired"))
    bench.tell(reassigned(department="water", reason=codes.ReassignReason.REWORK))
    assert effects(bench, CancelDeliveries) == []
    assert [task.state for task in bench.state(CASE_ID).tasks] == [
        TaskState.COMPLETED,
        TaskState.QUEUED,
    ]


def test_a_settled_dispute_gives_out_what_was_never_here() -> None:
    """A task that was born disputed has nobody to take it from."""
    bench = new_bench()
    bench.tell(reassigned(reason=codes.ReassignReason.SETTLED))
    assert effects(bench, CancelDeliveries) == []
    assert len(effects(bench, QueueDelivery)) == 1


def test_an_imported_next_attempt_stays_imported() -> None:
    """It never reaches a department, whoever is registered."""
    bench = new_bench()
    bench.tell(dispatched(replay=REPLAY))
    bench.tell(reassigned(replay=REPLAY))
    assert [effect.imported for effect in effects(bench, QueueDelivery)] == [True, True]
    assert {effect.job.queue for effect in effects(bench, QueueDelivery)} == {"replay"}
    (cancel,) = effects(bench, CancelDeliveries)
    assert cancel.cancellation.queue == "replay"


def test_a_cancellation_comes_behind_everything_that_it_drops(bench: Bench) -> None:
    """Its place is the last one of its lane."""
    bench.command(recorded())
    bench.tell(cancelled())
    (cancel,) = effects(bench, CancelDeliveries)
    assert (cancel.cancellation.ordinal, cancel.was_told) == (2, True)


def test_a_release_makes_everything_due(bench: Bench) -> None:
    """The answer says how the task stands."""
    bench.command(recorded(AttemptResult.REFUSED))
    told = len(bench.facts)
    decision = bench.command(released())
    assert decision.reply == {"task_id": str(TASK_ID), "state": "parked"}
    assert effects(bench, ReleaseDeliveries) == [ReleaseDeliveries(task_id=TASK_ID, at=START)]
    assert effects(bench, MoveTask)[-1].parked is None
    assert len(bench.facts) == told


def test_nothing_is_released_that_is_not_parked(bench: Bench) -> None:
    """The caller is told so."""
    with pytest.raises(NotParkedError):
        bench.command(released())


def test_a_removal_parks_a_task_that_was_under_way(bench: Bench) -> None:
    """Its delivery waits again, in its old place."""
    bench.command(updated())
    bench.command(abandoned())
    *_, fact = bench.facts
    assert isinstance(fact, out.DeliveryParked)
    assert fact.reason is codes.ParkReason.NO_SUCH_DEPARTMENT
    (again,) = effects(bench, QueueAgain)
    assert (again.task_id, again.delivery_id, again.ordinal, again.due_at) == (
        TASK_ID,
        f"{TASK_ID}/dispatch/1",
        1,
        fact.review_at,
    )
    move = effects(bench, MoveTask)[-1]
    assert (move.state, move.parked.reason) == (TaskState.PARKED, "no_such_department")


def test_a_second_removal_finds_nothing_to_do(bench: Bench) -> None:
    """A crash in between costs nothing."""
    bench.command(abandoned())
    facts, done = len(bench.facts), len(bench.effects)
    bench.command(abandoned())
    assert (len(bench.facts), len(bench.effects)) == (facts, done)


def test_a_lease_that_ran_out_keeps_its_place(bench: Bench) -> None:
    """It is not due later than it was."""
    bench.command(recorded(AttemptResult.EXPIRED))
    assert effects(bench, KeepPlace) == [KeepPlace(job_id=f"{TASK_ID}/dispatch/1", claim_no=3)]
    assert effects(bench, RetryJob) == []
    assert bench.facts == []


def test_the_record_of_a_delivery_says_how_the_task_stands(bench: Bench) -> None:
    """A receipt is answered with it."""
    assert bench.command(recorded()).reply == {"state": "delivered"}
    reply = bench.command(recorded(kind=DeliveryKind.REMINDER, sequence=9)).reply
    assert reply == {"state": "delivered"}
    assert len(effects(bench, FinishJob)) == 2
