"""Folding at the edges: more than one task of a case was disputed."""

from functools import reduce

import pytest
from tests.unit.feedback.telling import CASE_ID, at

from feedback.domain.case import new_case
from feedback.domain.evolve import evolve
from feedback.domain.facts import DisputeSettled


def settled(task_no: int, *, by_rule: bool) -> DisputeSettled:
    """Return that a dispute named a lead."""
    return DisputeSettled(occurred_at=at(1), task_no=task_no, lead="water", by_rule=by_rule)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_every_settled_task_is_remembered(order: tuple[int, ...]) -> None:
    """In whatever order they were settled, and what decided each of them."""
    facts = [settled(number, by_rule=number != 2) for number in order]
    case = reduce(evolve, facts, new_case(CASE_ID))
    assert sorted(case.settled) == [1, 2, 3]
    assert sorted(case.settled_by_rule) == [1, 3]


def test_a_task_that_was_settled_twice_is_remembered_once() -> None:
    """The last decision counts: a conference after the rule."""
    facts = [settled(1, by_rule=True), settled(2, by_rule=True), settled(1, by_rule=False)]
    case = reduce(evolve, facts, new_case(CASE_ID))
    assert sorted(case.settled) == [1, 2]
    assert case.settled_by_rule == (2,)


def test_a_dispute_that_tells_no_more_was_settled_by_people() -> None:
    """The rule says that it decided."""
    case = evolve(new_case(CASE_ID), DisputeSettled(occurred_at=at(1), task_no=1, lead="water"))
    assert (case.settled, case.settled_by_rule) == ((1,), ())
