"""One case is watched: its own facts, each once, with what matters."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from civicloop.audit.records import TopicRecord
from civicloop.watch_commands import as_line, as_object, new_facts
from civicloop_contracts.envelope import Envelope, headers_of, value_of
from civicloop_contracts.facts.feedback import CaseClosed
from civicloop_contracts.facts.intake import CaseRejected

CASE = UUID("01980000-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TRACE = "ab" * 16


def _record(case_id: UUID = CASE, *, second: int = 0, closed: bool = True) -> TopicRecord:
    known: dict[str, Any] = {
        "case_id": case_id,
        "occurred_at": NOW,
        "recorded_at": NOW + timedelta(seconds=second),
        "cause": "timer:due",
    }
    fact: CaseClosed | CaseRejected = CaseRejected.model_validate(
        known | {"report_id": uuid4(), "channel": "snap", "reason": "unknown_matter"}
    )
    if closed:
        fact = CaseClosed.model_validate(known | {"round": 1, "outcome": "solved"})
    envelope = Envelope(
        source=fact.source,
        type=fact.event_type(),
        case_id=case_id,
        sequence=1,
        traceparent=f"00-{TRACE}-{'cd' * 8}-01",
    )
    return TopicRecord(
        topic="t",
        source=fact.source,
        partition=0,
        offset=0,
        key=str(case_id).encode(),
        headers=headers_of(envelope, NOW),
        value=value_of(fact),
    )


def _names(records: Sequence[TopicRecord], seen: set[tuple[str, int]]) -> list[str]:
    return [type(s.fact).__name__ for s in new_facts(records, CASE, seen)]


def test_only_the_facts_of_the_case_are_shown_and_each_once() -> None:
    """In the order of their writing, whatever the order of the topics."""
    seen: set[tuple[str, int]] = set()
    closed, rejected = _record(second=1), _record(closed=False)
    assert _names([closed, _record(uuid4()), rejected], seen) == ["CaseRejected", "CaseClosed"]
    assert _names([closed], seen) == []


def test_a_line_has_place_fact_essentials_and_trace() -> None:
    """What a person looks for."""
    [sighting] = new_facts([_record()], CASE, set())
    line = as_line(sighting)
    for part in ("/feedback/outcomes #1", "CaseClosed", "outcome=solved", f"trace={TRACE}"):
        assert part in line


def test_an_object_has_the_whole_fact() -> None:
    """For programs."""
    [sighting] = new_facts([_record()], CASE, set())
    found = as_object(sighting)
    assert (found["source"], found["sequence"]) == ("/feedback/outcomes", 1)
    assert found["fact"]["case_id"] == str(CASE)


def test_a_record_that_is_no_fact_is_passed_over() -> None:
    """Poison under the key of the case."""
    record = _record()
    poison = TopicRecord(
        topic="t",
        source=record.source,
        partition=0,
        offset=1,
        key=record.key,
        headers=[],
        value=b"",
    )
    assert new_facts([poison], CASE, set()) == []
