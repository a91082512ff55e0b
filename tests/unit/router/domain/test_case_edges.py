"""A case at the edges: what is read before what led to it."""

from router.domain.case import Case, CaseStatus, evolve, evolve_all
from router.domain.facts import CaseClosed, CaseHandled, Outcome, ReworkRequested

from .test_decisions import CASE_ID, T


def test_the_end_of_a_round_that_was_not_read_yet_ends_the_case() -> None:
    """Feedback's reopening and its next end may be read together, after a long stop."""
    closed = CaseClosed(occurred_at=T, round=2, outcome=Outcome.SOLVED)
    assert evolve(Case(case_id=CASE_ID), closed).status is CaseStatus.ENDED


def test_handled_twice_is_handled() -> None:
    """A second CaseHandled of our own, replayed from a topic, does not open the case again."""
    handled = CaseHandled(occurred_at=T, round=1, outcome=Outcome.SOLVED)
    case = evolve_all(Case(case_id=CASE_ID), (handled, handled))
    assert case.status is CaseStatus.HANDLED


def test_each_rework_takes_back_one_handling() -> None:
    """Handled, sent back, handled, sent back: open until it is handled a third time."""
    handled = CaseHandled(occurred_at=T, round=1, outcome=Outcome.SOLVED)
    rework = ReworkRequested(occurred_at=T, round=1, tasks=(1,))
    case = evolve_all(Case(case_id=CASE_ID), (handled, rework, handled, rework))
    assert case.status is CaseStatus.OPEN
    assert case.reworks == 2
    assert evolve(case, handled).status is CaseStatus.HANDLED
