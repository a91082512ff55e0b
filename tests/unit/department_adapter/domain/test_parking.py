"""Parked deliveries: released by a person, or left behind by a department."""

from dataclasses import replace

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.commands import (
    AbandonTask,
    Answer,
    AttemptResult,
    DeliveryKind,
    ReleaseTask,
)
from department_adapter.domain.errors import NoSuchTaskError, NotParkedError, TaskClosedError
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, ParkReason, TaskState
from department_adapter.domain.task import abandon_task, end_task, release_task, take_update
from department_adapter.testing import CASE_ID, START, at

from .cases import (
    ACKNOWLEDGE,
    COMPLETE,
    POLICY,
    PROGRESS,
    RETURN,
    TASK,
    after,
    attempt,
    judged,
    names,
    only,
    queued,
    update,
)

RELEASE = ReleaseTask(task_id=TASK.task_id)
ABANDON = AbandonTask(task_id=TASK.task_id)


def parked(result: AttemptResult = AttemptResult.REFUSED) -> CaseTasks:
    """Return a case whose task could not be delivered."""
    return judged(queued(), attempt(result=result))[0]


def released(case: CaseTasks) -> CaseTasks:
    """Return the case after a person released its task."""
    return evolve_all(case, release_task(case, RELEASE, at(20)))


def abandoned(case: CaseTasks) -> CaseTasks:
    """Return the case after its department was removed."""
    return evolve_all(case, abandon_task(case, ABANDON, at(20), POLICY))


def test_what_is_parked_says_why_and_until_when() -> None:
    """An operator sees it in the list."""
    place = only(parked()).parked
    assert place is not None
    assert (place.delivery_id, place.reason) == (only(parked()).delivery_id, ParkReason.REFUSED)
    assert (place.since, place.review_at) == (START, START + POLICY.review_after)


def test_a_release_starts_anew() -> None:
    """No failure is remembered, and it is no fact; that the department may know stays known."""
    (note,) = release_task(parked(), RELEASE, at(20))
    assert not isinstance(note, f.Fact)
    task = only(released(parked()))
    assert (task.failures, task.parked, task.was_told) == (0, None, True)
    assert task.state is TaskState.PARKED


def test_a_released_delivery_has_all_its_attempts_again() -> None:
    """It is parked after as many as the first time."""
    case, seen = released(parked()), list[str]()
    for _ in range(POLICY.max_attempts):
        case, verdict = judged(case, attempt(result=AttemptResult.FAILED), at(21))
        seen += names(verdict.happenings)
    assert seen == ["AttemptFailed", "AttemptFailed", "DeliveryParked"]


def test_a_task_may_be_released_twice() -> None:
    """The operator who is in a hurry is not scolded while it is still parked."""
    assert release_task(released(parked()), RELEASE, at(21))


def test_a_parked_notice_is_released_too() -> None:
    """Although its task is not parked."""
    case = after(queued(), [ACKNOWLEDGE])
    case, _ = judged(case, attempt(DeliveryKind.REMINDER, AttemptResult.REFUSED))
    assert (only(released(case)).parked, only(released(case)).failures) == (None, 0)
    assert only(released(case)).state is TaskState.ACKNOWLEDGED


def test_only_what_is_parked_is_released() -> None:
    """Otherwise nothing would change."""
    for case in (queued(), after(queued(), [ACKNOWLEDGE])):
        with pytest.raises(NotParkedError):
            release_task(case, RELEASE, at(20))
    with pytest.raises(TaskClosedError, match="completed"):
        release_task(after(queued(), [COMPLETE]), RELEASE, at(20))
    with pytest.raises(NoSuchTaskError):
        release_task(CaseTasks(case_id=CASE_ID), RELEASE, at(20))


@pytest.mark.parametrize("answer", [ACKNOWLEDGE, PROGRESS, COMPLETE, RETURN])
def test_an_answer_unparks(answer: Answer) -> None:
    """Whoever answers has it."""
    case = evolve_all(queued(at(60)), (_park(),))
    assert only(case).parked is not None
    assert only(after(case, [answer])).parked is None


@pytest.mark.parametrize("answer", [COMPLETE, RETURN])
def test_the_end_of_a_task_unparks_its_notices(answer: Answer) -> None:
    """There is nothing left to tell."""
    case = after(queued(at(60)), [ACKNOWLEDGE])
    case, _ = judged(case, attempt(DeliveryKind.REMINDER, AttemptResult.REFUSED))
    assert only(after(case, [answer])).parked is None


def test_a_cancellation_unparks() -> None:
    """Nobody has to look at it any more."""
    case = evolve_all(parked(), end_task(parked(), TASK.task_id, at(5)))
    assert (only(case).parked, only(case).failures) == (None, 0)


@pytest.mark.parametrize("before", [[], [ACKNOWLEDGE], [PROGRESS]])
def test_a_removed_department_leaves_its_tasks_parked(before: list[Answer]) -> None:
    """However far it was with them: nobody has them now."""
    case = after(queued(), before)
    (fact,) = abandon_task(case, ABANDON, at(20), POLICY)
    assert isinstance(fact, f.DeliveryParked)
    assert (fact.reason, fact.delivery_id) == (
        ParkReason.NO_SUCH_DEPARTMENT,
        only(case).delivery_id,
    )
    assert (fact.task, fact.department, fact.occurred_at) == (TASK, "water", at(20))
    assert fact.review_at == at(20) + POLICY.review_after
    task = only(abandoned(case))
    assert (task.state, task.delivered_at, task.acknowledged_at) == (TaskState.PARKED, None, None)
    assert (task.failures, task.was_told) == (0, bool(before))


def test_a_task_is_abandoned_once() -> None:
    """A second look finds nothing to do; one that was parked for another reason is."""
    assert abandon_task(abandoned(queued()), ABANDON, at(21), POLICY) == ()
    nobody = parked(AttemptResult.NO_DEPARTMENT)
    assert abandon_task(nobody, ABANDON, at(21), POLICY) == ()
    assert names(abandon_task(parked(), ABANDON, at(21), POLICY)) == ["DeliveryParked"]


def test_what_is_over_is_not_abandoned() -> None:
    """Its department ended it before it went."""
    for case in (CaseTasks(case_id=CASE_ID), after(queued(), [COMPLETE])):
        assert abandon_task(case, ABANDON, at(20), POLICY) == ()


def test_whoever_takes_the_code_over_begins_anew() -> None:
    """The delivery arrives as for the first time, and is acknowledged as for the first time."""
    case = abandoned(after(queued(), [PROGRESS]))
    case, verdict = judged(case, attempt(), at(30))
    assert names(verdict.happenings) == ["TaskDelivered"]
    assert (only(case).state, only(case).parked) == (TaskState.DELIVERED, None)
    late = replace(ACKNOWLEDGE, occurred_at=at(31))
    assert names(take_update(case, update(late), at(32))) == ["TaskAcknowledged"]


def test_an_abandoned_task_that_was_told_hears_of_its_cancellation() -> None:
    """Whoever has the code then may have its tasks."""
    assert only(abandoned(after(queued(), [ACKNOWLEDGE]))).was_told
    assert not only(abandoned(queued())).was_told


def _park() -> f.DeliveryParked:
    return f.DeliveryParked(
        task=TASK,
        department="water",
        occurred_at=START,
        delivery_id=f"{TASK.task_id}/dispatch/1",
        reason=ParkReason.EXHAUSTED,
        review_at=at(240),
    )
