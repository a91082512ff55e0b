"""What a department is told about a task that it has: which fact becomes which notice. Pure."""

from datetime import datetime
from typing import Any

from civicloop_contracts.facts.intake import CaseSupplemented, ReportAttached
from civicloop_contracts.facts.router import (
    CaseEscalated,
    ClockResumed,
    ClockSuspended,
    DeadlineExtended,
    ExtensionRefused,
    ReminderIssued,
    SupervisionIssued,
    SuspensionRefused,
)
from civicloop_kit.jobs import QueueJob
from civicloop_kit.room import Moment
from department_adapter.domain import facts as f
from department_adapter.domain.commands import DeliveryKind
from department_adapter.domain.model import CaseTasks, Task
from department_adapter.wire.deliveries import head_of, queue_job

Refusal = ExtensionRefused | SuspensionRefused
Clock = DeadlineExtended | ClockSuspended | ClockResumed
# What reporters say later: one adds to a report, or another one tells of the same.
Words = CaseSupplemented | ReportAttached
Noticed = ReminderIssued | SupervisionIssued | CaseEscalated | Clock | Refusal | Words


def kind_of(fact: Noticed) -> DeliveryKind:
    """Return what kind of delivery tells a fact."""
    match fact:
        case ReminderIssued():
            return DeliveryKind.REMINDER
        case SupervisionIssued():
            return DeliveryKind.SUPERVISION
        case CaseEscalated():
            return DeliveryKind.ESCALATION
        case DeadlineExtended() | ClockSuspended() | ClockResumed():
            return DeliveryKind.CLOCK
        case ExtensionRefused() | SuspensionRefused():
            return DeliveryKind.REFUSAL
        case CaseSupplemented() | ReportAttached():
            return DeliveryKind.SUPPLEMENT


def tasks_of(case: CaseTasks, fact: Noticed) -> tuple[Task, ...]:
    """Return the tasks that a fact is about: its own, or all that somebody still handles."""
    ref = None if isinstance(fact, Words) else fact.task
    if ref is None:
        return case.open_tasks
    task = case.find(ref.task_id)
    return () if task is None else (task,)


def decided_of(task: Task, fact: Noticed, now: datetime) -> tuple[f.Decided, ...]:
    """Return which request of a department a fact decides."""
    frame: dict[str, Any] = {"task": task.ref, "department": task.department, "occurred_at": now}
    match fact:
        case DeadlineExtended() | ExtensionRefused():
            return (f.ExtensionDecided(**frame),)
        case ClockSuspended() | SuspensionRefused():
            return (f.SuspensionDecided(**frame),)
    return ()


def notice_job(notice: f.NoticeQueued, fact: Noticed, moment: Moment) -> QueueJob:
    """Return the job that tells a department."""
    type_, said = _said(fact)
    head = head_of(type_, notice.delivery_id, fact.case_id, notice.task.task_id, notice.department)
    return queue_job(
        notice.delivery_id,
        {**head, **said},
        moment,
        ordinal=notice.ordinal,
        case_id=fact.case_id,
    )


def deadline_of(fact: Clock) -> datetime | None:
    """Return the resolution deadline that holds from now on; None while the clock stands still."""
    return None if isinstance(fact, ClockSuspended) else fact.due_at


def _said(fact: Noticed) -> tuple[str, dict[str, Any]]:
    """Return the type of a notice and what it says beside whom it is about."""
    match fact:
        case ReminderIssued(clock=clock, due_at=due_at):
            return "task.reminded", {"clock": clock.value, "due_at": due_at.isoformat()}
        case SupervisionIssued(tier=tier):
            return "task.supervised", {"tier": tier.value}
        case CaseEscalated(tier=tier, reason=reason):
            return "task.escalated", {"tier": tier.value, "reason": reason.value}
        case CaseSupplemented(supplement_id=words) | ReportAttached(report_id=words):
            return "task.supplemented", {"supplement_id": str(words)}
        case ExtensionRefused() | SuspensionRefused():
            what = "extension" if isinstance(fact, ExtensionRefused) else "suspension"
            return f"task.{what}_refused", {"request_id": str(fact.request_id)}
    return _clock_said(fact)


def _clock_said(fact: Clock) -> tuple[str, dict[str, Any]]:
    match fact:
        case DeadlineExtended(due_at=due_at, extensions=extensions):
            said = {"resolution_due_at": due_at.isoformat(), "extensions": extensions}
            return "task.extended", said
        case ClockSuspended(kind=kind, review_at=review_at):
            said = {"suspension": kind.value, "review_at": review_at.isoformat()}
            return "task.suspended", {"resolution_due_at": None, **said}
        case ClockResumed(due_at=resumed):
            return "task.resumed", {"resolution_due_at": resumed.isoformat() if resumed else None}
