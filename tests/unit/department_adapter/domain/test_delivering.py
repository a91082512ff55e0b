"""What follows from an attempt to deliver."""

from dataclasses import replace
from datetime import timedelta

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.commands import (
    Answer,
    AttemptResult,
    DeliveryKind,
    QueueTask,
    RecordDelivery,
    UpdateKind,
)
from department_adapter.domain.delivering import judge_attempt
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, ParkReason, TaskRef, TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.domain.task import delivery_id, end_task, queue_task
from department_adapter.testing import CASE_ID, HANDLER, START, at, task_ref

POLICY = RetryPolicy(max_attempts=3)
TASK = TaskRef(task_id=task_ref().task_id, task_no=1, attempt=1)
DISPATCH = RecordDelivery(
    task_id=TASK.task_id,
    delivery_id=delivery_id(TASK, DeliveryKind.DISPATCH, 1),
    kind=DeliveryKind.DISPATCH,
    claim_no=1,
    result=AttemptResult.DELIVERED,
)
CANCELLATION = replace(
    DISPATCH,
    delivery_id=delivery_id(TASK, DeliveryKind.CANCELLATION, 2),
    kind=DeliveryKind.CANCELLATION,
)


def queued() -> CaseTasks:
    """Return a case with one task that is to be delivered."""
    case = CaseTasks(case_id=CASE_ID)
    command = QueueTask(task=TASK, department="water", dispatched_at=START, sequence=1)
    return evolve_all(case, queue_task(case, command))


def ended() -> CaseTasks:
    """Return a case whose one task was cancelled at minute 5."""
    case = queued()
    return evolve_all(case, end_task(case, TASK.task_id, at(5)))


def failed(record: RecordDelivery, result: AttemptResult = AttemptResult.FAILED) -> RecordDelivery:
    """Return how an attempt ended."""
    return replace(record, result=result)


def test_a_receipt_delivers_the_task() -> None:
    """2xx means that the department has it, after so many attempts."""
    case = evolve_all(queued(), judge_attempt(queued(), failed(DISPATCH), at(1), POLICY).happenings)
    verdict = judge_attempt(case, DISPATCH, at(2), POLICY)
    (fact,) = verdict.happenings
    assert isinstance(fact, f.TaskDelivered)
    assert (fact.attempts, fact.occurred_at, verdict.again_at) == (2, at(2), None)
    assert evolve_all(case, verdict.happenings).tasks[0].state is TaskState.DELIVERED


def test_failures_wait_longer_each_time_and_then_park() -> None:
    """After the last attempt a person has to look, by a certain time."""
    case, waits = queued(), []
    for _ in range(POLICY.max_attempts):
        verdict = judge_attempt(case, failed(DISPATCH), START, POLICY)
        case = evolve_all(case, verdict.happenings)
        assert verdict.again_at is not None
        waits.append(verdict.again_at - START)
    assert waits == [timedelta(seconds=1), timedelta(seconds=5), POLICY.review_after]
    parked = verdict.happenings[0]
    assert isinstance(parked, f.DeliveryParked)
    assert parked.reason is ParkReason.EXHAUSTED
    assert case.tasks[0].state is TaskState.PARKED


def test_a_parked_delivery_is_tried_again_and_may_arrive() -> None:
    """Parked is not lost."""
    case = evolve_all(
        queued(),
        judge_attempt(queued(), failed(DISPATCH, AttemptResult.REFUSED), START, POLICY).happenings,
    )
    delivered = judge_attempt(case, DISPATCH, at(300), POLICY).happenings
    assert evolve_all(case, delivered).tasks[0].state is TaskState.DELIVERED


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (AttemptResult.REFUSED, ParkReason.REFUSED),
        (AttemptResult.NO_DEPARTMENT, ParkReason.NO_SUCH_DEPARTMENT),
    ],
)
def test_a_refusal_is_parked_at_once(result: AttemptResult, reason: ParkReason) -> None:
    """Trying the same again would not help."""
    verdict = judge_attempt(queued(), failed(DISPATCH, result), START, POLICY)
    (parked,) = verdict.happenings
    assert isinstance(parked, f.DeliveryParked)
    assert (parked.reason, parked.review_at) == (reason, verdict.again_at)


def test_what_is_not_the_departments_fault_is_not_counted() -> None:
    """An attempt that did not start waits a little and leaves no trace."""
    verdict = judge_attempt(queued(), failed(DISPATCH, AttemptResult.WAITED), START, POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), START + POLICY.wait)


def test_a_result_after_the_departments_own_answer_changes_nothing() -> None:
    """The answer has proved the delivery: a late failure is no failure."""
    case = evolve_all(queued(), judge_attempt(queued(), DISPATCH, at(1), POLICY).happenings)
    for result in AttemptResult:
        verdict = judge_attempt(case, failed(DISPATCH, result), at(2), POLICY)
        assert (verdict.happenings, verdict.again_at) == ((), None)


def test_answers_in_a_receipt_become_facts_at_their_own_times() -> None:
    """An imported history acknowledges and completes in one receipt."""
    answers = (
        Answer(kind=UpdateKind.ACKNOWLEDGE, handler=HANDLER, occurred_at=START),
        Answer(kind=UpdateKind.COMPLETE, handler=HANDLER, occurred_at=at(90), result="done"),
    )
    record = replace(DISPATCH, received_at=START, answers=answers)
    happened = judge_attempt(queued(), record, at(90), POLICY).happenings
    assert [item.occurred_at for item in happened] == [START, START, at(90)]
    assert evolve_all(queued(), happened).tasks[0].state is TaskState.COMPLETED


def test_a_cancellation_that_arrives_is_over() -> None:
    """Its receipt is no fact."""
    verdict = judge_attempt(ended(), CANCELLATION, at(6), POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), None)


@pytest.mark.parametrize("result", [AttemptResult.FAILED, AttemptResult.REFUSED])
def test_a_cancellation_is_tried_for_seven_days(result: AttemptResult) -> None:
    """A department that does not want to hear of it is told again, and then given up visibly."""
    record = failed(CANCELLATION, result)
    early = judge_attempt(ended(), record, at(5) + timedelta(days=6), POLICY)
    assert early.again_at is not None
    late = judge_attempt(ended(), record, at(5) + timedelta(days=7), POLICY)
    (remark,) = late.happenings
    assert isinstance(remark, f.Remarked)
    assert (remark.code, late.again_at) == (f.RemarkCode.CANCEL_UNDELIVERABLE, None)


def test_a_cancellation_waits_for_us_without_being_counted() -> None:
    """A breaker that is open costs it nothing."""
    verdict = judge_attempt(ended(), failed(CANCELLATION, AttemptResult.WAITED), at(6), POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), at(6) + POLICY.wait)


def test_a_cancellation_for_nobody_is_given_up_at_once() -> None:
    """A department that is gone cannot be told."""
    record = failed(CANCELLATION, AttemptResult.NO_DEPARTMENT)
    (remark,) = judge_attempt(ended(), record, at(6), POLICY).happenings
    assert isinstance(remark, f.Remarked)


@pytest.mark.parametrize("case", [CaseTasks(case_id=CASE_ID), ended()])
def test_a_delivery_that_nobody_needs_any_more_is_over(case: CaseTasks) -> None:
    """The result of a dispatch that was cancelled meanwhile changes nothing."""
    verdict = judge_attempt(case, DISPATCH, at(6), POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), None)
