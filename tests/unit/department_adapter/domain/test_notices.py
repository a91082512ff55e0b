"""What departments are told about tasks that they have."""

import pytest

from department_adapter.domain.commands import Answer, AttemptResult, DeliveryKind
from department_adapter.domain.delivering import judge_attempt
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.model import CaseTasks, ParkReason, TaskState
from department_adapter.domain.task import end_task, queue_notice
from department_adapter.testing import CASE_ID, START, at

from .cases import (
    ACKNOWLEDGE,
    COMPLETE,
    POLICY,
    RETURN,
    TASK,
    after,
    attempt,
    judged,
    names,
    only,
    queued,
)

REMINDER = DeliveryKind.REMINDER


def told(case: CaseTasks, sequence: int, kind: DeliveryKind = REMINDER) -> CaseTasks:
    """Return the case after a notice was queued."""
    return evolve_all(case, queue_notice(only(case), kind, sequence, at(1)))


def test_a_notice_has_the_place_and_the_name_of_its_fact() -> None:
    """Behind the dispatch, which it never replaces."""
    (notice,) = queue_notice(only(queued()), REMINDER, 4, at(1))
    assert (notice.task, notice.department, notice.occurred_at) == (TASK, "water", at(1))
    assert (notice.delivery_id, notice.ordinal) == (f"{TASK.task_id}/reminder/4", 4)


@pytest.mark.parametrize(("sequence", "ordinal"), [(1, 2), (2, 2), (3, 3)])
def test_facts_of_two_sources_share_a_lane(sequence: int, ordinal: int) -> None:
    """A supplement counts by its own source: it comes after the dispatch all the same."""
    (notice,) = queue_notice(only(queued()), DeliveryKind.SUPPLEMENT, sequence, at(1))
    assert notice.ordinal == ordinal


def test_no_two_notices_have_one_place() -> None:
    """Deliveries of one task go one after another."""
    case = told(queued(), 5, DeliveryKind.SUPPLEMENT)
    assert only(case).ordinal == 5
    assert only(told(case, 5)).ordinal == 6
    assert only(told(case, 2)).ordinal == 6
    assert only(case).next_ordinal(7) == 7


@pytest.mark.parametrize("answers", [[COMPLETE], [RETURN]])
def test_nobody_listens_to_a_closed_task(answers: list[Answer]) -> None:
    """Its department is done with it."""
    case = after(queued(at(60)), answers)
    assert queue_notice(only(case), REMINDER, 4, at(11)) == ()


def test_a_notice_that_arrives_is_over_and_moves_no_state() -> None:
    """Its receipt is no fact."""
    case, verdict = judged(after(queued(), [ACKNOWLEDGE]), attempt(REMINDER))
    assert (names(verdict.happenings), verdict.again_at) == (["NoticeTaken"], None)
    assert only(case).state is TaskState.ACKNOWLEDGED


def test_a_notice_that_fails_is_parked_and_its_task_goes_on() -> None:
    """A person looks at it; no fact says that the task is parked."""
    case = after(queued(), [ACKNOWLEDGE])
    for _ in range(2):
        case, verdict = judged(case, attempt(REMINDER, AttemptResult.FAILED))
        assert names(verdict.happenings) == ["AttemptFailed"]
    case, verdict = judged(case, attempt(REMINDER, AttemptResult.FAILED), at(3))
    assert names(verdict.happenings) == ["NoticeParked"]
    assert verdict.again_at == at(3) + POLICY.review_after
    parked = only(case).parked
    assert parked is not None
    assert (parked.reason, parked.since, parked.review_at) == (
        ParkReason.EXHAUSTED,
        at(3),
        verdict.again_at,
    )
    assert parked.delivery_id == f"{TASK.task_id}/reminder/2"
    assert (only(case).state, only(case).failures) == (TaskState.ACKNOWLEDGED, 3)


def test_a_refused_notice_is_parked_at_once() -> None:
    """The same again would be refused again."""
    case, _ = judged(after(queued(), [ACKNOWLEDGE]), attempt(REMINDER, AttemptResult.REFUSED))
    parked = only(case).parked
    assert parked is not None
    assert parked.reason is ParkReason.REFUSED


def test_a_notice_that_arrives_after_all_is_parked_no_more() -> None:
    """And the next one begins to count anew."""
    case, _ = judged(after(queued(), [ACKNOWLEDGE]), attempt(REMINDER, AttemptResult.REFUSED))
    case, _ = judged(case, attempt(REMINDER))
    assert (only(case).parked, only(case).failures) == (None, 0)


def test_failures_of_the_dispatch_do_not_count_for_its_notices() -> None:
    """Each delivery has its own attempts."""
    case, _ = judged(queued(), attempt(result=AttemptResult.FAILED))
    case, _ = judged(case, attempt())
    assert only(case).failures == 0
    _, verdict = judged(case, attempt(REMINDER, AttemptResult.FAILED))
    assert verdict.again_at == START + POLICY.base


def test_a_notice_waits_for_us_without_being_counted() -> None:
    """Intake may be down when a supplement wants its words."""
    supplement = attempt(DeliveryKind.SUPPLEMENT, AttemptResult.WAITED)
    verdict = judge_attempt(after(queued(), [ACKNOWLEDGE]), supplement, START, POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), START + POLICY.wait)


@pytest.mark.parametrize("result", AttemptResult)
def test_a_notice_of_a_closed_task_is_over(result: AttemptResult) -> None:
    """Whatever became of it."""
    done = after(queued(), [COMPLETE])
    cancelled = evolve_all(queued(), end_task(queued(), TASK.task_id, at(5)))
    for case in (done, cancelled, CaseTasks(case_id=CASE_ID)):
        verdict = judge_attempt(case, attempt(REMINDER, result), at(6), POLICY)
        assert (verdict.happenings, verdict.again_at, verdict.stays) == ((), None, False)


def test_a_notice_for_nobody_is_over() -> None:
    """The task is parked, and whoever gets it next hears everything with it."""
    record = attempt(REMINDER, AttemptResult.NO_DEPARTMENT)
    verdict = judge_attempt(after(queued(), [ACKNOWLEDGE]), record, at(6), POLICY)
    assert (verdict.happenings, verdict.again_at) == ((), None)
