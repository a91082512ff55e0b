"""Facts of other rooms in this room's words: only what a rule or a number here needs."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from civicloop_contracts.codes import DecidedBy
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, intake, remark, router
from feedback.domain import facts
from feedback.domain.parts import (
    Filing,
    GivenBy,
    Matter,
    Outcome,
    Place,
    TaskRef,
    TaskRole,
    Tier,
)

FactT = TypeVar("FactT", bound=facts.Fact)
TaskFactT = TypeVar("TaskFactT", bound=facts.TaskFact)
HandlerFactT = TypeVar("HandlerFactT", bound=facts.HandlerFact)
Reader = Callable[[Any], facts.Fact]


def read_replay(fact: Fact) -> facts.ReplayStarted | None:
    """Return the imported history that a fact belongs to."""
    if fact.replay is None:
        return None
    return facts.ReplayStarted(
        occurred_at=fact.occurred_at, run=fact.replay.run, as_of=fact.replay.as_of
    )


def _case_filed(fact: intake.CaseFiled) -> facts.CaseFiled:
    filing = Filing(
        channel=fact.channel.value,
        matter=Matter(
            standard_ref=fact.matter.standard_ref,
            kind=fact.matter.kind.value,
            code=fact.matter.code,
            condition=fact.matter.condition,
        ),
        place=Place(
            division=fact.place.division,
            precision=fact.place.precision.value,
            latitude=fact.place.latitude,
            longitude=fact.place.longitude,
            h3_cell=fact.place.h3_cell,
        ),
        source_clock=fact.clock is not None,
        due_at=fact.clock.due_at if fact.clock else None,
        lead=fact.lead,
    )
    return facts.CaseFiled(occurred_at=fact.occurred_at, filing=filing)


def _case_rejected(fact: intake.CaseRejected) -> facts.CaseRejected:
    return facts.CaseRejected(occurred_at=fact.occurred_at, channel=fact.channel.value)


def _task_dispatched(fact: router.TaskDispatched) -> facts.TaskDispatched:
    return facts.TaskDispatched(**_dispatch(fact))


def _task_reassigned(fact: router.TaskReassigned) -> facts.TaskReassigned:
    return facts.TaskReassigned(
        **_dispatch(fact), replaces=fact.replaces, given_by=GivenBy(fact.reason.value)
    )


def _dispute_settled(fact: router.DisputeSettled) -> facts.DisputeSettled:
    return facts.DisputeSettled(
        occurred_at=fact.occurred_at,
        task_no=fact.task.task_no,
        lead=fact.lead,
        by_rule=fact.decided_by is DecidedBy.RULE,
    )


def _case_escalated(fact: router.CaseEscalated) -> facts.CaseEscalated:
    return facts.CaseEscalated(occurred_at=fact.occurred_at, tier=Tier(fact.tier.value))


def _deadline_extended(fact: router.DeadlineExtended) -> facts.DeadlineExtended:
    return facts.DeadlineExtended(**_about_task(fact), due_at=fact.due_at)


def _clock_suspended(fact: router.ClockSuspended) -> facts.ClockSuspended:
    return facts.ClockSuspended(**_about_task(fact), remaining_s=fact.remaining_s)


def _clock_resumed(fact: router.ClockResumed) -> facts.ClockResumed:
    return facts.ClockResumed(**_about_task(fact), due_at=fact.due_at)


def read_case_handled(fact: router.CaseHandled) -> facts.CaseHandled:
    """Read the end of a handling."""
    return facts.CaseHandled(
        occurred_at=fact.occurred_at, outcome=Outcome(fact.outcome.value), round=fact.round
    )


def _plain(kind: type[FactT]) -> Callable[[Fact], FactT]:
    """Return the reader of a fact of which only the time counts."""
    return lambda fact: kind(occurred_at=fact.occurred_at)


def _of_task(kind: type[TaskFactT]) -> Callable[[Any], TaskFactT]:
    """Return the reader of a fact of which time and task count."""
    return lambda fact: kind(**_about_task(fact))


def _of_desk(kind: type[HandlerFactT]) -> Callable[[Any], HandlerFactT]:
    """Return the reader of a fact of which time, task and who said it count."""
    return lambda fact: kind(**_about_task(fact), handler=fact.handler)


# What is folded and followed by nothing; `CaseHandled` is not among them.
READERS: Final[Mapping[type[Fact], Reader]] = {
    intake.CaseFiled: _case_filed,
    intake.CaseRejected: _case_rejected,
    intake.ReportAttached: _plain(facts.ReportAttached),
    intake.ReportWithdrawn: _plain(facts.ReportWithdrawn),
    router.TaskDispatched: _task_dispatched,
    router.TaskReassigned: _task_reassigned,
    router.DisputeOpened: _plain(facts.DisputeOpened),
    router.DisputeSettled: _dispute_settled,
    router.ReminderIssued: _of_task(facts.ReminderIssued),
    router.SupervisionIssued: _of_task(facts.SupervisionIssued),
    router.CaseEscalated: _case_escalated,
    router.DeadlineExtended: _deadline_extended,
    router.ExtensionRefused: _of_task(facts.ExtensionRefused),
    router.ClockSuspended: _clock_suspended,
    router.SuspensionRefused: _of_task(facts.SuspensionRefused),
    router.ClockResumed: _clock_resumed,
    router.WithdrawalRefused: _plain(facts.WithdrawalRefused),
    router.MergeRefused: _plain(facts.MergeRefused),
    department.TaskDelivered: _of_task(facts.TaskDelivered),
    department.DeliveryParked: _of_task(facts.DeliveryParked),
    department.TaskAcknowledged: _of_desk(facts.TaskAcknowledged),
    department.TaskReturned: _of_desk(facts.TaskReturned),
    department.TaskProgressed: _of_desk(facts.TaskProgressed),
    department.TaskCompleted: _of_desk(facts.TaskCompleted),
    department.ExtensionRequested: _of_desk(facts.ExtensionRequested),
    department.SuspensionRequested: _of_desk(facts.SuspensionRequested),
    remark.Remarked: _plain(facts.RemarkRead),
}


def _about_task(fact: Any) -> dict[str, Any]:
    return {
        "occurred_at": fact.occurred_at,
        "task": TaskRef(
            task_id=fact.task.task_id, task_no=fact.task.task_no, attempt=fact.task.attempt
        ),
        "department": fact.department,
    }


def _dispatch(fact: router.TaskDispatched) -> dict[str, Any]:
    return {
        **_about_task(fact),
        "role": TaskRole(fact.role.value),
        "required": fact.required,
        "round": fact.round,
        "tier": Tier(fact.tier.value),
        "response_due_at": fact.response_due_at,
        "due_at": fact.resolution_due_at,
        "provisional": fact.provisional,
    }
