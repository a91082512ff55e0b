"""Attempts at the edges: the second failure of a cancellation, and tries that are used up."""

from dataclasses import replace

import pytest
from tests.unit.department_adapter.domain.test_delivering import (
    CANCELLATION,
    POLICY,
    ended,
    failed,
)

from department_adapter.domain.commands import AttemptResult
from department_adapter.domain.delivering import judge_attempt
from department_adapter.domain.evolving import evolve_all
from department_adapter.domain.schedule import STEPS, RetryPolicy
from department_adapter.testing import at

from .cases import attempt, names, queued


@pytest.mark.parametrize("failures", range(4))
def test_each_failed_cancellation_waits_a_step_longer(failures: int) -> None:
    """The waits grow from the first failure on, as those of a delivery do."""
    case = ended()
    [task] = case.tasks
    case = replace(case, tasks=(replace(task, failures=failures),))
    verdict = judge_attempt(case, failed(CANCELLATION), at(6), POLICY)
    assert verdict.again_at == at(6) + POLICY.base * STEPS[failures]


def test_a_review_that_fails_parks_again() -> None:
    """After ten tries each further one is a matter for a person too."""
    case, said = queued(), list[str]()
    for _ in range(12):
        verdict = judge_attempt(case, attempt(result=AttemptResult.FAILED), at(1), RetryPolicy())
        case = evolve_all(case, verdict.happenings)
        said += names(verdict.happenings)
    assert said == ["AttemptFailed"] * 9 + ["DeliveryParked"] * 3


def test_a_cancellation_that_failed_after_its_seven_days_is_given_up() -> None:
    """However long the service stood still before that attempt."""
    eight_days = 8 * 24 * 60
    verdict = judge_attempt(ended(), failed(CANCELLATION), at(eight_days), POLICY)
    assert names(verdict.happenings) == ["Remarked"]
    assert verdict.again_at is None
