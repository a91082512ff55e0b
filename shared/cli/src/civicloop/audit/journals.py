"""Journals of those outside: departments (A3) and clients (A1). JSON lines, read as they come."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from civicloop.audit.findings import Rule
from civicloop_contracts.facts.department import TaskDelivered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from civicloop.audit.findings import Findings
    from civicloop_contracts.fact import Fact

OUTCOMES: Final = frozenset({"ok", "fail", "unknown"})
# Events of a department's journal, as the simulator writes it.
RECEIVED: Final = "received"
APPLIED: Final = "applied"
IGNORED: Final = "ignored"


class JournalError(ValueError):
    """A line is not what this kind of journal holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client knows of one request; without an answer it knows no report."""

    file: str
    line: int
    key: str
    outcome: str
    report_id: UUID | None
    case_id: UUID | None


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """What departments wrote down, and what the adapter says that it delivered to them.

    A journal has to cover everything that its departments were ever sent, unless ``only`` names
    the cases that it covers. Imported histories are delivered to nobody.
    """

    only: frozenset[UUID] | None = None
    departments: set[str] = field(default_factory=set)
    events: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    told: dict[str, UUID] = field(default_factory=dict)

    def read(self, lines: Iterable[str]) -> None:
        """Take one journal. A line that a crash cut off was never answered: it is passed over.

        Raises:
            JournalError: It has lines, and none of them is a department's.
        """
        passed_over = taken = 0
        for line in lines:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                entry = None
            if not isinstance(entry, dict) or "event" not in entry:
                passed_over += 1
                continue
            taken += 1
            if entry["event"] in (RECEIVED, APPLIED, IGNORED):
                self.departments.add(entry["department"])
                self.events[entry["delivery_id"]][entry["event"]] += 1
        if passed_over and not taken:
            message = "a journal without a line of a department: name the file that it writes"
            raise JournalError(message)

    def fold(self, fact: Fact) -> None:
        """Take a fact: what was delivered to a department whose journal we have."""
        if not isinstance(fact, TaskDelivered) or fact.replay is not None:
            return
        covered = self.only is None or fact.case_id in self.only
        if covered and fact.department in self.departments:
            self.told[fact.delivery_id] = fact.case_id

    def close(self, findings: Findings) -> None:
        """Report deliveries that nobody got, and those that had another effect than one."""
        for delivery, case_id in self.told.items():
            events = self.events.get(delivery)
            if not events:
                text = f"{delivery} was delivered and is in no department's journal"
                findings.violate(Rule.JOURNALS, case_id, "/department/handling", text)
            elif not events[APPLIED] and not events[IGNORED]:
                text = f"{delivery} was received and never applied"
                findings.violate(Rule.JOURNALS, case_id, "journal", text)
        for delivery, events in self.events.items():
            if events[APPLIED] > 1:
                text = f"{delivery} was applied {events[APPLIED]} times"
                findings.violate(Rule.JOURNALS, self.told.get(delivery), "journal", text)
        findings.counts["deliveries"] += len(self.told)


def read_answers(file: str, lines: Iterable[str]) -> Iterator[Answer]:
    """Yield the lines of a client's journal.

    Raises:
        JournalError: A line does not fit.
    """
    for number, entry in _entries(file, lines):
        if "key" not in entry or entry.get("outcome") not in OUTCOMES:
            raise JournalError(f"{file}, line {number}: needs key and outcome ok, fail or unknown")
        report_id = _uuid(entry.get("report_id"), file, number)
        if entry["outcome"] == "ok" and report_id is None:
            raise JournalError(f"{file}, line {number}: an ok needs its report_id")
        yield Answer(
            file=file,
            line=number,
            key=str(entry["key"]),
            outcome=entry["outcome"],
            report_id=report_id,
            case_id=_uuid(entry.get("case_id"), file, number),
        )


def _entries(file: str, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise JournalError(f"{file}, line {number}: not JSON") from error
        if not isinstance(entry, dict):
            raise JournalError(f"{file}, line {number}: not a JSON object")
        yield number, entry


def _uuid(value: object, file: str, number: int) -> UUID | None:
    try:
        return None if value is None else UUID(str(value))
    except ValueError as error:
        raise JournalError(f"{file}, line {number}: {value!r} is no UUID") from error
