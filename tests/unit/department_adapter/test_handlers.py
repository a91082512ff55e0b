"""The room on a bench: facts and commands in, facts and effects out."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from civicloop_contracts.codes import ProgressCode, ResultCode
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import department as out
from civicloop_kit.command import CaseCommand
from civicloop_kit.jobs import FinishJob, RetryJob
from civicloop_kit.testing import FakeClock, RoomBench
from department_adapter.domain.commands import (
    Answer,
    AttemptResult,
    DeliveryKind,
    RecordDelivery,
    Remark,
    UpdateKind,
)
from department_adapter.domain.errors import NoSuchTaskError
from department_adapter.domain.model import TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.main import make_room
from department_adapter.ports import (
    CancelDeliveries,
    KeepUpdate,
    MoveTask,
    QueueDelivery,
    StoreRemark,
)
from department_adapter.testing import (
    CASE_ID,
    HANDLER,
    START,
    at,
    cancelled,
    dispatched,
)

from .benching import TASK_ID, Bench, effects, new_bench, recorded, updated

DELIVERY_ID = f"{TASK_ID}/dispatch/1"
REPLAY = Replay(run="boston", handled_at=at(120), as_of=at(9000))


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock at the start."""
    return FakeClock(START)


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    """Return the room."""
    return new_bench(clock)


@pytest.mark.choreography("department-adapter", "TaskDispatched")
def test_a_dispatch_is_queued_for_its_department(bench: Bench) -> None:
    """The job waits in the department's own queue and the task's own lane, due at once."""
    assert bench.tell(dispatched()) == []
    (effect,) = effects(bench, QueueDelivery)
    job = effect.job
    assert (job.job_id, job.queue, job.lane, job.ordinal) == (DELIVERY_ID, "water", TASK_ID, 1)
    assert job.due_at == START
    assert effect.entry.department == "water"


def test_an_imported_history_is_queued_apart(bench: Bench) -> None:
    """A replay never comes near a department."""
    bench.tell(dispatched(replay=REPLAY))
    (effect,) = effects(bench, QueueDelivery)
    assert effect.job.queue == "replay"


@pytest.mark.choreography("department-adapter", "TaskDelivered")
def test_a_receipt_is_told_and_ends_the_job(bench: Bench, clock: FakeClock) -> None:
    """TaskDelivered goes out, the job away, the task on."""
    bench.tell(dispatched())
    clock.move(timedelta(minutes=1))
    bench.command(recorded())
    (fact,) = bench.facts
    assert isinstance(fact, out.TaskDelivered)
    assert (fact.delivery_id, fact.attempts, fact.occurred_at) == (DELIVERY_ID, 1, at(1))
    assert effects(bench, FinishJob) == [FinishJob(job_id=DELIVERY_ID, claim_no=3)]
    assert effects(bench, MoveTask) == [
        MoveTask(task_id=TASK_ID, state=TaskState.DELIVERED, at=at(1))
    ]


def test_a_failure_is_tried_again_without_a_fact(bench: Bench) -> None:
    """An attempt that failed is nobody's business but ours."""
    bench.tell(dispatched())
    bench.command(recorded(AttemptResult.FAILED))
    assert bench.facts == []
    (retry,) = effects(bench, RetryJob)
    assert retry.due_at == START + timedelta(seconds=1)
    assert effects(bench, MoveTask) == []


@pytest.mark.choreography("department-adapter", "DeliveryParked")
def test_a_parked_delivery_is_told_and_reviewed(bench: Bench) -> None:
    """The fact names the time at which the job is due again."""
    bench.tell(dispatched())
    bench.command(recorded(AttemptResult.NO_DEPARTMENT))
    (fact,) = bench.facts
    assert isinstance(fact, out.DeliveryParked)
    (retry,) = effects(bench, RetryJob)
    assert (fact.reason, fact.review_at) == ("no_such_department", retry.due_at)


@pytest.mark.choreography("department-adapter", "TaskAcknowledged")
def test_an_update_is_told_kept_and_answered(bench: Bench) -> None:
    """The department learns what became of its update, and can look it up."""
    bench.tell(dispatched())
    decision = bench.command(updated())
    assert [type(fact) for fact in bench.facts] == [out.TaskDelivered, out.TaskAcknowledged]
    assert decision.reply is not None
    assert decision.reply["fact"] == "applied"
    assert decision.reply["state"] == "acknowledged"
    (kept,) = effects(bench, KeepUpdate)
    assert (kept.entry.applied, kept.entry.state) == (True, TaskState.ACKNOWLEDGED)


def test_a_repeat_is_kept_but_no_fact(bench: Bench) -> None:
    """The second acknowledgement says nothing new."""
    bench.tell(dispatched())
    bench.command(updated())
    decision = bench.command(updated())
    assert decision.reply is not None
    assert decision.reply["fact"] == "repeated"
    assert len(bench.facts) == 2
    assert [kept.entry.applied for kept in effects(bench, KeepUpdate)] == [True, False]


@pytest.mark.choreography("department-adapter", "TaskCompleted")
def test_words_go_to_the_vault_and_their_id_into_the_fact(bench: Bench) -> None:
    """Free text never enters a topic."""
    bench.tell(dispatched())
    remark = Remark(remark_id=uuid4(), sealed=b"sealed", words="b" * 16)
    bench.command(updated(UpdateKind.COMPLETE, result=ResultCode.CLEANED.value, remark=remark))
    (stored,) = effects(bench, StoreRemark)
    assert (stored.remark_id, stored.sealed) == (remark.remark_id, b"sealed")
    *_, fact = bench.facts
    assert isinstance(fact, out.TaskCompleted)
    assert (fact.result, fact.remark_id) == (ResultCode.CLEANED, remark.remark_id)


def test_the_words_of_a_repeat_are_not_stored(bench: Bench) -> None:
    """Nothing points to them."""
    bench.tell(dispatched())
    for _ in range(2):
        remark = Remark(remark_id=uuid4(), sealed=b"sealed", words="b" * 16)
        bench.command(updated(UpdateKind.COMPLETE, result="done", remark=remark))
    assert len(effects(bench, StoreRemark)) == 1


def test_an_update_of_an_unknown_task_is_refused(bench: Bench) -> None:
    """The refusal reaches the caller and nothing is kept."""
    with pytest.raises(NoSuchTaskError):
        bench.command(updated())
    assert bench.effects == []


@pytest.mark.parametrize(
    ("before", "was_told"),
    [([], False), ([recorded(AttemptResult.FAILED)], True), ([recorded()], True)],
)
@pytest.mark.choreography("department-adapter", "TaskCancelled")
def test_a_cancellation_is_told_to_those_who_may_know(
    bench: Bench, before: list[CaseCommand], *, was_told: bool
) -> None:
    """A failed attempt may have arrived; without any the store looks for one under way."""
    bench.tell(dispatched())
    for command in before:
        bench.command(command)
    bench.tell(cancelled())
    (effect,) = effects(bench, CancelDeliveries)
    assert effect.was_told is was_told
    assert effect.cancellation.job_id == f"{TASK_ID}/cancellation/2"
    assert effect.cancellation.lane == TASK_ID
    assert bench.state(CASE_ID).tasks[0].state is TaskState.CANCELLED


def test_a_cancellation_after_the_end_does_nothing(bench: Bench) -> None:
    """The department completed it before: there is nothing to take back."""
    bench.tell(dispatched())
    bench.command(updated(UpdateKind.COMPLETE, result="done"))
    before = len(bench.effects)
    assert bench.tell(cancelled()) == []
    assert len(bench.effects) == before


@pytest.mark.choreography("department-adapter", "TaskProgressed")
def test_an_imported_history_lives_on_its_own_times(bench: Bench) -> None:
    """Facts of a replay carry it, and say when things happened then."""
    bench.tell(dispatched(replay=REPLAY))
    answers = (
        Answer(kind=UpdateKind.ACKNOWLEDGE, handler=HANDLER, occurred_at=START),
        Answer(
            kind=UpdateKind.PROGRESS,
            handler=HANDLER,
            occurred_at=at(9000),
            progress=ProgressCode.STILL_OPEN.value,
        ),
    )
    body = RecordDelivery(
        task_id=TASK_ID,
        delivery_id=DELIVERY_ID,
        kind=DeliveryKind.DISPATCH,
        claim_no=1,
        result=AttemptResult.DELIVERED,
        received_at=START,
        answers=answers,
    )
    bench.command(
        CaseCommand(case_id=CASE_ID, body=body, principal="x", replay=REPLAY, now=at(9000))
    )
    assert [fact.occurred_at for fact in bench.facts] == [START, START, at(9000)]
    assert {fact.replay for fact in bench.facts} == {REPLAY}


def test_facts_without_effect_here_only_count(bench: Bench) -> None:
    """A task of a later attempt is another task."""
    bench.tell(dispatched(1))
    bench.tell(dispatched(2, department="power"))
    assert [task.ref.task_no for task in bench.state(CASE_ID).tasks] == [1, 2]
    assert bench.held == []


def test_new_deliveries_wake_the_worker() -> None:
    """What was queued is claimed at once, not at the next look."""
    woken: list[int] = []
    room = make_room(RetryPolicy(), lambda: woken.append(1))
    bench: Bench = RoomBench(room, FakeClock(START))
    bench.tell(dispatched())
    room.saved(bench.effects)
    room.saved([MoveTask(task_id=UUID(int=1), state=TaskState.QUEUED, at=START)])
    assert woken == [1]
