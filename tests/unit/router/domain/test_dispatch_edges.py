"""Planning at the edges: clocks that a source system set."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from router.domain.dispatch import plan_tasks
from router.domain.facts import CaseFiled
from router.domain.parts import ExternalClock
from router.domain.rulebook import Rulebook

FileCase = Callable[..., CaseFiled]


@pytest.mark.parametrize("days", [None, 3])
def test_the_clock_of_a_source_system_is_never_provisional(
    file_case: FileCase, rules: Rulebook, now: datetime, days: int | None
) -> None:
    """No calendar was asked, so none can be published later; null means no deadline."""
    due_at = None if days is None else now + timedelta(days=days)
    clocks = plan_tasks(file_case(clock=ExternalClock(due_at=due_at)), rules, now).clocks
    assert (clocks.response_due_at, clocks.resolution_due_at) == (None, due_at)
    assert clocks.provisional is False
