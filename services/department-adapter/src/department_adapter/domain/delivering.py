"""What follows from an attempt to deliver."""

from dataclasses import dataclass
from datetime import datetime

from department_adapter.domain import facts as f
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.model import CaseTasks, Task
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.domain.task import Happening, answer_fact, prove_delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an attempt led to; ``again_at`` None means that the delivery is over."""

    happenings: tuple[Happening, ...] = ()
    again_at: datetime | None = None


def judge_attempt(
    case: CaseTasks, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    """Return what happened and when to try again. An attempt that nobody needs any more is over."""
    task = case.find(record.task_id)
    if task is None:
        return Verdict()
    if record.kind is DeliveryKind.CANCELLATION:
        return _judge_cancellation(task, record, now, policy)
    if task.delivered_at is not None or task.state.is_closed:
        return Verdict()
    return _judge_dispatch(task, record, now, policy)


def _judge_dispatch(
    task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    if record.result is AttemptResult.DELIVERED:
        return Verdict(happenings=_received(task, record, now))
    if record.result is AttemptResult.WAITED:
        return Verdict(again_at=now + policy.wait)
    failures = task.failures + 1
    if record.result is AttemptResult.FAILED and failures < policy.max_attempts:
        again_at = policy.next_attempt(failures, now, record.retry_after_s)
        return Verdict(happenings=(_failed(task, now),), again_at=again_at)
    parked = f.DeliveryParked(
        task=task.ref,
        department=task.department,
        occurred_at=now,
        delivery_id=record.delivery_id,
        reason=_PARK_REASONS[record.result],
        review_at=now + policy.review_after,
    )
    return Verdict(happenings=(parked,), again_at=parked.review_at)


def _judge_cancellation(
    task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    if record.result is AttemptResult.DELIVERED:
        return Verdict()
    until = (task.cancelled_at or now) + policy.cancel_for
    if record.result is AttemptResult.NO_DEPARTMENT or now >= until:
        return Verdict(happenings=(_given_up(task, now),))
    if record.result is AttemptResult.WAITED:
        return Verdict(again_at=now + policy.wait)
    again_at = policy.next_attempt(task.failures + 1, now, record.retry_after_s)
    return Verdict(happenings=(_failed(task, now),), again_at=again_at)


def _received(task: Task, record: RecordDelivery, now: datetime) -> tuple[Happening, ...]:
    answers = (answer_fact(task, answer, answer.occurred_at or now) for answer in record.answers)
    return (*prove_delivery(task, record.received_at or now), *answers)


def _failed(task: Task, now: datetime) -> f.AttemptFailed:
    return f.AttemptFailed(task=task.ref, department=task.department, occurred_at=now)


def _given_up(task: Task, now: datetime) -> f.Remarked:
    return f.Remarked(
        task=task.ref,
        department=task.department,
        occurred_at=now,
        code=f.RemarkCode.CANCEL_UNDELIVERABLE,
    )


_PARK_REASONS = {
    AttemptResult.FAILED: f.ParkReason.EXHAUSTED,
    AttemptResult.REFUSED: f.ParkReason.REFUSED,
    AttemptResult.NO_DEPARTMENT: f.ParkReason.NO_SUCH_DEPARTMENT,
}
