"""What follows from what the router reads: its column of the choreography, row by row."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.domain.case import Case, CaseStatus, evolve, evolve_all
from router.domain.commands import Command, DispatchCase
from router.domain.decisions import decide
from router.domain.dispatch import Rulebook, plan_tasks
from router.domain.errors import CaseNotFiledError
from router.domain.facts import (
    CaseClosed,
    CaseFiled,
    CaseHandled,
    CaseRejected,
    CaseReopened,
    DeliveryParked,
    DisputeOpened,
    Fact,
    Outcome,
    OwnFact,
    RemarkCode,
    Remarked,
    ReworkRequested,
    TaskAcknowledged,
    TaskCancelled,
    TaskCompleted,
    TaskDelivered,
    TaskDispatched,
    TaskProgressed,
    TaskReturned,
)
from router.domain.identity import dispute_id, refer_task

FileCase = Callable[..., CaseFiled]
CASE_ID = UUID("01980000-0000-7000-8000-000000000001")
T = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LEAD, POLICE, STREET = (refer_task(CASE_ID, number, 1) for number in (1, 2, 3))
LEAD_DONE = TaskCompleted(occurred_at=T, task=LEAD)
POLICE_DONE = TaskCompleted(occurred_at=T, task=POLICE)
STREET_DONE = TaskCompleted(occurred_at=T, task=STREET)
CLOSED = CaseClosed(occurred_at=T, round=1, outcome=Outcome.SOLVED)


class Router:
    """The room in small: folds what it reads, decides, folds what it decided."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self.case = Case(case_id=CASE_ID)

    def read(self, fact: Fact) -> list[OwnFact]:
        """Read one fact of another room; return what we say to it."""
        self.case = evolve(self.case, fact)
        command: Command
        if isinstance(fact, CaseFiled):
            command = DispatchCase(plan=plan_tasks(fact, self.rules, T))
        else:
            command = fact  # type: ignore[assignment] # every other fact read is a command
        facts = decide(self.case, command, T)
        self.case = evolve_all(self.case, facts)
        return list(facts)

    def read_all(self, *facts: Fact) -> list[OwnFact]:
        """Read several facts in order."""
        return [own for fact in facts for own in self.read(fact)]


@pytest.fixture
def router(rules: Rulebook) -> Router:
    """A router that knows nothing of the case."""
    return Router(rules)


@pytest.fixture
def busy(router: Router, file_case: FileCase) -> Router:
    """A router that has given out the three tasks of a case."""
    router.read(file_case())
    return router


def names(facts: list[OwnFact]) -> list[str]:
    """Return the facts by name."""
    return [type(fact).__name__ for fact in facts]


def remark(code: RemarkCode, task_id: UUID | None = None) -> Remarked:
    """Return a remark of now."""
    return Remarked(occurred_at=T, code=code, task_id=task_id)


def test_a_filing_gives_out_a_task_per_department(router: Router, file_case: FileCase) -> None:
    """Each TaskDispatched carries its clocks, and the case's place and matter."""
    facts = router.read(file_case())
    assert names(facts) == ["TaskDispatched"] * 3
    first = facts[0]
    assert isinstance(first, TaskDispatched)
    assert first.task == LEAD
    assert first.department == "water"
    assert first.resolution_due_at == T + timedelta(hours=2)
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
        decide(router.case, DispatchCase(plan=plan), T)


@pytest.mark.parametrize("answer", [TaskDelivered, TaskAcknowledged, TaskProgressed])
def test_answers_on_the_way_need_no_word_of_ours(
    answer: type[TaskAcknowledged], busy: Router
) -> None:
    """They stop clocks, and are folded only."""
    assert busy.read(answer(occurred_at=T, task=LEAD)) == []


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
    assert facts[-1] == remark(RemarkCode.LATE_ANSWER, STREET.task_id)
    assert busy.case.status is CaseStatus.HANDLED


@pytest.mark.parametrize("answer", [TaskAcknowledged, TaskProgressed])
def test_other_answers_to_a_cancelled_task_are_remarked(
    answer: type[TaskAcknowledged], busy: Router
) -> None:
    """Cancel and acknowledge crossed, read in the other order they need no word."""
    told = answer(occurred_at=T, task=STREET)
    assert busy.read(told) == []
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(told) == [remark(RemarkCode.LATE_ANSWER, STREET.task_id)]


def test_a_case_is_handled_once(busy: Router) -> None:
    """A repeated completion adds nothing."""
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(replace(POLICE_DONE, occurred_at=T + timedelta(hours=1))) == []


def test_an_answer_to_an_unknown_task_is_remarked(busy: Router) -> None:
    """It was never given out in this case."""
    stranger = refer_task(CASE_ID, 9, 1)
    told = TaskCompleted(occurred_at=T, task=stranger)
    assert busy.read(told) == [remark(RemarkCode.NOT_APPLICABLE, stranger.task_id)]


def test_the_end_of_a_round_ends_the_case(busy: Router) -> None:
    """Only feedback ends a filed case, and we say nothing to it."""
    busy.read_all(LEAD_DONE, POLICE_DONE)
    assert busy.read(CLOSED) == []
    assert busy.case.status is CaseStatus.ENDED


def test_a_rejection_ends_the_case(router: Router) -> None:
    """What was never filed is not handled."""
    assert router.read(CaseRejected(occurred_at=T)) == []
    assert router.case.status is CaseStatus.ENDED


def test_an_answer_after_the_end_is_remarked(busy: Router) -> None:
    """Closed and completed crossed: the case has ended and stays so."""
    busy.read(CLOSED)
    assert busy.read(LEAD_DONE) == [remark(RemarkCode.CASE_ENDED, LEAD.task_id)]


@pytest.mark.parametrize(
    "fact",
    [
        TaskReturned(occurred_at=T, task=LEAD),
        DeliveryParked(occurred_at=T, task=LEAD),
        ReworkRequested(occurred_at=T, round=1, tasks=(1,)),
        CaseReopened(occurred_at=T, round=2),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_what_has_no_effect_yet_is_remarked(fact: Fact, busy: Router) -> None:
    """It is kept in the state, and counted by others; nothing is dropped in silence."""
    before = busy.case
    assert [own.code for own in busy.read(fact) if isinstance(own, Remarked)] == [
        RemarkCode.NOT_APPLICABLE
    ]
    assert busy.case != before


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
