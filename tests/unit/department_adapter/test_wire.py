"""Between the domain, the contracts and the jobs."""

from typing import Any, Final, get_args

import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Replay
from civicloop_kit.jobs import Job, QueueJob
from civicloop_kit.room import Moment, Stamp
from department_adapter import wire
from department_adapter.domain import commands
from department_adapter.domain import facts as f
from department_adapter.domain.model import ParkReason, Task, TaskRef
from department_adapter.testing import CASE_ID, HANDLER, START, at, cancelled, dispatched, task_ref

REF = TaskRef(task_id=task_ref().task_id, task_no=1, attempt=1)
MOMENT = Moment(now=at(1), recorded_at=at(1), source="/router/tasks", sequence=4)
REPLAY = Replay(run="boston", handled_at=None, as_of=at(100))
TASK = Task(
    ref=REF,
    department="water",
    delivery_id=f"{REF.task_id}/dispatch/1",
    dispatched_at=START,
    ordinal=1,
)
COMMON: Final[dict[str, Any]] = {"task": REF, "department": "water", "occurred_at": at(2)}
FACTS: list[f.Fact] = [
    f.TaskDelivered(**COMMON, delivery_id=f"{REF.task_id}/dispatch/4", attempts=2),
    f.DeliveryParked(
        **COMMON,
        delivery_id=f"{REF.task_id}/dispatch/4",
        reason=ParkReason.EXHAUSTED,
        review_at=at(60),
    ),
    f.TaskAcknowledged(**COMMON, handler=HANDLER),
    f.TaskReturned(**COMMON, handler=HANDLER, ground="not_our_duty"),
    f.ExtensionRequested(**COMMON, handler=HANDLER, request_id=CASE_ID),
    f.SuspensionRequested(
        **COMMON, handler=HANDLER, request_id=CASE_ID, kind="ledger", review_at=at(99)
    ),
    f.TaskProgressed(**COMMON, handler=HANDLER, progress="on_site", remark_id=CASE_ID),
    f.TaskCompleted(**COMMON, handler=HANDLER, result="repaired", words="c" * 16),
    f.Remarked(**COMMON, code=f.RemarkCode.LATE_CLOCK),
]


def claimed(job: QueueJob) -> Job:
    """Return a job as the table gives it back."""
    return Job(
        job_id=job.job_id,
        queue=job.queue,
        lane=job.lane,
        case_id=job.case_id,
        payload=job.payload,
        attempt=1,
        claim_no=1,
        expires_at=at(1),
    )


def test_every_domain_fact_has_a_contract() -> None:
    """No fact of the domain is left behind."""
    assert {type(fact) for fact in FACTS} == set(get_args(f.Fact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_keeps_its_name_and_its_time(fact: f.Fact) -> None:
    """The contract says the same as the domain."""
    stamp = Stamp(case_id=CASE_ID, recorded_at=at(3), cause=f"command:{CASE_ID}", replay=REPLAY)
    made = wire.to_contract(fact, stamp)
    assert type(made).__name__ == type(fact).__name__
    assert (made.occurred_at, made.recorded_at, made.replay) == (at(2), at(3), REPLAY)


def test_words_stay_out_of_facts() -> None:
    """The keyed hash of a remark is for our own comparison only."""
    stamp = Stamp(case_id=CASE_ID, recorded_at=at(3), cause=f"command:{CASE_ID}", replay=None)
    assert "c" * 16 not in wire.to_contract(FACTS[-2], stamp).model_dump_json()


def test_a_dispatch_survives_its_job() -> None:
    """What the department needs to know is in the job, the narrative is not."""
    job = wire.dispatch_job(dispatched(replay=REPLAY), MOMENT)
    delivery = wire.to_delivery(claimed(job))
    assert delivery.kind is commands.DeliveryKind.DISPATCH
    assert (delivery.dispatched_at, delivery.replay) == (START, REPLAY)
    assert delivery.narrative is None
    assert delivery.body == {
        "type": "task.dispatched",
        "delivery_id": f"{REF.task_id}/dispatch/4",
        "task_id": str(REF.task_id),
        "case_id": str(CASE_ID),
        "department": "water",
        "task_no": 1,
        "attempt": 1,
        "role": "lead",
        "required": True,
        "matter": {"standard_ref": "demo", "kind": "matter", "code": "00001"},
        "place": {"division": "410105", "precision": "exact"},
        "response_due_at": at(60).isoformat(),
        "resolution_due_at": at(24 * 60).isoformat(),
        "return_until": None,
    }


def test_a_job_is_due_by_our_own_clock() -> None:
    """Also for an imported history, whose own times are long past or still to come."""
    job = wire.dispatch_job(dispatched(replay=REPLAY), MOMENT)
    assert job.due_at == MOMENT.recorded_at


def test_a_cancellation_survives_its_job() -> None:
    """It names the task and the reason."""
    delivery = wire.to_delivery(claimed(wire.cancellation_job(TASK, cancelled(), MOMENT)))
    assert delivery.kind is commands.DeliveryKind.CANCELLATION
    assert (delivery.body["type"], delivery.body["reason"]) == ("task.cancelled", "case_handled")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(ParkReason, codes.ParkReason), (f.RemarkCode, codes.RemarkCode)],
)
def test_codes_of_the_domain_are_codes_of_the_contracts(ours: type, theirs: type) -> None:
    """A code that the contracts do not know could never be sent."""
    assert {str(code) for code in ours} <= {str(code) for code in theirs}  # type: ignore[attr-defined]
