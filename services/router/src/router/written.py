"""What the router decides, as others read it. Pure: a row per fact.

The way in is `wire.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import parts, remark, router
from civicloop_kit.room import Stamp
from router.domain import decided
from router.domain.codes import RequestKind
from router.domain.parts import Matter, Place, TaskRef

Frame = dict[str, Any]


def to_contract(fact: decided.OwnFact, stamp: Stamp) -> Fact:
    """Return an own fact as others read it."""
    frame = {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }
    return _WRITERS[type(fact)](fact, frame)


def _task_dispatched(fact: decided.TaskDispatched, frame: Frame) -> Fact:
    return router.TaskDispatched(**frame, **_attempt(fact))


def _task_reassigned(fact: decided.TaskReassigned, frame: Frame) -> Fact:
    return router.TaskReassigned(
        **frame,
        **_attempt(fact),
        replaces=fact.replaces,
        reason=codes.ReassignReason(fact.reason.value),
    )


def _attempt(fact: decided.TaskDispatched) -> Frame:
    return {
        "task": _task(fact.task),
        "department": fact.department,
        "role": codes.TaskRole(fact.role.value),
        "required": fact.required,
        "round": fact.round,
        "tier": codes.Tier(fact.tier.value),
        "channel": codes.Channel(fact.channel),
        "matter": _matter(fact.matter),
        "place": _place(fact.place),
        "response_due_at": fact.clocks.response_due_at,
        "resolution_due_at": fact.clocks.resolution_due_at,
        "provisional": fact.clocks.provisional,
        "return_until": fact.return_until,
        "catalog_version": fact.catalog_version,
        "calendar_version": fact.calendar_version,
    }


def _task_cancelled(fact: decided.TaskCancelled, frame: Frame) -> Fact:
    reason = codes.CancelReason(fact.reason.value)
    return router.TaskCancelled(**_of_task(fact, frame), reason=reason)


def _dispute_opened(fact: decided.DisputeOpened, frame: Frame) -> Fact:
    return router.DisputeOpened(
        **frame,
        dispute_id=fact.dispute_id,
        task=_task(fact.task),
        ground=codes.DisputeGround(fact.ground.value),
        settle_by=fact.settle_by,
    )


def _dispute_settled(fact: decided.DisputeSettled, frame: Frame) -> Fact:
    return router.DisputeSettled(
        **frame,
        dispute_id=fact.dispute_id,
        task=_task(fact.task),
        decided_by=codes.DecidedBy(fact.decided_by.value),
        lead=fact.lead,
    )


def _reminder_issued(fact: decided.ReminderIssued, frame: Frame) -> Fact:
    clock = codes.ClockKind(fact.clock.value)
    return router.ReminderIssued(**_of_task(fact, frame), clock=clock, due_at=fact.due_at)


def _supervision_issued(fact: decided.SupervisionIssued, frame: Frame) -> Fact:
    return router.SupervisionIssued(**_of_task(fact, frame), tier=codes.Tier(fact.tier.value))


def _case_escalated(fact: decided.CaseEscalated, frame: Frame) -> Fact:
    return router.CaseEscalated(
        **frame,
        tier=codes.Tier(fact.tier.value),
        reason=codes.EscalationReason(fact.reason.value),
        task=_task(fact.task) if fact.task else None,
    )


def _deadline_extended(fact: decided.DeadlineExtended, frame: Frame) -> Fact:
    return router.DeadlineExtended(
        **_of_task(fact, frame), due_at=fact.clock.due_at, extensions=fact.extensions
    )


def _clock_suspended(fact: decided.ClockSuspended, frame: Frame) -> Fact:
    return router.ClockSuspended(
        **_of_task(fact, frame),
        kind=codes.SuspensionKind(fact.kind.value),
        remaining_s=fact.remaining_s,
        review_at=fact.review_at,
    )


def _clock_resumed(fact: decided.ClockResumed, frame: Frame) -> Fact:
    return router.ClockResumed(**_of_task(fact, frame), due_at=fact.clock.due_at)


def _request_refused(fact: decided.RequestRefused, frame: Frame) -> Fact:
    if fact.kind is RequestKind.EXTENSION:
        return router.ExtensionRefused(**_of_task(fact, frame), request_id=fact.request_id)
    return router.SuspensionRefused(**_of_task(fact, frame), request_id=fact.request_id)


def _withdrawal_refused(_fact: decided.WithdrawalRefused, frame: Frame) -> Fact:
    return router.WithdrawalRefused(**frame)


def _merge_refused(fact: decided.MergeRefused, frame: Frame) -> Fact:
    return router.MergeRefused(**frame, survivor=fact.survivor)


def _case_handled(fact: decided.CaseHandled, frame: Frame) -> Fact:
    outcome = codes.Outcome(fact.outcome.value)
    return router.CaseHandled(**frame, outcome=outcome, round=fact.round, survivor=fact.survivor)


def _remarked(fact: decided.Remarked, frame: Frame) -> Fact:
    return remark.Remarked(
        **frame,
        writer=codes.Service.ROUTER,
        code=codes.RemarkCode(fact.code.value),
        task_id=fact.task_id,
    )


_WRITERS: Final[Mapping[type[decided.OwnFact], Callable[[Any, Frame], Fact]]] = {
    decided.TaskDispatched: _task_dispatched,
    decided.TaskReassigned: _task_reassigned,
    decided.TaskCancelled: _task_cancelled,
    decided.DisputeOpened: _dispute_opened,
    decided.DisputeSettled: _dispute_settled,
    decided.ReminderIssued: _reminder_issued,
    decided.SupervisionIssued: _supervision_issued,
    decided.CaseEscalated: _case_escalated,
    decided.DeadlineExtended: _deadline_extended,
    decided.ClockSuspended: _clock_suspended,
    decided.ClockResumed: _clock_resumed,
    decided.RequestRefused: _request_refused,
    decided.WithdrawalRefused: _withdrawal_refused,
    decided.MergeRefused: _merge_refused,
    decided.CaseHandled: _case_handled,
    decided.Remarked: _remarked,
}


def _of_task(fact: Any, frame: Frame) -> Frame:
    """Return what a fact about one department's task begins with."""
    return {**frame, "task": _task(fact.task), "department": fact.department}


def _task(ref: TaskRef) -> parts.TaskRef:
    return parts.TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)


def _matter(matter: Matter) -> parts.Matter:
    return parts.Matter(
        standard_ref=matter.standard_ref,
        kind=codes.MatterKind(matter.kind.value),
        code=matter.code,
        condition=matter.condition,
    )


def _place(place: Place) -> parts.Place:
    return parts.Place(
        division=place.division,
        precision=codes.Precision(place.precision.value),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=place.h3_cell,
    )
