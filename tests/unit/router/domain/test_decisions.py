"""What follows from what the router reads: its column of the choreography, row by row."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    CASE_ID,
    LEAD,
    POLICE,
    STREET,
    FileCase,
    Router,
    T,
    back,
    closed,
    done,
    names,
    parked,
    remark,
    rework,
    told,
)

from router.domain.case import CaseStatus
from router.domain.codes import Outcome, RemarkCode
from router.domain.commands import DispatchCase
from router.domain.decided import CaseHandled, DisputeOpened, TaskCancelled, TaskDispatched
from router.domain.decisions import decide
from router.domain.dispatch import plan_tasks
from router.domain.errors import CaseNotFiledError
from router.domain.facts import (
    CaseReopened,
    Fact,
    ReportAttached,
    TaskAcknowledged,
    TaskDelivered,
    TaskProgressed,
)
from router.domain.identity import dispute_id, refer_task

LEAD_DONE, POLICE_DONE, STREET_DONE = done(LEAD), done(POLICE), done(STREET)
CLOSED = closed()


def test_a_filing_gives_out_a_task_per_department(router: Router, file_case: FileCase) -> None:
    """Each TaskDispatched carries its clocks, and the case's place and matter."""
    facts = router.read(file_case())
    assert names(facts) == ["TaskDispatched"] * 3
    first = facts[0]
    assert isinstance(first, TaskDispatched)
    assert first.task == LEAD
    assert first.department == "water"
    assert first.clocks.resolution_due_at == T + timedelta(hours=2)
    assert first.return_until == T + timedelta(hours=6)
    assert (first.round, first.channel) == (1, "snap")
    assert first.matter == file_case().matter


def test_a_filing_that_nobody_is_responsible_for_opens_a_dispute(
    router: Router, file_case: FileCase
) -> None:
    """Task 1 is born disputed; nothing is given out."""
    (fact,) = router.read(file_case(code="09001"))
    assert isinstance(fact, DisputeOpened)
    assert (fact.task, fact.dispute_id) == (LEAD, dispute_id(LEAD))
    assert fact.settle_by == T + timedelta(days=2)


def test_deciding_again_decides_the_same(router: Router, file_case: FileCase) -> None:
    """The same case, filing and time give equal facts, ids included."""
    other = Router(router.rules)
    assert router.read(file_case()) == other.read(file_case())


def test_a_second_filing_gives_out_nothing(busy: Router, file_case: FileCase) -> None:
    """Tasks are given out once."""
    assert busy.read(file_case()) == [remark(RemarkCode.NOT_APPLICABLE)]


def test_tasks_are_not_given_out_before_the_filing(router: Router, file_case: FileCase) -> None:
    """Asking for it is a fault of the caller."""
    plan = plan_tasks(file_case(), router.rules, T)
    with pytest.raises(CaseNotFiledError):
        decide(router.case, DispatchCase(plan=plan), router.rules, T)


@pytest.mark.parametrize("answer", [TaskDelivered, TaskAcknowledged, TaskProgressed])
def test_answers_on_the_way_need_no_word_of_ours(
    answer: type[TaskAcknowledged], busy: Router
) -> None:
    """They stop clocks, and are folded only."""
    assert busy.read(told(answer)) == []


def test_the_last_required_completion_ends_the_handling(busy: Router) -> None:
    """One decision cancels what is still open, then says that the case is handled."""
    assert busy.read(LEAD_DONE) == []
    facts = busy.read(POLICE_DONE)
    assert names(facts) == ["TaskCancelled", "CaseHandled"]
    cancelled, handled = facts
    assert isinstance(cancelled, TaskCancelled)
    assert (cancelled.task, cancelled.department) == (STREET, "subdistrict-410105001")
    assert handled == CaseHandled(occurred_at=T, outcome=Outcome.SOLVED, round=1)
    assert busy.case.status is CaseStatus.HANDLED


def test_required_tasks_may_be_done_in_any_order(busy: Router) -> None:
    """The lead need not be the last."""
    assert names(busy.read_all(POLICE_DONE, LEAD_DONE)) == ["TaskCancelled", "CaseHandled"]


def test_help_that_is_done_is_not_cancelled(busy: Router) -> None:
    """Only open tasks are."""
    assert names(busy.read_all(STREET_DONE, LEAD_DONE, POLICE_DONE)) == ["CaseHandled"]


def test_help_that_is_done_too_late_is_remarked(busy: Router) -> None:
    """Cancel and complete crossed: the answer stays in the history and plans nothing."""
    facts = busy.read_all(LEAD_DONE, POLICE_DONE, STREET_DONE)
    assert facts[-1] == remark(RemarkCode.LATE_ANSWER, STREET)
    assert busy.case.status is CaseStatus.HANDLED


@pytest.mark.parametrize("answer", [TaskAcknowledged, TaskProgressed])
def test_other_answers_to_a_cancelled_task_are_remarked(
    answer: type[TaskAcknowledged], busy: Router
) -> None:
    """Cancel and acknowledge crossed, read in the other order they need no word."""
    late = told(answer, STREET)
    assert busy.read(late) == []
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(late) == [remark(RemarkCode.LATE_ANSWER, STREET)]


def test_a_case_is_handled_once(busy: Router) -> None:
    """A repeated completion adds nothing."""
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(replace(POLICE_DONE, occurred_at=T + timedelta(hours=1))) == []


def test_an_answer_to_an_unknown_task_is_remarked(busy: Router) -> None:
    """It was never given out in this case."""
    stranger = refer_task(CASE_ID, 9, 1)
    assert busy.read(done(stranger)) == [remark(RemarkCode.NOT_APPLICABLE, stranger)]


def test_the_end_of_a_round_ends_the_case(busy: Router) -> None:
    """Only feedback ends a filed case, and we say nothing to it."""
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(CLOSED) == []
    assert busy.case.status is CaseStatus.ENDED


def test_an_answer_after_the_end_is_remarked(busy: Router) -> None:
    """Closed and completed crossed: the case has ended and stays so."""
    busy.read(CLOSED)
    assert busy.read(LEAD_DONE) == [remark(RemarkCode.CASE_ENDED, LEAD)]


@pytest.mark.parametrize(
    ("late", "code"),
    [
        (done(STREET), RemarkCode.LATE_ANSWER),
        (back(STREET), RemarkCode.LATE_ANSWER),
        (parked(STREET, unknown=True), RemarkCode.LATE_ANSWER),
        (told(TaskProgressed, STREET), RemarkCode.LATE_ANSWER),
        (parked(LEAD, unknown=True), RemarkCode.TASK_CLOSED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_comes_too_late_is_remarked(late: Fact, code: RemarkCode, busy: Router) -> None:
    """Never an exception, and nothing is planned on it."""
    busy.solve()
    task = getattr(late, "task", None)
    assert busy.read(late) == [remark(code, task)]
    assert busy.case.status is CaseStatus.HANDLED


def test_what_says_nothing_new_needs_no_word(busy: Router) -> None:
    """One more reporter is counted, an arrival noted."""
    before = busy.case
    assert busy.read_all(ReportAttached(occurred_at=T), told(TaskDelivered)) == []
    assert (busy.case.reporters, before.reporters) == (2, 1)


@pytest.mark.parametrize("fact", [rework(1), CaseReopened(occurred_at=T, round=2)])
def test_being_sent_back_before_being_handled_waits(fact: Fact, busy: Router) -> None:
    """Feedback's topic was faster: next attempts are given out once there was something to redo."""
    assert busy.read(fact) == []
    facts = busy.read_all(LEAD_DONE, POLICE_DONE)
    assert names(facts)[:2] == ["TaskCancelled", "CaseHandled"]
    assert names(facts)[-1] == "TaskReassigned"
    assert busy.case.status is CaseStatus.OPEN


def test_the_end_may_be_read_before_the_filing(router: Router, file_case: FileCase) -> None:
    """Feedback's topic was faster: an ended case gets no tasks."""
    assert router.read_all(CLOSED, file_case()) == [remark(RemarkCode.CASE_ENDED)]


def test_the_filing_may_be_read_before_the_end(router: Router, file_case: FileCase) -> None:
    """The same two facts in the usual order: both ways the case has ended."""
    assert names(router.read_all(file_case(), CLOSED)) == ["TaskDispatched"] * 3
    assert router.case.status is CaseStatus.ENDED


def test_answers_may_be_read_before_the_filing(router: Router, file_case: FileCase) -> None:
    """The departments' topic was faster: the decision falls with the filing."""
    assert router.read_all(LEAD_DONE, POLICE_DONE) == []
    facts = router.read(file_case())
    assert names(facts) == [*["TaskDispatched"] * 3, "TaskCancelled", "CaseHandled"]
    assert router.case.status is CaseStatus.HANDLED


def test_an_answer_does_not_hide_an_unowned_case(router: Router, file_case: FileCase) -> None:
    """A disputed task is nobody's: an early answer to it completes nothing."""
    router.read(STREET_DONE)
    assert names(router.read(file_case(code="09001"))) == ["DisputeOpened"]
    assert router.case.status is CaseStatus.OPEN


def test_even_an_answer_to_the_unowned_task_itself_completes_nothing(
    router: Router, file_case: FileCase
) -> None:
    """Nobody has it, so nobody can have done it."""
    router.read(LEAD_DONE)
    assert names(router.read(file_case(code="09001"))) == ["DisputeOpened"]
    assert router.case.status is CaseStatus.OPEN
    assert len(router.timers) == 1


def test_a_return_may_be_read_before_the_filing(router: Router, file_case: FileCase) -> None:
    """It is passed on with the filing."""
    assert router.read(back(LEAD)) == []
    facts = router.read(file_case())
    assert names(facts) == [*["TaskDispatched"] * 3, "TaskReassigned"]


def test_a_delivery_that_is_parked_after_a_return_is_remarked(busy: Router) -> None:
    """The task is over for its department; nobody is reminded of it."""
    busy.read(back(STREET))
    assert busy.read(parked(STREET)) == [remark(RemarkCode.TASK_CLOSED, STREET)]
