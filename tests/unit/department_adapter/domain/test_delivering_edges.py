"""Attempts at the edges: what the second failure of a cancellation waits."""

from dataclasses import replace

import pytest
from tests.unit.department_adapter.domain.test_delivering import (
    CANCELLATION,
    POLICY,
    ended,
    failed,
)

from department_adapter.domain.delivering import judge_attempt
from department_adapter.domain.schedule import STEPS
from department_adapter.testing import at


@pytest.mark.parametrize("failures", range(4))
def test_each_failed_cancellation_waits_a_step_longer(failures: int) -> None:
    """The waits grow from the first failure on, as those of a delivery do."""
    case = ended()
    [task] = case.tasks
    case = replace(case, tasks=(replace(task, failures=failures),))
    verdict = judge_attempt(case, failed(CANCELLATION), at(6), POLICY)
    assert verdict.again_at == at(6) + POLICY.base * STEPS[failures]
