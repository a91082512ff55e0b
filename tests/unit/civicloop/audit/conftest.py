"""A small world of rooms that did everything right, for tests that damage it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import pytest

from civicloop.audit.core import Audit
from civicloop.audit.findings import Findings
from civicloop.audit.records import TopicRecord
from civicloop.audit.snapshot import CaseRow, Job, OutboxRow, Receipt, Snapshot
from civicloop_contracts import facts
from civicloop_contracts.envelope import Envelope, headers_of, value_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.parts import TaskRef
from civicloop_contracts.topics import load_topics
from civicloop_kit.numbering import chain

CASE = UUID("01980000-0000-7000-8000-000000000001")
REPORT = UUID("01980000-0000-7000-8000-00000000000a")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TOPICS = {t.source: t for t in load_topics() if t.carries_facts and t.source}
READERS = {source: tuple(map(str, t.consumers)) for source, t in TOPICS.items()}
SOURCE_OF = {str(t.producer): source for source, t in TOPICS.items()}

Told = tuple[str, Fact]


def task_ref(number: int = 1, attempt: int = 1) -> TaskRef:
    """Return a task of the case."""
    return TaskRef(task_id=uuid5(CASE, f"{number}/{attempt}"), task_no=number, attempt=attempt)


def make_fact(name: str, **values: Any) -> Fact:
    """Return a fact by name, filled in as far as a test does not care."""
    model = next(fact for fact in facts.FACTS if fact.__name__ == name)
    matter = {"standard_ref": "demo", "kind": "matter", "code": "00001"}
    place = {"division": "410105001", "precision": "coarse"}
    known: dict[str, Any] = {
        "case_id": CASE,
        "occurred_at": NOW,
        "recorded_at": NOW,
        "cause": "timer:test",
        "report_id": REPORT,
        "channel": "patrol",
        "reason": "unknown_matter",
        "matter": matter,
        "place": place,
        "task": task_ref(),
        "department": "water",
        "role": "lead",
        "required": True,
        "round": 1,
        "tier": "city",
        "response_due_at": NOW,
        "resolution_due_at": NOW,
        "provisional": False,
        "return_until": NOW,
        "catalog_version": "1",
        "calendar_version": "1",
        "delivery_id": f"{task_ref().task_id}/dispatch/1",
        "attempts": 1,
        "handler": "0" * 16,
        "verifier": "1" * 16,
        "result": "done",
        "progress": "on_site",
        "verify_by": NOW,
        "outcome": "solved",
        "solved": True,
        "writer": "router",
        "code": "late_answer",
    }
    wanted = {key: known[key] for key in model.model_fields if key in known}
    return model.model_validate(wanted | values)


def source_of(fact: Fact) -> str:
    """Return the topic's source that a fact belongs to."""
    return type(fact).source or SOURCE_OF[fact.writer]  # type: ignore[attr-defined]


def whole_life() -> list[Fact]:
    """Return a case from filing to closing: one lead, one assistant that is not needed."""
    assist = task_ref(2)
    names: list[tuple[str, dict[str, Any]]] = [
        ("CaseFiled", {}),
        ("TaskDispatched", {}),
        ("TaskDispatched", {"task": assist, "required": False, "role": "assist"}),
        ("TaskDelivered", {}),
        ("TaskAcknowledged", {}),
        ("TaskCompleted", {}),
        ("TaskCancelled", {"task": assist, "reason": "case_handled"}),
        ("CaseHandled", {}),
        ("VerificationRequested", {}),
        ("CaseVerified", {}),
        ("SatisfactionRecorded", {}),
        ("CaseClosed", {}),
    ]
    return [make_fact(name, **values) for name, values in names]


@dataclass
class World:
    """What the databases and the topics hold; a test changes a list and asks for the audit."""

    facts: list[Fact]
    records: list[TopicRecord] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    emitted: dict[str, dict[UUID, tuple[int, str]]] = field(default_factory=dict)
    inbox: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    now_emitted: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fact in self.facts:
            self.emit(fact)
        self.receipts = [Receipt(case_id=CASE, report_id=REPORT)]

    def emit(self, fact: Fact, *, send: bool = True, known: bool = True) -> None:
        """Let the fact's room emit it: to its row (if *known*), and to the topic or the outbox."""
        source, value = source_of(fact), value_of(fact)
        marks = self.emitted.setdefault(source, {}) if known else {}
        before = self.emitted[source].get(fact.case_id, (0, ""))
        sequence = before[0] + 1
        mark = (sequence, chain(before[1], fact.event_type(), value))
        marks[fact.case_id] = mark
        self.now_emitted[source] = mark
        if send:
            self.records.append(record_of(fact, sequence, len(self.records)))
            for reader in READERS[source] if known else ():
                at = (sequence, sha256(value).hexdigest())
                self.inbox.setdefault(reader, {})[source] = at
        else:
            row = OutboxRow(
                source=source,
                case_id=fact.case_id,
                sequence=sequence,
                type=fact.event_type(),
                value=value,
            )
            self.outbox.append(row)

    def index(self, name: str) -> int:
        """Return which record holds the last fact of that name."""
        wanted = make_type(name)
        found = [i for i, r in enumerate(self.records) if dict(r.headers)["ce_type"] == wanted]
        return found[-1]

    def snapshots(self) -> list[Snapshot]:
        """Return what each database holds."""
        return [self._snapshot(service, source) for service, source in SOURCE_OF.items()]

    def audit(self, *, ended: bool = False, journal: list[str] | None = None) -> Findings:
        """Return what the auditor finds."""
        audit = Audit(READERS, must_be_ended=ended)
        audit.read_journal(journal or [])
        for snapshot in self.snapshots():
            audit.take(snapshot)
        for record in self.records:
            audit.see(record)
        if audit.settle():
            audit.cover(
                CaseRow(case_id=CASE, inbox={}, emitted={source: mark})
                for source, mark in self.now_emitted.items()
            )
        return audit.close()

    def lines(self, **options: Any) -> list[str]:
        """Return the violations as they are printed."""
        return [violation.line for violation in self.audit(**options).violations]

    def _snapshot(self, service: str, source: str) -> Snapshot:
        marks = self.emitted.get(source, {})
        inbox = self.inbox.get(service, {})
        return Snapshot(
            service=service,
            at=NOW,
            rows=[
                CaseRow(
                    case_id=case,
                    inbox=inbox if case == CASE else {},
                    emitted={source: marks[case]} if case in marks else {},
                    timer_at=self.timers.get(service),
                )
                for case in {CASE, *marks}
            ],
            outbox=[row for row in self.outbox if row.source == source],
            receipts=self.receipts if service == "intake" else [],
            jobs=self.jobs if service == "department-adapter" else [],
        )


def make_type(name: str) -> bytes:
    """Return the event type of a fact's name, as a header holds it."""
    return next(f.event_type() for f in facts.FACTS if f.__name__ == name).encode()


def record_of(fact: Fact, sequence: int, offset: int) -> TopicRecord:
    """Return a fact as a topic holds it."""
    source = source_of(fact)
    envelope = Envelope(
        source=source,
        type=fact.event_type(),
        case_id=fact.case_id,
        sequence=sequence,
        traceparent=None,
    )
    return TopicRecord(
        topic=TOPICS[source].name,
        source=source,
        partition=0,
        offset=offset,
        key=str(fact.case_id).encode(),
        headers=headers_of(envelope, NOW),
        value=value_of(fact),
    )


@pytest.fixture
def make() -> Callable[..., Fact]:
    """Make a fact by name."""
    return make_fact


@pytest.fixture
def record() -> Callable[[Fact, int, int], TopicRecord]:
    """Make a record of a fact, its sequence and offset."""
    return record_of


@pytest.fixture
def task() -> Callable[..., TaskRef]:
    """Return a task by number and attempt."""
    return task_ref


@pytest.fixture
def world() -> World:
    """One case that was closed, everything sent and read."""
    return World(whole_life())


@pytest.fixture
def world_of() -> Callable[[list[Fact]], World]:
    """Make a world of some facts."""
    return World


@pytest.fixture
def other_value() -> Callable[[TopicRecord], TopicRecord]:
    """Change the content of a record, so that it still fits its schema."""

    def changed(record: TopicRecord) -> TopicRecord:
        later = (NOW + timedelta(seconds=1)).isoformat().replace("+00:00", "Z").encode()
        return replace(record, value=record.value.replace(b"2026-03-02T02:00:00Z", later, 1))

    return changed
