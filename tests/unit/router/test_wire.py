"""Between the contracts and the router's words."""

import pytest
from tests.unit.router.conftest import CASE_ID, CAUSE, NOW, REPLAY, filed

from civicloop_contracts import codes
from civicloop_contracts.envelope import Envelope, read_fact, value_of
from civicloop_contracts.facts import remark, router
from civicloop_kit.room import Stamp
from router import wire
from router.domain import facts
from router.domain.identity import dispute_id, refer_task
from router.domain.parts import Matter, MatterKind, Place, Precision
from router.domain.territory import Tier

STAMP = Stamp(case_id=CASE_ID, recorded_at=NOW, cause=CAUSE, replay=REPLAY)
TASK = refer_task(CASE_ID, 1, 1)
DISPATCHED = facts.TaskDispatched(
    occurred_at=NOW,
    task=TASK,
    department="water",
    role=facts.TaskRole.LEAD,
    required=True,
    round=1,
    tier=Tier.DISTRICT,
    channel="sensor",
    matter=Matter(
        standard_ref="local-emergency", kind=MatterKind.MATTER, code="00003", condition="deep"
    ),
    place=Place(division="410105", precision=Precision.COARSE, h3_cell="8831aa5555fffff"),
    response_due_at=NOW,
    resolution_due_at=None,
    provisional=True,
    return_until=NOW,
    catalog_version="2026.1",
    calendar_version="2026.1",
)
OWN = {
    DISPATCHED: router.TaskDispatched,
    facts.TaskCancelled(
        occurred_at=NOW,
        task=TASK,
        department="water",
        reason=facts.CancelReason.CASE_HANDLED,
    ): router.TaskCancelled,
    facts.DisputeOpened(
        occurred_at=NOW,
        dispute_id=dispute_id(TASK),
        task=TASK,
        ground=facts.DisputeGround.NO_DUTY,
        settle_by=NOW,
    ): router.DisputeOpened,
    facts.CaseHandled(occurred_at=NOW, outcome=facts.Outcome.SOLVED, round=2): router.CaseHandled,
    facts.Remarked(
        occurred_at=NOW, code=facts.RemarkCode.LATE_ANSWER, task_id=TASK.task_id
    ): remark.Remarked,
}


@pytest.mark.parametrize("own", OWN, ids=lambda own: type(own).__name__)
def test_an_own_fact_survives_the_topic(own: facts.OwnFact) -> None:
    """Others read from the topic what was written."""
    written = wire.to_contract(own, STAMP)
    envelope = Envelope(
        source="/router/tasks",
        type=written.event_type(),
        case_id=CASE_ID,
        sequence=1,
        traceparent=None,
    )
    assert type(written) is OWN[own]
    assert read_fact(envelope, value_of(written)) == written
    assert (written.cause, written.replay) == (CAUSE, REPLAY)


def test_every_own_fact_has_a_writer() -> None:
    """No decision can meet a fact that cannot be written."""
    declared = {kind.__name__ for kind in facts.OwnFact.__subclasses__()}
    assert {type(own).__name__ for own in OWN} == declared


@pytest.mark.parametrize("condition", [None, "missing"])
def test_a_filing_is_read_whole(condition: str | None) -> None:
    """Matter with its condition, place as told, and whether it is an imported history."""
    matter = filed().matter.model_copy(update={"condition": condition})
    read = wire.read_case_filed(filed(matter=matter))
    assert (read.matter.code, read.matter.condition) == ("01001", condition)
    assert (read.place.division, read.place.latitude) == ("410105004", 34.77)
    assert (read.channel, read.clock, read.lead, read.replayed) == ("patrol", None, None, False)
    assert wire.read_case_filed(filed(replay=REPLAY)).replayed is True


@pytest.mark.parametrize(
    ("own", "contract"),
    [
        (facts.TaskRole, codes.TaskRole),
        (facts.Outcome, codes.Outcome),
        (MatterKind, codes.MatterKind),
        (Precision, codes.Precision),
        (Tier, codes.Tier),
    ],
)
def test_codes_are_those_of_the_contracts(own: type, contract: type) -> None:
    """The room knows every member of the lists that it reads."""
    assert {member.value for member in own} == {member.value for member in contract}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("own", "contract"),
    [
        (facts.CancelReason, codes.CancelReason),
        (facts.DisputeGround, codes.DisputeGround),
        (facts.RemarkCode, codes.RemarkCode),
    ],
)
def test_what_is_written_is_known_to_all(own: type, contract: type) -> None:
    """The room writes no code that the contracts lack."""
    assert {member.value for member in own} <= {member.value for member in contract}  # type: ignore[attr-defined]
