"""The auditor, each damage by itself: it finds it, and names rule, case and source."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from civicloop.audit.records import TopicRecord
from civicloop.audit.snapshot import Job, Receipt
from civicloop_contracts.fact import Fact

if TYPE_CHECKING:
    from tests.unit.civicloop.audit.conftest import World

Make = Callable[..., Fact]
CASE = UUID("01980000-0000-7000-8000-000000000001")
REPORT = UUID("01980000-0000-7000-8000-00000000000a")


def test_a_sound_world_is_clean(world: "World") -> None:
    """Nothing is found where nothing is wrong, also when all must be over."""
    findings = world.audit(ended=True)
    assert findings.violations == []
    assert findings.notes == []
    assert findings.counts == {"facts": 12, "cases": 1, "tasks": 2, "reports": 1, "deliveries": 0}


def test_facts_that_wait_in_the_outbox_are_there(world: "World", make: Make) -> None:
    """What the topic does not have yet is taken from the outbox."""
    world.emit(make("Remarked", writer="feedback"), send=False)
    assert world.lines() == []


def test_a_deleted_outbox_row_is_a_lost_fact(world: "World", make: Make) -> None:
    """A row says that it emitted more than topic and outbox hold."""
    world.emit(make("Remarked", writer="feedback"), send=False)
    world.outbox.clear()
    text = "sequence 5 is neither in the topic nor in the outbox"
    assert world.lines() == [f"A2 {CASE} /feedback/outcomes: {text}"]


def test_a_missing_sequence_number_is_named(world: "World") -> None:
    """A hole in a source is named by its number."""
    del world.records[world.index("TaskAcknowledged")]
    text = "sequence 2 is neither in the topic nor in the outbox"
    assert world.lines() == [f"A2 {CASE} /department/handling: {text}"]


def test_a_hole_at_the_end_is_named(world: "World") -> None:
    """The last fact lost: the row of its room and the inboxes of its readers know of it."""
    del world.records[world.index("CaseHandled")]
    text = "sequence 4 is neither in the topic nor in the outbox"
    assert f"A2 {CASE} /router/tasks: {text}" in world.lines()


def test_swapped_sequence_numbers_are_out_of_order(world: "World") -> None:
    """A first occurrence after a higher one."""
    one, two = world.index("TaskDelivered"), world.index("TaskAcknowledged")
    world.records[one], world.records[two] = world.records[two], world.records[one]
    text = "sequence 1 came first after 2"
    assert world.lines() == [f"A5 {CASE} /department/handling: {text}"]


@pytest.mark.parametrize("place", ["next to it", "at the end"])
def test_a_doubled_record_is_noted(world: "World", place: str) -> None:
    """A relay may send again after a crash: no violation, but it is named and counted."""
    at = world.index("TaskCompleted")
    world.records.insert(at + 1 if place == "next to it" else 99, world.records[at])
    findings = world.audit()
    assert findings.violations == []
    assert findings.counts["repeats"] == 1
    text = "sequence 3 is there again, the same"
    assert [note.line for note in findings.notes] == [
        f"note: repeats: {CASE} /department/handling: {text}"
    ]
    assert findings.as_json()["repeats"][0]["case"] == str(CASE)


def test_another_content_under_a_known_number_is_a_violation(
    world: "World", other_value: Callable[[TopicRecord], TopicRecord]
) -> None:
    """A repeat must be the same."""
    world.records.append(other_value(world.records[world.index("TaskCompleted")]))
    text = "sequence 3 came again with another content"
    assert world.lines() == [f"A5 {CASE} /department/handling: {text}"]


def test_a_changed_record_breaks_the_digest(
    world: "World", other_value: Callable[[TopicRecord], TopicRecord]
) -> None:
    """A fact that was changed on its way is not what its room emitted and others applied."""
    at = world.index("CaseClosed")
    world.records[at] = other_value(world.records[at])
    lines = world.lines()
    text = "the facts up to sequence 4 do not give the digest of what was emitted"
    assert f"A2 {CASE} /feedback/outcomes: {text}" in lines
    text = "router applied another content under sequence 4"
    assert f"A3 {CASE} /feedback/outcomes: {text}" in lines


def test_a_forged_fact_stays_uncovered(
    world: "World", make: Make, record: Callable[[Fact, int, int], TopicRecord]
) -> None:
    """A fact above what a room says it emitted, also when its row is read once more."""
    forged = make("SatisfactionRecorded")
    world.records.append(record(forged, 5, 99))
    text = "sequences 5 to 5 are in the topic, and nobody emitted them"
    assert world.lines() == [f"A2 {CASE} /feedback/outcomes: {text}"]


def test_a_forged_fact_of_an_unknown_case_stays_uncovered(
    world: "World", make: Make, record: Callable[[Fact, int, int], TopicRecord]
) -> None:
    """A case that no room knows."""
    unknown = uuid4()
    forged = make("CaseFiled", case_id=unknown, report_id=uuid4())
    world.records.append(record(forged, 1, 99))
    text = "sequences 1 to 1 are in the topic, and nobody emitted them"
    assert world.lines() == [f"A2 {unknown} /intake/cases: {text}"]


def test_facts_younger_than_the_snapshot_are_covered_by_the_row_read_again(
    world: "World", make: Make
) -> None:
    """A stack that works while it is audited is not at fault."""
    world.emit(make("SatisfactionRecorded"), known=False)
    assert world.lines() == []


def test_a_younger_fact_that_differs_from_what_was_emitted_is_found(
    world: "World", make: Make, other_value: Callable[[TopicRecord], TopicRecord]
) -> None:
    """Covered means: the same."""
    world.emit(make("SatisfactionRecorded"), known=False)
    world.records[-1] = other_value(world.records[-1])
    text = "the facts up to sequence 5 do not give the digest of what was emitted"
    assert world.lines() == [f"A2 {CASE} /feedback/outcomes: {text}"]


def test_a_record_under_another_key_is_a_violation(world: "World") -> None:
    """Order per case needs the case as key."""
    world.records[0] = replace(world.records[0], key=b"another")
    assert world.lines() == [
        f"A5 {CASE} /intake/cases: intake.cases[0]@0 has another key than its case"
    ]


def test_a_record_that_is_no_fact_is_noted(world: "World") -> None:
    """Poison is not ours: rooms put it aside, the auditor says where it lies."""
    world.records.append(replace(world.records[0], headers=[("ce_id", b"\xff")], offset=77))
    findings = world.audit()
    assert findings.clean
    assert [note.place for note in findings.notes] == ["intake.cases[0]@77"]


def test_a_fact_that_does_not_fit_its_schema_is_a_violation(world: "World") -> None:
    """What a room emits is what its contract says."""
    at = world.index("CaseFiled")
    world.records[at] = replace(world.records[at], value=b"{}")
    assert any(line.startswith(f"A4 {CASE} /intake/cases: sequence 1") for line in world.lines())


def test_a_reader_that_is_ahead_of_the_topic_has_applied_a_lost_fact(world: "World") -> None:
    """Kafka lost what was confirmed."""
    world.inbox["router"]["/feedback/outcomes"] = (9, "")
    text = "router applied sequence 9, which the topic does not hold"
    assert world.lines() == [f"A3 {CASE} /feedback/outcomes: {text}"]


def test_a_reader_that_is_behind_is_wrong_only_when_all_must_be_over(world: "World") -> None:
    """Lag is no loss."""
    world.inbox["router"]["/feedback/outcomes"] = (3, "")
    assert world.lines() == []
    assert world.lines(ended=True) == [
        f"A3 {CASE} /feedback/outcomes: router has read 3 of 4 facts"
    ]


def test_a_receipt_without_a_case_is_a_lost_report(world: "World") -> None:
    """Whoever got a 2xx finds the report in a case."""
    lost = uuid4()
    world.receipts.append(Receipt(case_id=CASE, report_id=lost))
    text = f"report {lost} has a receipt and is in no case"
    assert world.lines() == [f"A1 {CASE} /intake/cases: {text}"]


def test_a_timer_may_be_late_for_five_minutes(world: "World") -> None:
    """A state that is not ended is fine unless its timer is overdue."""
    at = world.snapshots()[0].at
    world.timers["feedback"] = at - timedelta(minutes=5)
    assert world.lines() == []
    world.timers["feedback"] = at - timedelta(minutes=5, seconds=1)
    assert world.lines() == [f"A4 {CASE} feedback: its timer was due at 2026-03-02T01:54:59+00:00"]


def test_a_job_that_waits_holds_back_its_lane(world: "World") -> None:
    """Only a lane of which every job is overdue stands still."""
    at = world.snapshots()[0].at
    late = Job(
        job_id="1",
        lane=CASE,
        case_id=CASE,
        due_at=at - timedelta(hours=1),
        claim_expires_at=None,
    )
    world.jobs = [late, replace(late, job_id="2", due_at=None)]
    assert world.lines() == []
    world.jobs = [late]
    assert world.lines()[0].startswith(f"A4 {CASE} department-adapter: job 1 was due at")


def _journal_line(event: str, delivery: str) -> str:
    return f'{{"event": "{event}", "department": "water", "delivery_id": "{delivery}"}}'


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (["received", "received", "applied"], None),
        (["received", "ignored"], None),
        (["received"], "was received and never applied"),
        (["received", "applied", "received", "applied"], "was applied 2 times"),
    ],
)
def test_a_delivery_is_received_at_least_once_and_applied_once(
    world: "World", make: Make, events: list[str], text: str | None
) -> None:
    """The department's own journal decides."""
    delivery: Any = make("TaskDelivered")
    lines = [_journal_line(event, delivery.delivery_id) for event in events]
    found = [v.text for v in world.audit(journal=lines).violations]
    assert found == ([] if text is None else [f"{delivery.delivery_id} {text}"])


def test_a_delivery_that_its_department_never_got_is_found(world: "World", make: Make) -> None:
    """The adapter says delivered, the department's journal knows nothing."""
    delivery: Any = make("TaskDelivered")
    text = f"{delivery.delivery_id} was delivered and is in no department's journal"
    lines = [_journal_line("received", "another"), _journal_line("applied", "another")]
    assert [v.text for v in world.audit(journal=lines).violations] == [text]
