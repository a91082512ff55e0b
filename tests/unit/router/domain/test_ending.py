"""The end of the handling: solved, withdrawn or merged."""

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    MERGE,
    POLICE,
    STREET,
    SURVIVOR,
    WITHDRAW,
    Router,
    T,
    attempt,
    back,
    closed,
    done,
    names,
    only,
    remark,
    rework,
    told,
)

from router.domain.case import CaseStatus
from router.domain.codes import CancelReason, Outcome, RemarkCode
from router.domain.decided import CaseHandled, MergeRefused, TaskCancelled, WithdrawalRefused
from router.domain.facts import (
    Fact,
    MergeRequested,
    TaskAcknowledged,
    TaskProgressed,
    WithdrawalRequested,
)
from router.domain.task import TaskStatus

ENDS = pytest.mark.parametrize("end", [WITHDRAW, MERGE], ids=["withdrawn", "merged"])


def test_a_withdrawal_cancels_every_open_task(busy: Router) -> None:
    """And the case is handled, withdrawn."""
    *cancelled, handled = busy.read(WITHDRAW)
    assert [f.task for f in cancelled if isinstance(f, TaskCancelled)] == [LEAD, POLICE, STREET]
    assert {f.reason for f in cancelled if isinstance(f, TaskCancelled)} == {CancelReason.WITHDRAWN}
    assert handled == CaseHandled(occurred_at=T, outcome=Outcome.WITHDRAWN, round=1)
    assert busy.case.status is CaseStatus.HANDLED


def test_a_merge_cancels_every_open_task(busy: Router) -> None:
    """And names who stands for the case from now on."""
    *cancelled, handled = busy.read(MERGE)
    assert {f.reason for f in cancelled if isinstance(f, TaskCancelled)} == {CancelReason.MERGED}
    assert len(cancelled) == 3
    assert handled == CaseHandled(occurred_at=T, outcome=Outcome.MERGED, round=1, survivor=SURVIVOR)


@ENDS
def test_what_is_over_is_not_cancelled(
    end: WithdrawalRequested | MergeRequested, busy: Router
) -> None:
    """Done or returned: its department has finished."""
    busy.read_all(done(LEAD), back(STREET), told(TaskAcknowledged, POLICE))
    assert only(TaskCancelled, busy.read(end)).task == POLICE


@pytest.mark.race("withdraw and complete")
def test_withdrawn_first_the_completion_is_late(busy: Router) -> None:
    """TaskCancelled, CaseHandled{withdrawn}, and the completion is remarked."""
    assert only(CaseHandled, busy.read(WITHDRAW)).outcome is Outcome.WITHDRAWN
    assert busy.read_all(done(LEAD), done(POLICE)) == [
        remark(RemarkCode.LATE_ANSWER, LEAD),
        remark(RemarkCode.LATE_ANSWER, POLICE),
    ]
    assert busy.case.outcome is Outcome.WITHDRAWN


@pytest.mark.race("withdraw and complete")
def test_completed_first_the_withdrawal_is_refused(busy: Router) -> None:
    """CaseHandled{solved} and WithdrawalRefused; the case stays solved."""
    busy.solve()
    assert busy.read(WITHDRAW) == [WithdrawalRefused(occurred_at=T)]
    assert busy.case.outcome is Outcome.SOLVED
    assert busy.case.status is CaseStatus.HANDLED


@pytest.mark.race("cancel and acknowledge, return or complete")
@pytest.mark.parametrize(
    "answer",
    [told(TaskAcknowledged, STREET), told(TaskProgressed, STREET), back(STREET), done(STREET)],
    ids=lambda fact: type(fact).__name__,
)
def test_an_answer_that_crosses_a_cancellation_is_history(answer: Fact, busy: Router) -> None:
    """Cancelled first: it is kept and remarked. Answered first: it stands as well."""
    other = Router(busy.rules)
    other.case = busy.case
    busy.solve()
    assert busy.read(answer) == [remark(RemarkCode.LATE_ANSWER, STREET)]
    assert busy.status(STREET) is TaskStatus.CANCELLED
    assert remark(RemarkCode.LATE_ANSWER, STREET) not in other.read(answer)
    other.solve()
    assert other.case.answers != ()
    assert {busy.case.status, other.case.status} == {CaseStatus.HANDLED}


@pytest.mark.race("two completions of one task")
@pytest.mark.parametrize("minutes", [(0, 0), (0, 9), (9, 0)])
def test_a_second_completion_changes_nothing(minutes: tuple[int, int], busy: Router) -> None:
    """The adapter lets no second one through; if it did, the case is handled once all the same."""
    first, second = (done(LEAD, minute) for minute in minutes)
    assert busy.read_all(first, second) == []
    assert names(busy.read(done(POLICE))) == ["TaskCancelled", "CaseHandled"]


@pytest.mark.race("an update older than what is recorded (by occurred_at)")
@pytest.mark.parametrize(
    ("first", "second"),
    [(done(minute=30), told(TaskProgressed, minute=5)), (told(TaskProgressed, minute=5), done())],
)
def test_an_older_update_moves_no_state_backwards(first: Fact, second: Fact, busy: Router) -> None:
    """Done is done, whichever is read first."""
    busy.read_all(first, second)
    assert busy.status() is TaskStatus.COMPLETED


@pytest.mark.race("update for an unknown, foreign or closed task")
def test_an_update_for_an_unknown_or_closed_task_is_remarked(busy: Router) -> None:
    """The adapter refuses it at its door; from a topic it moves nothing here either."""
    assert busy.read(done(attempt(5))) == [remark(RemarkCode.NOT_APPLICABLE, attempt(5))]
    busy.reassign(LEAD, "roads")
    assert busy.read(done(LEAD)) == [remark(RemarkCode.TASK_CLOSED, LEAD)]


def test_a_merge_after_solved_is_refused(busy: Router) -> None:
    """The case was solved by itself."""
    busy.solve()
    assert busy.read(MERGE) == [MergeRefused(occurred_at=T, survivor=SURVIVOR)]
    busy.read(closed())
    assert busy.read(MERGE) == [MergeRefused(occurred_at=T, survivor=SURVIVOR)]
    assert busy.read(WITHDRAW) == [WithdrawalRefused(occurred_at=T)]


@ENDS
def test_what_has_ended_otherwise_ends_once(
    end: WithdrawalRequested | MergeRequested, busy: Router
) -> None:
    """A remark, before and after feedback has closed it."""
    busy.read(WITHDRAW)
    assert busy.read(end) == [remark(RemarkCode.CASE_ENDED)]
    busy.read(closed(outcome=Outcome.WITHDRAWN))
    assert busy.read(end) == [remark(RemarkCode.CASE_ENDED)]


@ENDS
def test_a_case_that_was_never_filed_has_nothing_to_end(
    end: WithdrawalRequested | MergeRequested, router: Router
) -> None:
    """Nothing is decided about it."""
    assert router.read(end) == [remark(RemarkCode.CASE_ENDED)]
    assert router.case.status is CaseStatus.OPEN


@ENDS
def test_a_case_that_came_back_may_end_otherwise(
    end: WithdrawalRequested | MergeRequested, busy: Router
) -> None:
    """It was solved, and is not any more."""
    busy.solve()
    busy.read(rework(1))
    assert names(busy.read(end)) == ["TaskCancelled", "CaseHandled"]
