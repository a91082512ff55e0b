"""Between the contracts and this room's words."""

from typing import Any

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import CASE_ID, CAUSE, VERIFIER, at

from civicloop_contracts import codes
from civicloop_contracts.codes import CaseStatus
from civicloop_contracts.envelope import Envelope, read_fact, value_of
from civicloop_contracts.facts import feedback, remark
from civicloop_kit.room import Stamp
from feedback import wire
from feedback.domain import own_facts as own
from feedback.domain import parts
from feedback.domain.commands import RecordSatisfaction, VerifyCase

STAMP = Stamp(case_id=CASE_ID, recorded_at=at(5), cause=CAUSE, replay=None)
OWN = {
    own.VerificationRequested(occurred_at=at(4), round=2, verify_by=at(52)): (
        feedback.VerificationRequested
    ),
    own.VerificationOverdue(occurred_at=at(4), round=1, verify_by=at(52)): remark.Remarked,
    own.CaseVerified(
        occurred_at=at(4), round=1, verifier=VERIFIER, call_back_until=at(9)
    ): feedback.CaseVerified,
    own.ReworkRequested(
        occurred_at=at(4),
        round=1,
        tasks=(1, 3),
        reason=parts.ReworkReason.NOT_SOLVED,
    ): feedback.ReworkRequested,
    own.SatisfactionRecorded(
        occurred_at=at(4), round=1, solved=True, satisfied=None
    ): feedback.SatisfactionRecorded,
    own.CaseClosed(occurred_at=at(4), round=1, outcome=parts.Outcome.MERGED): feedback.CaseClosed,
    own.CaseReopened(occurred_at=at(4), round=2): feedback.CaseReopened,
    own.Remarked(occurred_at=at(4), round=1, code=parts.RemarkCode.CASE_ENDED): remark.Remarked,
}


@pytest.mark.parametrize("own", OWN, ids=lambda own: type(own).__name__)
def test_an_own_fact_survives_the_topic(own: own.OwnFact) -> None:
    """Others read from the topic what was written."""
    written = wire.to_contract(own, STAMP)
    envelope = Envelope(
        source="/feedback/outcomes",
        type=written.event_type(),
        case_id=CASE_ID,
        sequence=1,
        traceparent=None,
    )
    assert type(written) is OWN[own]
    assert read_fact(envelope, value_of(written)) == written
    assert (written.occurred_at, written.recorded_at) == (at(4), at(5))


def test_every_own_fact_has_a_writer() -> None:
    """No decision can meet a fact that cannot be written."""
    declared = {kind.__name__ for kind in own.OwnFact.__subclasses__()}
    assert {type(own).__name__ for own in OWN} == declared


@pytest.mark.parametrize(
    ("own", "contract"),
    [
        (parts.Outcome, codes.Outcome),
        (parts.TaskRole, codes.TaskRole),
        (parts.ReworkReason, codes.ReworkReason),
        (parts.Tier, codes.Tier),
    ],
)
def test_codes_are_those_of_the_contracts(own: type, contract: type) -> None:
    """The room knows every member of the lists that it reads."""
    assert {member.value for member in own} == {member.value for member in contract}  # type: ignore[attr-defined]


def test_a_snapshot_tells_what_is_public(handled_bench: Bench, story: Story) -> None:
    """Matter, place as filed, lead and deadline; nobody's name or words."""
    filed = story.filed()
    snapshot = handled_bench.snapshot()
    assert snapshot.matter == filed.matter
    assert snapshot.place == filed.place
    assert (snapshot.lead, snapshot.due_at) == ("urban-management", at(8))
    assert (snapshot.opened_at, snapshot.closed_at, snapshot.outcome) == (at(0), None, None)


def test_every_reason_of_a_next_attempt_is_known() -> None:
    """And a first attempt has a word of its own."""
    reasons = {reason.value for reason in codes.ReassignReason}
    assert {given_by.value for given_by in parts.GivenBy} == {"duty", *reasons}


def test_a_snapshot_follows_returns_clocks_and_rounds(bench: Bench, story: Story) -> None:
    """Status, round, lead and deadline are those of now."""
    bench.tell(story.filed(), story.dispatched(), story.returned(), story.reassigned())
    shown = bench.snapshot()
    assert (shown.lead, shown.due_at) == ("parks", at(8))
    parks: dict[str, Any] = {"task": story.ref(1, 2), "department": "parks"}
    bench.tell(story.extended(2, due=16, **parks))
    assert bench.snapshot().due_at == at(16)
    bench.tell(story.suspended(3, **parks))
    assert bench.snapshot().due_at is None
    bench.tell(story.resumed(4, due=17, **parks))
    assert (bench.snapshot().due_at, bench.snapshot().status) == (at(17), CaseStatus.HANDLING)


def test_a_snapshot_tells_of_rework_and_reopening(handled_bench: Bench, story: Story) -> None:
    """Back to handling, in the same round or in the next; nothing is left of the end."""
    handled_bench.order(VerifyCase(verifier=VERIFIER, passed=False), 5)
    shown = handled_bench.snapshot()
    assert (shown.status, shown.round) == (CaseStatus.HANDLING, 1)
    again: dict[str, Any] = {
        "department": "urban-management",
        "reason": codes.ReassignReason.REWORK,
    }
    handled_bench.tell(story.reassigned(6, **again), story.completed(7, attempt=2))
    handled_bench.tell(story.handled(7))
    assert handled_bench.snapshot().status is CaseStatus.VERIFYING
    handled_bench.order(VerifyCase(verifier=VERIFIER, passed=True), 8)
    handled_bench.order(RecordSatisfaction(solved=True, satisfied=None), 9)
    assert handled_bench.snapshot().closed_at == at(9)
    handled_bench.order(RecordSatisfaction(solved=False, satisfied=None), 10)
    shown = handled_bench.snapshot()
    assert (shown.status, shown.round) == (CaseStatus.HANDLING, 2)
    assert (shown.outcome, shown.closed_at) == (None, None)


def test_a_snapshot_of_a_rejection(bench: Bench, story: Story) -> None:
    """A rejected report has a public end too."""
    bench.tell(story.rejected())
    snapshot = bench.snapshot()
    assert snapshot.status is CaseStatus.REJECTED
    assert snapshot.opened_at == at(0)
