"""What follows from an attempt to deliver."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from department_adapter.domain import facts as f
from department_adapter.domain.answers import answer_fact
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.evolving import Happening
from department_adapter.domain.model import CaseTasks, ParkReason, Task
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.domain.task import prove_delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an attempt led to.

    ``again_at`` is when it is tried again. ``stays``: it keeps its place, and whoever comes for it
    has it again. With neither the delivery is over.
    """

    happenings: tuple[Happening, ...] = ()
    again_at: datetime | None = None
    stays: bool = False


def judge_attempt(
    case: CaseTasks, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    """Return what happened and when to try again. An attempt that nobody needs any more is over."""
    task = case.find(record.task_id)
    if task is None:
        return Verdict()
    if record.kind is DeliveryKind.CANCELLATION:
        return _judge_cancellation(task, record, now, policy)
    if task.state.is_closed:
        return Verdict()
    if record.kind is not DeliveryKind.DISPATCH:
        return _judge_notice(task, record, now, policy)
    if task.delivered_at is not None:
        return Verdict()
    return _judge_dispatch(task, record, now, policy)


def _judge_dispatch(
    task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    if record.result is AttemptResult.DELIVERED:
        return Verdict(happenings=_received(task, record, now))
    again = _again(task, record, now, policy)
    if again is not None:
        return again
    return _park(f.DeliveryParked, task, record, now, policy)


def _judge_notice(
    task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict:
    """Judge a notice: it is parked like a task, but the task goes on."""
    if record.result is AttemptResult.DELIVERED:
        taken = f.NoticeTaken(task=task.ref, department=task.department, occurred_at=now)
        return Verdict(happenings=(taken,))
    if record.result is AttemptResult.NO_DEPARTMENT:
        # The task itself is parked, and its next department hears everything with it.
        return Verdict()
    again = _again(task, record, now, policy)
    if again is not None:
        return again
    return _park(f.NoticeParked, task, record, now, policy)


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
    return _once_more(task, record, now, policy)


def _park(
    kind: type[f.DeliveryParked | f.NoticeParked],
    task: Task,
    record: RecordDelivery,
    now: datetime,
    policy: RetryPolicy,
) -> Verdict:
    """Say that a person has to look at it, and try again when that was due."""
    parked = kind(
        task=task.ref,
        department=task.department,
        occurred_at=now,
        delivery_id=record.delivery_id,
        reason=_PARK_REASONS[record.result],
        review_at=now + policy.review_after,
    )
    return Verdict(happenings=(parked,), again_at=parked.review_at)


def _again(
    task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Verdict | None:
    """Return when the same is tried again, or None when a person has to look at it."""
    if record.result is AttemptResult.WAITED:
        return Verdict(again_at=now + policy.wait)
    if record.result in _FAILURES and task.failures + 1 < policy.max_attempts:
        return _once_more(task, record, now, policy)
    return None


def _once_more(task: Task, record: RecordDelivery, now: datetime, policy: RetryPolicy) -> Verdict:
    failed = f.AttemptFailed(task=task.ref, department=task.department, occurred_at=now)
    if record.result is AttemptResult.EXPIRED:
        return Verdict(happenings=(failed,), stays=True)
    again_at = policy.next_attempt(task.failures + 1, now, record.retry_after_s)
    return Verdict(happenings=(failed,), again_at=again_at)


def _received(task: Task, record: RecordDelivery, now: datetime) -> tuple[Happening, ...]:
    # Only an imported history answers with its receipt, and it asks for nothing.
    answers = (
        answer_fact(task, answer, answer.occurred_at or now, task.ref.task_id)
        for answer in record.answers
    )
    return (*prove_delivery(task, record.received_at or now), *answers)


def _given_up(task: Task, now: datetime) -> f.Remarked:
    return f.Remarked(
        task=task.ref,
        department=task.department,
        occurred_at=now,
        code=f.RemarkCode.CANCEL_UNDELIVERABLE,
    )


_FAILURES: Final = frozenset({AttemptResult.FAILED, AttemptResult.EXPIRED})
_PARK_REASONS: Final[Mapping[AttemptResult, ParkReason]] = {
    AttemptResult.FAILED: ParkReason.EXHAUSTED,
    AttemptResult.EXPIRED: ParkReason.EXHAUSTED,
    AttemptResult.REFUSED: ParkReason.REFUSED,
    AttemptResult.NO_DEPARTMENT: ParkReason.NO_SUCH_DEPARTMENT,
}
