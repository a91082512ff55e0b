"""The auditor on the real broker and databases: clean after real work, and it finds each damage."""

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID, uuid4

import psycopg
import pytest
from confluent_kafka import Producer

from civicloop.audit.findings import Findings
from civicloop.audit.records import TopicRecord
from civicloop.audit.run import Evidence, run_audit
from civicloop.topics import TopicReader
from civicloop_contracts.envelope import Envelope, headers_of, value_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.department import TaskCompleted
from civicloop_contracts.facts.feedback import CaseClosed
from civicloop_local.credentials import AUDITOR_ROLE
from civicloop_local.services import SERVICES

from .city import City
from .reports import LEAD, all_closed, submit_many

CASES = 5


@pytest.fixture(scope="module")
def cases(city: City) -> list[str]:
    """Some cases, all closed."""
    city.simulate(LEAD)
    with city.client("intake", "channel") as client:
        ids = submit_many(client, CASES)
    all_closed(city, ids)
    return ids


@pytest.fixture(scope="module")
def evidence(city: City) -> Evidence:
    """Everything that the auditor may read."""
    databases = city.backends.databases
    return Evidence(
        databases={
            s.name: databases.url(s.database, role=AUDITOR_ROLE, prefix=city.prefix)
            for s in SERVICES
        },
        kafka=city.backends.admin_settings,
        prefix=city.prefix,
        journals=(city.folder / "journal.jsonl",),
    )


def _lines(findings: Findings, case_id: str) -> list[str]:
    return [v.line for v in findings.violations if v.case == case_id]


def _records(evidence: Evidence, case_id: str) -> Iterator[TopicRecord]:
    with closing(TopicReader(evidence.kafka, evidence.prefix)) as reader:
        for record in reader.read_until(reader.offsets()):
            if record.key == case_id.encode():
                yield record


def _send(city: City, record: TopicRecord) -> None:
    producer = Producer({**city.backends.admin_settings, "acks": "all"})
    producer.produce(
        record.topic,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
        partition=record.partition,
    )
    assert producer.flush(20) == 0


def _forge(city: City, like: TopicRecord, fact: Fact, sequence: int) -> None:
    envelope = Envelope(
        source=like.source,
        type=fact.event_type(),
        case_id=fact.case_id,
        sequence=sequence,
        traceparent=None,
    )
    headers = headers_of(envelope, fact.recorded_at)
    forged = TopicRecord(
        topic=like.topic,
        source=like.source,
        partition=like.partition,
        offset=0,
        key=str(fact.case_id).encode(),
        headers=headers,
        value=value_of(fact),
    )
    _send(city, forged)


def test_real_work_is_clean(city: City, cases: list[str], evidence: Evidence) -> None:
    """After real reports, departments and verifiers nothing is found and all was looked at."""
    findings = run_audit(evidence)
    assert findings.violations == []
    assert findings.counts["cases"] == CASES
    assert findings.counts["reports"] == CASES
    assert findings.counts["deliveries"] == CASES
    assert findings.counts["facts"] == len(city.facts())
    assert cases


def test_a_doubled_record_is_named(city: City, cases: list[str], evidence: Evidence) -> None:
    """As a note with case, source and sequence: at least once is what a topic promises."""
    last = [r for r in _records(evidence, cases[0]) if r.source == "/feedback/outcomes"][-1]
    _send(city, last)
    findings = run_audit(evidence)
    assert _lines(findings, cases[0]) == []
    notes = [note.line for note in findings.notes if note.case == cases[0]]
    assert notes == [
        f"note: repeats: {cases[0]} /feedback/outcomes: sequence 3 is there again, the same"
    ]


def test_a_forged_fact_is_named(city: City, cases: list[str], evidence: Evidence) -> None:
    """A fact that no room emitted, and the step that it pretends."""
    closing_fact = next(
        fact
        for _, fact in city.facts()
        if isinstance(fact, CaseClosed) and str(fact.case_id) == cases[1]
    )
    like = [r for r in _records(evidence, cases[1]) if r.source == "/feedback/outcomes"][-1]
    _forge(city, like, closing_fact, 4)
    lines = _lines(run_audit(evidence), cases[1])
    uncovered = "sequences 4 to 4 are in the topic, and nobody emitted them"
    step = "CaseClosed is no step of the feedback case: it is closed"
    assert f"A2 {cases[1]} /feedback/outcomes: {uncovered}" in lines
    assert f"A4 {cases[1]} /feedback/outcomes: {step}" in lines


def test_a_skipped_number_is_named(city: City, cases: list[str], evidence: Evidence) -> None:
    """The number that nobody has."""
    done = next(
        fact
        for _, fact in city.facts()
        if isinstance(fact, TaskCompleted) and str(fact.case_id) == cases[2]
    )
    like = [r for r in _records(evidence, cases[2]) if r.source == "/department/handling"]
    _forge(city, like[-1], done, len(like) + 2)
    text = f"sequence {len(like) + 1} is neither in the topic nor in the outbox"
    assert f"A2 {cases[2]} /department/handling: {text}" in _lines(run_audit(evidence), cases[2])


def test_a_row_that_claims_more_than_it_sent_is_named(
    city: City, cases: list[str], evidence: Evidence
) -> None:
    """As if an outbox row had been deleted before it was sent."""
    url = city.backends.databases.url("router", prefix=city.prefix)
    claim = '{"/router/tasks": [99, "00"]}'
    change = "UPDATE case_rows SET emitted = %s::jsonb WHERE case_id = %s"
    with psycopg.connect(url) as connection:
        connection.execute(change, (claim, UUID(cases[3])))
    text = "sequence 99 is neither in the topic nor in the outbox"
    assert f"A2 {cases[3]} /router/tasks: {text}" in _lines(run_audit(evidence), cases[3])


def test_a_receipt_for_a_report_that_is_nowhere_is_named(
    city: City, cases: list[str], evidence: Evidence
) -> None:
    """As if a 2xx had been given without a case."""
    url = city.backends.databases.url("intake", prefix=city.prefix)
    lost = uuid4()
    change = "UPDATE idempotency SET reply = reply || %s::jsonb WHERE case_id = %s"
    with psycopg.connect(url) as connection:
        connection.execute(change, (f'{{"report_id": "{lost}"}}', UUID(cases[4])))
    text = f"report {lost} has a receipt and is in no case"
    assert _lines(run_audit(evidence), cases[4]) == [f"A1 {cases[4]} /intake/cases: {text}"]
