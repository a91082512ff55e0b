"""A verification that failed: which tasks are done again."""

from typing import Any

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER

from civicloop_contracts.codes import ReassignReason, ReworkReason
from civicloop_contracts.facts.feedback import ReworkRequested
from feedback.domain.case import CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import HandlingUnreadError, NotToVerifyError, UnknownTaskError


@pytest.fixture
def three_tasks(bench: Bench, story: Story) -> Bench:
    """A handled case whose tasks 1 and 2 are required, and 3 is not."""
    bench.tell(story.filed(), story.dispatched(), story.assisting(required=True))
    bench.tell(story.assisting(task=story.ref(3, 1), department="power"))
    bench.tell(story.completed(), story.completed(task_no=2), story.handled())
    return bench


def failed(*tasks: int) -> VerifyCase:
    """Return a verification that found these undone."""
    return VerifyCase(verifier=VERIFIER, passed=False, tasks=tasks)


@pytest.mark.parametrize(
    ("named", "again"),
    [((), (1, 2)), ((1,), (1,)), ((2,), (2,)), ((2, 1), (1, 2)), ((2, 2), (2,))],
)
def test_named_tasks_are_done_again(
    three_tasks: Bench, named: tuple[int, ...], again: tuple[int, ...]
) -> None:
    """Each once, in their order; without a name all that the case needs."""
    three_tasks.order(failed(*named), 5)
    fact = three_tasks.facts[-1]
    assert isinstance(fact, ReworkRequested)
    assert (fact.tasks, fact.reason) == (again, ReworkReason.VERIFICATION_FAILED)
    assert three_tasks.state.state is CaseState.OPEN


@pytest.mark.parametrize("named", [(3,), (4,), (1, 3), (1, 2, 999)])
def test_a_task_that_the_case_does_not_need_is_refused(
    three_tasks: Bench, named: tuple[int, ...]
) -> None:
    """Unknown, or not required: no fact, and the case goes on waiting."""
    before = list(three_tasks.facts)
    with pytest.raises(UnknownTaskError):
        three_tasks.order(failed(*named), 5)
    assert three_tasks.facts == before
    assert three_tasks.state.state is CaseState.TO_VERIFY


def test_numbers_are_looked_at_last(bench: Bench, story: Story) -> None:
    """A case that waits for nobody, or whose handling is unread, says so first."""
    bench.tell(story.filed(), story.dispatched())
    with pytest.raises(NotToVerifyError):
        bench.order(failed(9), 1)
    bench.tell(story.handled())
    with pytest.raises(HandlingUnreadError):
        bench.order(failed(9), 5)


def test_the_next_attempt_is_waited_for(three_tasks: Bench, story: Story) -> None:
    """After a rework of task 2 nobody verifies before its newest attempt is known to be done."""
    three_tasks.order(failed(2), 5)
    task: dict[str, Any] = {
        "task": story.ref(2, 2),
        "replaces": story.ref(2, 1).task_id,
        "department": "water",
    }
    three_tasks.tell(story.reassigned(6, reason=ReassignReason.REWORK, **task), story.handled(8))
    with pytest.raises(HandlingUnreadError):
        three_tasks.order(VerifyCase(verifier=VERIFIER, passed=True), 9)
    three_tasks.tell(story.completed(7.5, task_no=2, attempt=2))
    assert three_tasks.order(VerifyCase(verifier=VERIFIER, passed=True), 9)["passed"] is True


def test_an_unsolved_answer_sends_everything_back(three_tasks: Bench) -> None:
    """The reporter knows of no tasks."""
    three_tasks.order(VerifyCase(verifier=VERIFIER, passed=True), 5)
    three_tasks.order(RecordSatisfaction(solved=False, satisfied=None), 6)
    fact = three_tasks.facts[-1]
    assert isinstance(fact, ReworkRequested)
    assert (fact.tasks, fact.reason) == ((1, 2), ReworkReason.NOT_SOLVED)
