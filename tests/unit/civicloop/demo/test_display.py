"""The tables show what differs, and say every number."""

import io
from collections import Counter

from rich.console import Console

from civicloop.demo.display import outcome_table, task_table
from civicloop.demo.generator import Outcome

EXPECTED = Outcome(
    filed=3,
    rejected=Counter(unknown_matter=1),
    tasks=Counter({("water", "lead"): 3, ("fire", "assist"): 1}),
    closed=Counter(solved=3),
)
GOT = Outcome(
    filed=3,
    rejected=Counter(unknown_matter=1),
    tasks=Counter({("water", "lead"): 2, ("power", "assist"): 1, ("fire", "assist"): 1}),
    closed=Counter(solved=3),
)


def _text(table: object) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=100).print(table)
    return out.getvalue().splitlines()


def test_equal_outcomes_are_ok() -> None:
    """Nothing differs."""
    assert not any("differs" in line for line in _text(outcome_table(EXPECTED, EXPECTED)))
    assert not any("differs" in line for line in _text(task_table(EXPECTED, EXPECTED)))


def test_a_department_that_got_something_else_differs() -> None:
    """Too few, or somebody whom nobody expected."""
    differing = [line for line in _text(task_table(EXPECTED, GOT)) if "differs" in line]
    assert len(differing) == 2
    assert "power" in differing[0]
    assert "water" in differing[1]
