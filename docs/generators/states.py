"""The page of states: from the table that the auditor holds every case to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from civicloop_contracts.codes import CaseStatus
from civicloop_contracts.transitions import Need, Thing, load_transitions
from department_adapter.domain.model import TaskState
from feedback.domain.case import CaseState
from generators.markdown import table
from router.domain.case import CaseStatus as RouterCaseStatus
from router.domain.task import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from enum import StrEnum

INTRODUCTION: Final = """# States

A case has a state in each room, and so has a task; a room moves its own by the facts that it reads
and writes. What callers see is in the first table.

The tables after it are what `civicloop audit` holds every case to: which step may follow which
state, judged from the facts of one topic. They know a little less than a room does (the router's
topic tells of no acknowledgement), and they hold for later releases too: steps that no room takes
yet are among them. Source: `transitions.yaml` in `civicloop_contracts`.
"""
NEEDS: Final = """## What one topic owes to another

Order across topics is not kept, so only presence is judged: a fact on the left is legal if one of
those on the right is there as well, with the same values.
"""
_SEEN: Final[tuple[tuple[str, str, type[StrEnum]], ...]] = (
    ("public status of a case (intake, snapshots)", "`GET /v1/cases/{case_id}`", CaseStatus),
    ("case in the router", "`GET /v1/cases/{case_id}/plan`", RouterCaseStatus),
    ("task in the router", "`GET /v1/cases/{case_id}/plan`", TaskStatus),
    ("task in the department adapter", "`GET /v1/tasks/{task_id}`", TaskState),
    ("case in feedback", "answers of feedback's commands", CaseState),
)


def page() -> str:
    """Return the page."""
    known = load_transitions()
    return "\n".join(
        [INTRODUCTION, _seen(), *_things(known.things), NEEDS, _needs(known.needs), _ends()]
    )


def _seen() -> str:
    rows = [
        (what, where, ", ".join(f"`{state.value}`" for state in states))
        for what, where, states in _SEEN
    ]
    return table(("what", "seen in", "states"), rows)


def _things(things: Iterable[Thing]) -> Iterator[str]:
    for thing in things:
        rows = [
            (f"`{before}`", f"`{after}`", ", ".join(steps))
            for (before, after), steps in _arrows(thing).items()
        ]
        start = f"Told by `{thing.source}`, beginning in `{thing.start}`."
        yield f"## {thing.name}\n\n{start}\n\n{table(('from', 'to', 'by'), rows)}"


def _arrows(thing: Thing) -> dict[tuple[str, str], list[str]]:
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for step, moves in thing.steps.items():
        for before, after in moves.items():
            arrows[before, after].append(_step(step))
    return arrows


def _step(name: str) -> str:
    fact, _, outcome = name.partition("/")
    return f"[{fact}](facts.md#{fact.lower()}){f' ({outcome})' if outcome else ''}"


def _needs(needs: Iterable[Need]) -> str:
    rows = [
        (
            _step(need.fact),
            " or ".join(map(_step, need.of)),
            ", ".join(f"`{field}`" for field in need.same) or "the case",
        )
        for need in needs
    ]
    return table(("fact", "needs", "with the same"), rows)


def _ends() -> str:
    known = load_transitions()
    handled = known.handled
    ends, done = (" or ".join(map(_step, facts)) for facts in (known.ends, handled.done))
    return f"""## Ends

- Exactly one {ends} per round.
- {_step(handled.fact)}: each task that was given out and not taken back has {done}.
- {_step(handled.solved)}: the newest attempt of each required task has {_step(handled.required)}.
- A case that has not ended has a timer or a job that is at most five minutes overdue.
"""
