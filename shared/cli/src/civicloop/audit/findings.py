"""What an audit finds, and how it is told: one line per violation, each with its rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID


class Rule(StrEnum):
    """The invariants, by the names that the design gives them."""

    RECEIPTS = "A1"  # each receipt is one report in exactly one case
    DIGESTS = "A2"  # what a room says it emitted is what the topic holds
    JOURNALS = "A3"  # each delivery at least once, each effect once
    STEPS = "A4"  # no illegal step, one end per round, no overdue timer
    ORDER = "A5"  # 1, 2, 3 per case and source


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Violation:
    """One broken invariant; ``place`` is a source, a service or a file."""

    rule: Rule
    case: str
    place: str
    text: str

    @property
    def line(self) -> str:
        """The violation as it is printed."""
        return f"{self.rule} {self.case} {self.place}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """Something that is allowed and worth knowing; ``kind`` groups them."""

    kind: str
    case: str
    place: str
    text: str

    @property
    def line(self) -> str:
        """The note as it is printed."""
        return f"note: {self.kind}: {self.case} {self.place}: {self.text}"


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything that one audit found and how much it looked at."""

    violations: list[Violation] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether no invariant is broken."""
        return not self.violations

    def violate(self, rule: Rule, case: UUID | None, place: str, text: str) -> None:
        """Add a violation."""
        self.violations.append(Violation(rule=rule, case=_case(case), place=place, text=text))

    def note(self, kind: str, case: UUID | None, place: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, case=_case(case), place=place, text=text))

    @property
    def summary(self) -> str:
        """The last line."""
        looked = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        verdict = "clean" if self.clean else f"{len(self.violations)} violations"
        return f"audit: {verdict} ({looked or 'nothing to look at'})"

    def as_json(self) -> dict[str, Any]:
        """Return the audit for a program."""
        kinds: dict[str, list[dict[str, str]]] = {}
        for note in sorted(self.notes):
            kinds.setdefault(note.kind, []).append(asdict(note))
        return {
            "clean": self.clean,
            "violations": [asdict(violation) for violation in sorted(self.violations)],
            "repeats": kinds.pop("repeats", []),
            "notes": kinds,
            "counts": dict(self.counts),
        }


def _case(case: UUID | None) -> str:
    return "-" if case is None else str(case)
