"""What the topics say about the cases of a run, folded fact by fact. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from civicloop.demo.generator import Outcome
from civicloop_contracts.facts.department import TaskAcknowledged, TaskCompleted
from civicloop_contracts.facts.feedback import CaseClosed, CaseVerified
from civicloop_contracts.facts.intake import CaseFiled, CaseRejected
from civicloop_contracts.facts.router import TaskDispatched

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from civicloop.audit.records import Sighting
    from civicloop_contracts.fact import Fact

# Milestones of a case, in their order.
MILESTONES: Final = ("filed", "dispatched", "acknowledged", "completed", "verified", "closed")
# So many cases keep their facts, so that one of them can be told hop by hop.
KEPT_CASES: Final = 50
_MILESTONE_OF: Final[dict[type[Fact], str]] = {
    CaseFiled: "filed",
    TaskDispatched: "dispatched",
    TaskAcknowledged: "acknowledged",
    TaskCompleted: "completed",
    CaseVerified: "verified",
    CaseClosed: "closed",
}


@dataclass(slots=True, kw_only=True)
class CaseCard:
    """What is known of one case."""

    facts: int = 0
    reached: set[str] = field(default_factory=set)
    rejected: str | None = None
    closed: str | None = None
    tasks: list[tuple[str, str]] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)

    @property
    def ended(self) -> bool:
        """Whether nothing more has to come."""
        return self.rejected is not None or self.closed is not None


class Board:
    """Every case seen since the run began; a run's own cases are named when asked."""

    def __init__(self) -> None:
        self._cards: dict[UUID, CaseCard] = {}
        self._kept: dict[UUID, list[Sighting]] = {}

    def see(self, sighting: Sighting) -> None:
        """Take a record; repeats change nothing."""
        card = self._cards.setdefault(sighting.case_id, CaseCard())
        mark = (sighting.source, sighting.sequence)
        if mark in card.seen or sighting.fact is None:
            return
        if len(self._kept) < KEPT_CASES or sighting.case_id in self._kept:
            self._kept.setdefault(sighting.case_id, []).append(sighting)
        card.seen.add(mark)
        card.facts += 1
        _fold(card, sighting.fact)

    def card(self, case_id: UUID) -> CaseCard:
        """Return what is known of a case."""
        return self._cards.get(case_id, CaseCard())

    def history(self, case_id: UUID) -> tuple[Sighting, ...]:
        """Return the facts of one of the first cases, none of a later one."""
        return tuple(self._kept.get(case_id, ()))

    def count(self, cases: Collection[UUID]) -> Counter[str]:
        """Return how many of *cases* have reached each milestone, and their facts and tasks."""
        counted: Counter[str] = Counter()
        for case_id in cases:
            card = self.card(case_id)
            counted.update(card.reached)
            counted["facts"] += card.facts
            counted["tasks"] += len(card.tasks)
            counted["ended"] += card.ended
        return counted

    def outcome(self, cases: Collection[UUID]) -> Outcome:
        """Return what came of *cases*."""
        outcome = Outcome()
        for card in map(self.card, cases):
            outcome.filed += "filed" in card.reached
            outcome.rejected.update([card.rejected] if card.rejected else [])
            outcome.closed.update([card.closed] if card.closed else [])
            outcome.tasks.update(card.tasks)
        return outcome


def _fold(card: CaseCard, fact: Fact) -> None:
    if (milestone := _MILESTONE_OF.get(type(fact))) is not None:
        card.reached.add(milestone)
    if isinstance(fact, CaseRejected):
        card.rejected = fact.reason.value
    elif isinstance(fact, TaskDispatched):
        card.tasks.append((fact.department, fact.role.value))
    elif isinstance(fact, CaseClosed):
        card.closed = fact.outcome.value
