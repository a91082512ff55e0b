"""Between the contracts and the router's words."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.router.conftest import (
    CASE_ID,
    CAUSE,
    NOW,
    REPLAY,
    SURVIVOR,
    acknowledged,
    asked_for_pause,
    asked_for_time,
    closed,
    completed,
    delivered,
    filed,
    joined,
    left,
    merge_asked,
    parked,
    progressed,
    reopened,
    returned,
    reworked,
    withdrawal_asked,
)

from civicloop_contracts import codes
from civicloop_contracts.envelope import Envelope, read_fact, value_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, remark, router
from civicloop_kit.room import Stamp
from router import wire, written
from router.domain import codes as own_codes
from router.domain import decided, facts
from router.domain.clocks import Clock, Clocks
from router.domain.identity import dispute_id, refer_task
from router.domain.parts import Matter, MatterKind, Place, Precision
from router.domain.territory import Tier

STAMP = Stamp(case_id=CASE_ID, recorded_at=NOW, cause=CAUSE, replay=REPLAY)
TASK = refer_task(CASE_ID, 1, 1)
CLOCK = Clock(due_at=NOW, remind_at=NOW - timedelta(hours=1))
ATTEMPT: dict[str, Any] = {
    "occurred_at": NOW,
    "task": TASK,
    "department": "water",
    "role": own_codes.TaskRole.LEAD,
    "required": True,
    "round": 1,
    "tier": Tier.DISTRICT,
    "channel": "sensor",
    "matter": Matter(
        standard_ref="local-emergency", kind=MatterKind.MATTER, code="00003", condition="deep"
    ),
    "place": Place(division="410105", precision=Precision.COARSE, h3_cell="8831aa5555fffff"),
    "clocks": Clocks(response=CLOCK, provisional=True),
    "return_until": NOW,
    "catalog_version": "2026.1",
    "calendar_version": "2026.1",
}
OF_TASK: dict[str, Any] = {"occurred_at": NOW, "task": TASK, "department": "water"}
DISPUTE: dict[str, Any] = {"occurred_at": NOW, "dispute_id": dispute_id(TASK), "task": TASK}
REQUEST = UUID(int=5)
OWN: dict[decided.OwnFact, type[Fact]] = {
    decided.TaskDispatched(**ATTEMPT): router.TaskDispatched,
    decided.TaskReassigned(
        **ATTEMPT, replaces=UUID(int=1), reason=own_codes.ReassignReason.SETTLED
    ): router.TaskReassigned,
    decided.TaskCancelled(
        **OF_TASK, reason=own_codes.CancelReason.CASE_HANDLED
    ): router.TaskCancelled,
    decided.DisputeOpened(
        **DISPUTE, ground=own_codes.DisputeGround.NO_DUTY, settle_by=NOW
    ): router.DisputeOpened,
    decided.DisputeSettled(
        **DISPUTE, decided_by=own_codes.DecidedBy.RULE, lead="roads"
    ): router.DisputeSettled,
    decided.ReminderIssued(
        **OF_TASK, clock=own_codes.ClockKind.RESPONSE, due_at=NOW
    ): router.ReminderIssued,
    decided.SupervisionIssued(**OF_TASK, tier=Tier.CITY): router.SupervisionIssued,
    decided.CaseEscalated(
        occurred_at=NOW, tier=Tier.CITY, reason=own_codes.EscalationReason.OVERDUE, task=TASK
    ): router.CaseEscalated,
    decided.CaseEscalated(
        occurred_at=NOW, tier=Tier.CITY, reason=own_codes.EscalationReason.MAJOR
    ): router.CaseEscalated,
    decided.DeadlineExtended(
        **OF_TASK, request_id=REQUEST, clock=CLOCK, extensions=2
    ): router.DeadlineExtended,
    decided.ClockSuspended(
        **OF_TASK,
        request_id=REQUEST,
        kind=own_codes.RequestKind.LEDGER,
        remaining_s=9,
        review_at=NOW,
    ): router.ClockSuspended,
    decided.ClockResumed(**OF_TASK, clock=CLOCK): router.ClockResumed,
    decided.RequestRefused(
        **OF_TASK, request_id=REQUEST, kind=own_codes.RequestKind.EXTENSION
    ): router.ExtensionRefused,
    decided.RequestRefused(
        **OF_TASK, request_id=REQUEST, kind=own_codes.RequestKind.SUSPENSION
    ): router.SuspensionRefused,
    decided.RequestRefused(
        **OF_TASK, request_id=REQUEST, kind=own_codes.RequestKind.LEDGER
    ): router.SuspensionRefused,
    decided.WithdrawalRefused(occurred_at=NOW): router.WithdrawalRefused,
    decided.MergeRefused(occurred_at=NOW, survivor=SURVIVOR): router.MergeRefused,
    decided.CaseHandled(
        occurred_at=NOW, outcome=own_codes.Outcome.MERGED, round=2, survivor=SURVIVOR
    ): router.CaseHandled,
    decided.Remarked(
        occurred_at=NOW, code=own_codes.RemarkCode.LATE_ANSWER, task_id=TASK.task_id
    ): remark.Remarked,
}


@pytest.mark.parametrize("own", OWN, ids=lambda own: type(own).__name__)
def test_an_own_fact_survives_the_topic(own: decided.OwnFact) -> None:
    """Others read from the topic what was written."""
    told = written.to_contract(own, STAMP)
    envelope = Envelope(
        source="/router/tasks",
        type=told.event_type(),
        case_id=CASE_ID,
        sequence=1,
        traceparent=None,
    )
    assert type(told) is OWN[own]
    assert read_fact(envelope, value_of(told)) == told
    assert (told.cause, told.replay) == (CAUSE, REPLAY)


def test_every_own_fact_has_a_writer() -> None:
    """No decision can meet a fact that cannot be written."""
    assert {type(own).__name__ for own in OWN} == set(_declared(decided.OwnFact))


def _declared(kind: type[decided.OwnFact]) -> Iterator[str]:
    for made in kind.__subclasses__():
        yield made.__name__
        yield from _declared(made)


def test_an_attempt_tells_its_deadlines() -> None:
    """And what it replaces; no deadline is none."""
    written_fact = written.to_contract(
        decided.TaskReassigned(
            **ATTEMPT, replaces=UUID(int=1), reason=own_codes.ReassignReason.REWORK
        ),
        STAMP,
    )
    assert isinstance(written_fact, router.TaskReassigned)
    assert (written_fact.response_due_at, written_fact.resolution_due_at) == (NOW, None)
    assert (written_fact.provisional, written_fact.return_until) == (True, NOW)
    assert (written_fact.replaces, written_fact.reason) == (
        UUID(int=1),
        codes.ReassignReason.REWORK,
    )


def test_a_moved_clock_tells_its_new_end() -> None:
    """When it reminds is nobody else's matter."""
    for own in OWN:
        told = written.to_contract(own, STAMP)
        if isinstance(told, router.DeadlineExtended | router.ClockResumed):
            assert told.due_at == CLOCK.due_at


TOLD_OF_TASK: list[tuple[department.DepartmentFact, facts.TaskAnswer]] = [
    (delivered(TASK), facts.TaskDelivered(occurred_at=NOW, task=TASK)),
    (parked(TASK), facts.DeliveryParked(occurred_at=NOW, task=TASK)),
    (
        parked(TASK, reason=codes.ParkReason.NO_SUCH_DEPARTMENT),
        facts.DeliveryParked(occurred_at=NOW, task=TASK, unknown=True),
    ),
    (acknowledged(TASK), facts.TaskAcknowledged(occurred_at=NOW, task=TASK)),
    (progressed(TASK), facts.TaskProgressed(occurred_at=NOW, task=TASK)),
    (returned(TASK), facts.TaskReturned(occurred_at=NOW, task=TASK)),
    (completed(TASK), facts.TaskCompleted(occurred_at=NOW, task=TASK)),
    (
        asked_for_time(TASK, request_id=REQUEST),
        facts.ClockRequested(
            occurred_at=NOW,
            task=TASK,
            request_id=REQUEST,
            kind=own_codes.RequestKind.EXTENSION,
        ),
    ),
    (
        asked_for_pause(TASK, request_id=REQUEST, review_at=NOW),
        facts.ClockRequested(
            occurred_at=NOW,
            task=TASK,
            request_id=REQUEST,
            kind=own_codes.RequestKind.LEDGER,
            review_at=NOW,
        ),
    ),
]


@pytest.mark.parametrize(("told", "read"), TOLD_OF_TASK, ids=lambda f: type(f).__name__)
def test_what_departments_tell_is_read_whole(
    told: department.DepartmentFact, read: facts.TaskAnswer
) -> None:
    """Which task, when, and what a rule needs."""
    assert wire.read_answer(told) == read


def test_every_fact_of_departments_can_be_read() -> None:
    """No topic can bring one that the room does not know."""
    kinds = {kind for kind in vars(department).values() if _is_department_fact(kind)}
    assert {type(told) for told, _ in TOLD_OF_TASK} == kinds


def _is_department_fact(kind: object) -> bool:
    base = department.DepartmentFact
    return isinstance(kind, type) and issubclass(kind, base) and kind is not base


def test_what_intake_and_feedback_tell_is_read_whole() -> None:
    """Who joins and leaves, what shall end, what comes back."""
    assert wire.read_reports_changed(joined()) == facts.ReportAttached(occurred_at=NOW)
    assert wire.read_reports_changed(left()) == facts.ReportWithdrawn(occurred_at=NOW)
    assert wire.read_withdrawal_requested(withdrawal_asked()) == facts.WithdrawalRequested(
        occurred_at=NOW
    )
    assert wire.read_merge_requested(merge_asked()).survivor == SURVIVOR
    assert wire.read_rework_requested(reworked(1, 3)) == facts.ReworkRequested(
        occurred_at=NOW, round=1, tasks=(1, 3)
    )
    assert wire.read_case_reopened(reopened()).round == 2
    assert wire.read_case_closed(closed()).outcome is own_codes.Outcome.SOLVED


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
        (own_codes.TaskRole, codes.TaskRole),
        (own_codes.Outcome, codes.Outcome),
        (own_codes.DecidedBy, codes.DecidedBy),
        (own_codes.ClockKind, codes.ClockKind),
        (own_codes.ReassignReason, codes.ReassignReason),
        (own_codes.DisputeGround, codes.DisputeGround),
        (own_codes.EscalationReason, codes.EscalationReason),
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
        (own_codes.CancelReason, codes.CancelReason),
        (own_codes.RemarkCode, codes.RemarkCode),
    ],
)
def test_what_is_written_is_known_to_all(own: type, contract: type) -> None:
    """The room writes no code that the contracts lack."""
    assert {member.value for member in own} <= {member.value for member in contract}  # type: ignore[attr-defined]
