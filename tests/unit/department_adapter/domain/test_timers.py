"""The timers of queued and parked deliveries (protocol.md, 6): none of them is left alone."""

from datetime import timedelta

import pytest

from department_adapter.domain.commands import AbandonTask, AttemptResult, DeliveryKind
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import TaskState
from department_adapter.domain.task import abandon_task
from department_adapter.testing import START, at

from .cases import ACKNOWLEDGE, POLICY, TASK, after, attempt, judged, only, queued


def test_timer_of_queued_is_the_next_attempt() -> None:
    """A failed attempt says when the next one is, and the task stays queued."""
    case, verdict = judged(queued(), attempt(result=AttemptResult.FAILED))
    assert verdict.again_at == START + timedelta(seconds=1)
    assert only(case).state is TaskState.QUEUED


def test_timer_of_queued_whose_attempt_could_not_begin_is_soon() -> None:
    """Whoever's fault it is."""
    case, verdict = judged(queued(), attempt(result=AttemptResult.WAITED))
    assert verdict.again_at == START + POLICY.wait
    assert only(case).state is TaskState.QUEUED


def test_timer_of_queued_with_a_lease_that_ran_out_is_its_old_place() -> None:
    """It is due as it was: whoever comes for it first has it."""
    case, verdict = judged(queued(), attempt(result=AttemptResult.EXPIRED))
    assert (verdict.stays, verdict.again_at) == (True, None)
    assert (only(case).state, only(case).failures) == (TaskState.QUEUED, 1)


@pytest.mark.parametrize(
    "result", [AttemptResult.REFUSED, AttemptResult.NO_DEPARTMENT, AttemptResult.EXPIRED]
)
def test_timer_of_parked_is_its_review(result: AttemptResult) -> None:
    """The fact and the queue name the same time."""
    case = queued()
    if result is AttemptResult.EXPIRED:
        for _ in range(POLICY.max_attempts - 1):
            case, _ = judged(case, attempt(result=result))
    case, verdict = judged(case, attempt(result=result))
    parked = only(case).parked
    assert parked is not None
    assert verdict.again_at == parked.review_at == START + POLICY.review_after
    assert only(case).state is TaskState.PARKED


def test_timer_of_parked_begins_again_at_each_review() -> None:
    """One more attempt, and one more review."""
    case, _ = judged(queued(), attempt(result=AttemptResult.REFUSED))
    for hours in (4, 8):
        now = START + timedelta(hours=hours)
        case, verdict = judged(case, attempt(result=AttemptResult.REFUSED), now)
        assert verdict.again_at == now + POLICY.review_after


def test_timer_of_an_abandoned_task_is_its_review() -> None:
    """Also where its department had acknowledged it."""
    case = after(queued(), [ACKNOWLEDGE])
    command = AbandonTask(task_id=TASK.task_id)
    case = evolve_all(case, abandon_task(case, command, at(20), POLICY))
    parked = only(case).parked
    assert parked is not None
    assert parked.review_at == at(20) + POLICY.review_after


def test_timer_of_a_parked_notice_is_its_review() -> None:
    """The state of its task has none: it is held by the router."""
    case = after(queued(), [ACKNOWLEDGE])
    _, verdict = judged(case, attempt(DeliveryKind.CLOCK, AttemptResult.REFUSED), at(20))
    assert verdict.again_at == at(20) + POLICY.review_after


def test_timer_of_a_cancellation_that_expired_is_its_old_place() -> None:
    """Until its seven days are over."""
    case, _ = judged(queued(), attempt(result=AttemptResult.FAILED))
    record = attempt(DeliveryKind.CANCELLATION, AttemptResult.EXPIRED)
    _, verdict = judged(case, record, START)
    assert verdict.stays
