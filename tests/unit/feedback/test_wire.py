"""Between the contracts and this room's words."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import CASE_ID, CAUSE, VERIFIER, Story, at

from civicloop_contracts import codes
from civicloop_contracts.envelope import Envelope, read_fact, value_of
from civicloop_contracts.facts import feedback, remark
from civicloop_kit.room import Stamp
from feedback import wire
from feedback.domain import facts

STAMP = Stamp(case_id=CASE_ID, recorded_at=at(5), cause=CAUSE, replay=None)
OWN = {
    facts.VerificationRequested(occurred_at=at(4), round=2, verify_by=at(52)): (
        feedback.VerificationRequested
    ),
    facts.VerificationOverdue(occurred_at=at(4), round=1, verify_by=at(52)): remark.Remarked,
    facts.CaseVerified(
        occurred_at=at(4), round=1, verifier=VERIFIER, call_back_until=at(9)
    ): feedback.CaseVerified,
    facts.ReworkRequested(
        occurred_at=at(4),
        round=1,
        tasks=(1, 3),
        reason=facts.ReworkReason.NOT_SOLVED,
    ): feedback.ReworkRequested,
    facts.SatisfactionRecorded(
        occurred_at=at(4), round=1, solved=True, satisfied=None
    ): feedback.SatisfactionRecorded,
    facts.CaseClosed(occurred_at=at(4), round=1, outcome=facts.Outcome.MERGED): feedback.CaseClosed,
    facts.CaseReopened(occurred_at=at(4), round=2): feedback.CaseReopened,
    facts.Remarked(occurred_at=at(4), round=1, code=facts.RemarkCode.CASE_ENDED): remark.Remarked,
}


@pytest.mark.parametrize("own", OWN, ids=lambda own: type(own).__name__)
def test_an_own_fact_survives_the_topic(own: facts.OwnFact) -> None:
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
    declared = {kind.__name__ for kind in facts.OwnFact.__subclasses__()}
    assert {type(own).__name__ for own in OWN} == declared


@pytest.mark.parametrize(
    ("own", "contract"),
    [
        (facts.Outcome, codes.Outcome),
        (facts.TaskRole, codes.TaskRole),
        (facts.ReworkReason, codes.ReworkReason),
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


def test_a_snapshot_of_a_rejection(bench: Bench, story: Story) -> None:
    """A rejected report has a public end too."""
    bench.tell(story.rejected())
    snapshot = bench.snapshot()
    assert snapshot.status is codes.CaseStatus.REJECTED
    assert snapshot.opened_at == at(0)
