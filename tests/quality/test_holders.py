"""Nothing waits for nobody: every state that is no end has a timer, or leads to one that has.

Source: the table of timers in the protocol. "None" there names the room that holds the state; here
each such chain is followed to its timer, and every timer names the tests that show it. Names only:
`tests/unit/router/domain/test_nobody_waits.py` looks for a gap in random histories.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from department_adapter.domain.model import TaskState as AdapterTask
from feedback.domain.case import CaseState as FeedbackCase
from intake.domain.model import Status as IntakeCase
from router.domain.case import CaseStatus as RouterCase
from router.domain.task import TaskStatus as RouterTask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNIT: Final = Path(__file__).parents[1] / "unit"
THINGS: Final = {
    "intake case": IntakeCase,
    "router case": RouterCase,
    "router task": RouterTask,
    "adapter task": AdapterTask,
    "feedback case": FeedbackCase,
}
STATES: Final = [f"{thing} {state}" for thing, states in THINGS.items() for state in states]
ENDS: Final = frozenset(
    {
        "intake case closed",
        "intake case rejected",
        "router case ended",
        "router task returned",
        "router task completed",
        "router task cancelled",
        "adapter task returned",
        "adapter task completed",
        "adapter task cancelled",
        "feedback case closed",
        "feedback case rejected",
    }
)
# Who holds a state that has no timer of its own.
HELD_BY: Final[Mapping[str, str]] = {
    "intake case filed": "router case open",
    "intake case handling": "router case open",
    "intake case verifying": "feedback case to_verify",
    "intake case calling_back": "feedback case to_call_back",
    "router case open": "router task dispatched",
    "router case handled": "feedback case to_verify",
    "adapter task delivered": "router task dispatched",
    "adapter task acknowledged": "router task acknowledged",
    "adapter task in_progress": "router task acknowledged",
    "feedback case open": "router case open",
}
# The room whose tests show the timer, and the word in their names.
TIMED: Final[Mapping[str, tuple[str, str]]] = {
    "router task waiting": ("router", "waiting"),
    "router task dispatched": ("router", "response_limit"),
    "router task acknowledged": ("router", "resolution_limit"),
    "router task suspended": ("router", "end_of_a_suspension"),
    "router task disputed": ("router", "settle_by"),
    "adapter task queued": ("department_adapter", "timer_of_queued"),
    "adapter task parked": ("department_adapter", "timer_of_parked"),
    "feedback case to_verify": ("feedback", "verif"),
    "feedback case to_call_back": ("feedback", "call_back"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_ends_has_a_timer_or_is_held(state: str) -> None:
    """Following who holds it leads to a timer, and never round in a circle."""
    passed = []
    while state in HELD_BY:
        assert state not in passed
        passed.append(state)
        state = HELD_BY[state]
    assert state in TIMED or (state in ENDS and not passed)


@pytest.mark.parametrize("state", TIMED)
def test_every_timer_has_a_test_that_names_it(state: str) -> None:
    """Among the tests of the rules of its room."""
    room, word = TIMED[state]
    assert [name for name in _tests_in(UNIT / room / "domain") if word in name]


def test_no_state_is_said_twice_and_none_that_does_not_exist() -> None:
    """An end has no timer, and what has one is not held by somebody else."""
    said = [*ENDS, *HELD_BY, *TIMED]
    assert sorted(said) == sorted(STATES)


def _tests_in(folder: Path) -> Iterator[str]:
    for path in folder.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name
