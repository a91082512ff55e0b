"""Which steps a case and its tasks may take, as data: an auditor holds every fact to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import yaml

from civicloop_contracts.fact import Fact

# Facts of this name move nothing and are always legal.
WITHOUT_STEP: Final = "Remarked"
# The one field of a need that is not a field of the fact, but of the task it is about.
TASK: Final = ("task_id",)
_REPLACED: Final = "replaced"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thing:
    """A case or a task as one source tells it. ``steps``: name of a step, state before, after."""

    name: str
    source: str
    about: Literal["case", "task"]
    start: str
    steps: Mapping[str, Mapping[str, str]]
    next_round: str | None

    def knows(self, step: str) -> bool:
        """Tell whether the step is one of this thing, in whatever state."""
        return step in self.steps

    def after(self, step: str, state: str) -> str | None:
        """Return the state that follows, or None when the step is not legal in *state*."""
        return self.steps[step].get(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """``fact`` may only be there when one of ``of`` is, with equal values of ``same``."""

    fact: str
    of: tuple[str, ...]
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What holds of the tasks given out so far when ``fact`` is told, with outcome ``solved``."""

    fact: str
    solved: str
    done: tuple[str, ...]
    required: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step of one thing: ``task_id`` None where the thing is the case itself."""

    step: str
    task_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """The whole table. ``ends``: what may be told beside each end, None for anything.

    The rest is the same by step or source: the needs of a step, and by which fields others may
    need it.
    """

    things: tuple[Thing, ...]
    needs: tuple[Need, ...]
    handled: Handled
    ends: Mapping[str, frozenset[str] | None]
    things_of: Mapping[str, tuple[Thing, ...]]
    needs_of: Mapping[str, tuple[Need, ...]]
    needed_by: Mapping[str, tuple[tuple[str, ...], ...]]


@cache
def load_transitions() -> Transitions:
    """Return the table of this version."""
    table = yaml.safe_load((files(__package__) / "transitions.yaml").read_text())
    things = tuple(_thing(row) for row in table["things"])
    handled = Handled(**(table["handled"] | {"done": tuple(table["handled"]["done"])}))
    needs = tuple(
        Need(fact=row["fact"], of=tuple(row["of"]), same=tuple(row["same"]))
        for row in table["needs"]
    )
    ends = {
        fact: None if beside == "any" else frozenset(beside)
        for fact, beside in table["ends"].items()
    }
    return Transitions(
        things=things,
        needs=needs,
        handled=handled,
        ends=MappingProxyType(ends),
        things_of=_grouped((thing.source, thing) for thing in things),
        needs_of=_grouped((need.fact, need) for need in needs),
        needed_by=_grouped(
            [
                *((name, need.same) for need in needs for name in need.of),
                *((name, TASK) for name in {*handled.done, handled.required}),
            ]
        ),
    )


def step_names(fact: Fact) -> tuple[str, ...]:
    """Return the names that a fact goes by in the table, the most specific first."""
    name = type(fact).__name__
    if "outcome" not in type(fact).model_fields:
        return (name,)
    return (f"{name}/{getattr(fact, 'outcome').value}", name)  # noqa: B009 -- not every fact has one


def moves_of(fact: Fact, thing: Thing) -> Iterator[Move]:
    """Yield the steps that a fact makes *thing* take; none when it does not concern it."""
    step = next((name for name in step_names(fact) if thing.knows(name)), None)
    if step is None:
        return
    if thing.about == "case":
        yield Move(step=step, task_id=None)
        return
    yield Move(step=step, task_id=_value(fact, "task_id"))
    replaced = f"{type(fact).__name__}/{_REPLACED}"
    if thing.knows(replaced):
        yield Move(step=replaced, task_id=_value(fact, "replaces"))


def values_of(fact: Fact, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of the named fields; `task_id` is that of the task it is about."""
    return tuple(_value(fact, name) for name in names)


def _value(fact: Fact, name: str) -> Any:
    if name == "task_id":
        task = getattr(fact, "task", None)
        return None if task is None else task.task_id
    return getattr(fact, name)


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, tuple[T, ...]]:
    """Return the different values of each key, in their order."""
    groups: dict[str, dict[T, None]] = {}
    for key, value in pairs:
        groups.setdefault(key, {})[value] = None
    return MappingProxyType({key: tuple(values) for key, values in groups.items()})


def _thing(row: Mapping[str, Any]) -> Thing:
    return Thing(
        name=row["name"],
        source=row["source"],
        about=row["about"],
        start=row["start"],
        steps=row["steps"],
        next_round=row.get("next_round"),
    )
