"""A case at the edges: what is read before what led to it."""

from tests.unit.router.domain.story import CASE_ID, Router, T, asked, attempt, closed, rework, told

from router.domain.case import Case, CaseStatus, pending_requests
from router.domain.codes import DisputeGround, Outcome
from router.domain.decided import CaseHandled, DisputeOpened
from router.domain.evolve import evolve, evolve_all
from router.domain.facts import CaseReopened, TaskAcknowledged, TaskProgressed

HANDLED = CaseHandled(occurred_at=T, round=1, outcome=Outcome.SOLVED)
REOPENED = CaseReopened(occurred_at=T, round=2)


def test_the_end_of_a_round_that_was_not_read_yet_ends_the_case() -> None:
    """Feedback's reopening and its next end may be read together, after a long stop."""
    assert evolve(Case(case_id=CASE_ID), closed(2)).status is CaseStatus.ENDED


def test_handled_twice_is_handled() -> None:
    """A second CaseHandled of our own, replayed from a topic, does not open the case again."""
    case = evolve_all(Case(case_id=CASE_ID), (HANDLED, HANDLED))
    assert case.status is CaseStatus.HANDLED


def test_each_rework_takes_back_one_handling() -> None:
    """Handled, sent back, handled, sent back: open until it is handled a third time."""
    case = evolve_all(Case(case_id=CASE_ID), (HANDLED, rework(1), HANDLED, rework(1)))
    assert case.status is CaseStatus.OPEN
    assert len(case.send_backs) == 2
    assert evolve(case, HANDLED).status is CaseStatus.HANDLED


def test_a_rework_of_a_round_that_is_over_asks_for_nothing() -> None:
    """Neither now nor when the case is reopened."""
    case = evolve_all(Case(case_id=CASE_ID), (HANDLED, closed(), rework(1), REOPENED))
    assert (len(case.send_backs), case.round) == (1, 2)
    case = evolve(case, rework(1, round_no=2))
    assert len(case.send_backs) == 2


def test_a_reopening_counts_once() -> None:
    """Each round begins once."""
    case = evolve_all(Case(case_id=CASE_ID), (HANDLED, closed(), REOPENED, REOPENED))
    assert (len(case.send_backs), case.round) == (1, 2)


def test_a_reopening_of_an_earlier_round_leads_nowhere_back() -> None:
    """Read again, it neither counts nor takes the case out of its present round."""
    again = CaseReopened(occurred_at=T, round=3)
    case = evolve_all(Case(case_id=CASE_ID), (REOPENED, again, REOPENED))
    assert (len(case.send_backs), case.round) == (2, 3)


def test_an_end_for_good_is_not_taken_back() -> None:
    """Whatever feedback had asked for before it heard of a withdrawal."""
    withdrawn = CaseHandled(occurred_at=T, round=1, outcome=Outcome.WITHDRAWN)
    case = evolve_all(Case(case_id=CASE_ID), (rework(1), withdrawn))
    assert case.status is CaseStatus.HANDLED


def test_an_ended_case_has_nothing_to_decide(alone: Router) -> None:
    """A request that nobody has decided ends with its case."""
    alone.read(asked())
    assert len(list(pending_requests(alone.case))) == 1
    assert list(pending_requests(evolve(alone.case, closed()))) == []


def test_an_answer_is_kept_under_its_task_whoever_wrote_the_id() -> None:
    """An id that was read elsewhere is another object with the same number."""
    first, second = told(TaskAcknowledged, attempt(1)), told(TaskProgressed, attempt(1))
    [answer] = evolve_all(Case(case_id=CASE_ID), (first, second)).answers
    assert (answer.acknowledged_at, answer.progressed_at) == (T, T)


def test_a_task_is_kept_once_whoever_wrote_the_id(busy: Router) -> None:
    """What changes a task takes its place."""
    dispute = DisputeOpened(
        occurred_at=T,
        dispute_id=CASE_ID,
        task=attempt(1),
        ground=DisputeGround.NO_DUTY,
        settle_by=T,
    )
    tasks = evolve(busy.case, dispute).tasks
    assert [task.ref.task_no for task in tasks] == [1, 2, 3]
