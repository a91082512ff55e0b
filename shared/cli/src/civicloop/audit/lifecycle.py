"""The steps of one case and its tasks, folded from the facts of all sources (A4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civicloop.audit.findings import Rule
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched, TaskReassigned
from civicloop_contracts.transitions import (
    TASK,
    WITHOUT_STEP,
    load_transitions,
    moves_of,
    step_names,
    values_of,
)

if TYPE_CHECKING:
    from uuid import UUID

    from civicloop.audit.findings import Findings
    from civicloop_contracts.fact import Fact
    from civicloop_contracts.transitions import Thing

# A condition: which facts fulfil it, and with which values.
Condition = tuple[tuple[str, ...], tuple[str, ...], tuple[Any, ...]]


@dataclass(slots=True, kw_only=True)
class Lifecycle:
    """Where a case stands. Across sources nothing is assumed about order.

    ``owed`` are the conditions that facts have raised and none has fulfilled so far.
    """

    case_id: UUID
    states: dict[tuple[str, UUID | None], str] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    told: set[tuple[str, tuple[str, ...], tuple[Any, ...]]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    owed: dict[Condition, tuple[str, str]] = field(default_factory=dict)
    # Per task number that the case needs, its newest attempt; and every task not taken back.
    newest: dict[int, tuple[int, UUID]] = field(default_factory=dict)
    given: set[UUID] = field(default_factory=set)

    def fold(self, fact: Fact, source: str, findings: Findings, *, settled: bool) -> None:
        """Take the next fact of a source.

        ``settled``: it was written before the audit began, so everything that it needs must be in
        the topics; what a younger one needs may not have been read yet.
        """
        for thing in load_transitions().things_of.get(source, ()):
            self._move(fact, thing, findings)
        names = step_names(fact)
        self._tell(fact, names)
        if settled:
            self._owe_needs(fact, names, source)
            self._owe_work(names, source)
        self._keep_tasks(fact)

    def close(self, findings: Findings, *, must_be_ended: bool) -> None:
        """Report what stayed owed and, when asked to, a case without an end."""
        for condition, (source, name) in self.owed.items():
            if not self._is_met(condition):
                text = f"{name} without {_words(condition)}"
                findings.violate(Rule.STEPS, self.case_id, source, text)
        ends = load_transitions().ends
        for end, beside in ends.items():
            others = self.names - {end, WITHOUT_STEP}
            if end in self.names and beside is not None and others - beside:
                text = f"{end}, and yet {', '.join(sorted(others - beside))}"
                findings.violate(Rule.STEPS, self.case_id, "-", text)
        if must_be_ended and not self.ended:
            findings.violate(Rule.STEPS, self.case_id, "-", "this round of the case has no end")

    @property
    def ended(self) -> bool:
        """Whether its present round is closed, or it was rejected."""
        return (
            self.states.get(("feedback case", None)) == "closed"
            or self.states.get(("intake case", None)) == "rejected"
        )

    @property
    def tasks(self) -> int:
        """How many tasks were given out."""
        return sum(1 for thing, _ in self.states if thing == "router task")

    def _move(self, fact: Fact, thing: Thing, findings: Findings) -> None:
        name = type(fact).__name__
        for move in moves_of(fact, thing):
            key = (thing.name, move.task_id)
            before = self.states.get(key, thing.start)
            after = thing.after(move.step, before)
            if after is None:
                about = f" of task {move.task_id}" if move.task_id else ""
                text = f"{name}{about} is no step of the {thing.name}: it is {before}"
                findings.violate(Rule.STEPS, self.case_id, thing.source, text)
                continue
            self.states[key] = after
        if thing.next_round and (stated := getattr(fact, "round", None)) is not None:
            present = self.rounds.get(thing.name, 1) + (name == thing.next_round)
            self.rounds[thing.name] = present
            if stated != present:
                text = f"{name} of round {stated} in round {present}"
                findings.violate(Rule.STEPS, self.case_id, thing.source, text)

    def _tell(self, fact: Fact, names: tuple[str, ...]) -> None:
        self.names.add(names[-1])
        needed_by = load_transitions().needed_by
        for name in names:
            for same in needed_by.get(name, ()):
                self.told.add((name, same, values_of(fact, same)))

    def _owe_needs(self, fact: Fact, names: tuple[str, ...], source: str) -> None:
        needs_of = load_transitions().needs_of
        for name in names:
            for need in needs_of.get(name, ()):
                self._owe((need.of, need.same, values_of(fact, need.same)), source, names[-1])

    def _owe_work(self, names: tuple[str, ...], source: str) -> None:
        """When a case is handled, nobody works on it any more."""
        handled = load_transitions().handled
        if handled.fact not in names:
            return
        for task_id in self.given:
            self._owe((handled.done, TASK, (task_id,)), source, names[0])
        if handled.solved in names:
            for _, task_id in self.newest.values():
                self._owe(((handled.required,), TASK, (task_id,)), source, names[0])

    def _owe(self, condition: Condition, source: str, name: str) -> None:
        if not self._is_met(condition):
            self.owed.setdefault(condition, (source, name))

    def _is_met(self, condition: Condition) -> bool:
        of, same, values = condition
        return any((name, same, values) in self.told for name in of)

    def _keep_tasks(self, fact: Fact) -> None:
        if isinstance(fact, TaskReassigned):
            self.given.discard(fact.replaces)
        if isinstance(fact, TaskDispatched):
            task = fact.task
            self.given.add(task.task_id)
            known = self.newest.get(task.task_no, (0, task.task_id))
            if fact.required and known[0] < task.attempt:
                self.newest[task.task_no] = (task.attempt, task.task_id)
        elif isinstance(fact, TaskCancelled):
            self.given.discard(fact.task.task_id)


def _words(condition: Condition) -> str:
    of, same, values = condition
    with_values = "".join(
        f" {name} {value}" for name, value in zip(same, values, strict=True) if value is not None
    )
    return " or ".join(of) + with_values
