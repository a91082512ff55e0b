"""What other rooms tell, in the router's own words. Pure: a row per fact.

The way back is `written.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, parts
from router.domain import facts
from router.domain.case import Case
from router.domain.codes import Outcome, RequestKind
from router.domain.parts import ExternalClock, Matter, MatterKind, Place, Precision, TaskRef


def new_case(case_id: UUID) -> Case:
    """Return a case of which nothing has been read."""
    return Case(case_id=case_id)


def read_case_filed(fact: intake.CaseFiled) -> facts.CaseFiled:
    """Read a filing."""
    return facts.CaseFiled(
        occurred_at=fact.occurred_at,
        channel=fact.channel.value,
        matter=Matter(
            standard_ref=fact.matter.standard_ref,
            kind=MatterKind(fact.matter.kind.value),
            code=fact.matter.code,
            condition=fact.matter.condition,
        ),
        place=Place(
            division=fact.place.division,
            precision=Precision(fact.place.precision.value),
            latitude=fact.place.latitude,
            longitude=fact.place.longitude,
            h3_cell=fact.place.h3_cell,
        ),
        clock=ExternalClock(due_at=fact.clock.due_at) if fact.clock else None,
        lead=fact.lead,
        replayed=fact.replay is not None,
    )


def read_reports_changed(
    fact: intake.ReportAttached | intake.ReportWithdrawn,
) -> facts.ReportAttached | facts.ReportWithdrawn:
    """Read that one more, or one less, reports the case."""
    if isinstance(fact, intake.ReportAttached):
        return facts.ReportAttached(occurred_at=fact.occurred_at)
    return facts.ReportWithdrawn(occurred_at=fact.occurred_at)


def read_withdrawal_requested(fact: intake.WithdrawalRequested) -> facts.WithdrawalRequested:
    """Read that nobody reports the case any more."""
    return facts.WithdrawalRequested(occurred_at=fact.occurred_at)


def read_merge_requested(fact: intake.MergeRequested) -> facts.MergeRequested:
    """Read that another case stands for this one."""
    return facts.MergeRequested(occurred_at=fact.occurred_at, survivor=fact.survivor)


def read_answer(fact: department.DepartmentFact) -> facts.TaskAnswer:
    """Read what a department, or the adapter for it, tells of a task."""
    return _ANSWERS[type(fact)](
        fact, {"occurred_at": fact.occurred_at, "task": _read_task(fact.task)}
    )


def read_rework_requested(fact: feedback.ReworkRequested) -> facts.ReworkRequested:
    """Read which tasks have to be done again."""
    return facts.ReworkRequested(
        occurred_at=fact.occurred_at, round=fact.round, tasks=tuple(fact.tasks)
    )


def read_case_reopened(fact: feedback.CaseReopened) -> facts.CaseReopened:
    """Read the beginning of a round."""
    return facts.CaseReopened(occurred_at=fact.occurred_at, round=fact.round)


def read_case_closed(fact: feedback.CaseClosed) -> facts.CaseClosed:
    """Read the end of a round."""
    return facts.CaseClosed(
        occurred_at=fact.occurred_at,
        round=fact.round,
        outcome=Outcome(fact.outcome.value),
    )


_ANSWERS: Final[Mapping[type[Fact], Callable[[Any, dict[str, Any]], facts.TaskAnswer]]] = {
    department.TaskDelivered: lambda _fact, frame: facts.TaskDelivered(**frame),
    department.DeliveryParked: lambda fact, frame: facts.DeliveryParked(
        **frame, unknown=fact.reason is codes.ParkReason.NO_SUCH_DEPARTMENT
    ),
    department.TaskAcknowledged: lambda _fact, frame: facts.TaskAcknowledged(**frame),
    department.TaskProgressed: lambda _fact, frame: facts.TaskProgressed(**frame),
    department.TaskReturned: lambda _fact, frame: facts.TaskReturned(**frame),
    department.TaskCompleted: lambda _fact, frame: facts.TaskCompleted(**frame),
    department.ExtensionRequested: lambda fact, frame: facts.ClockRequested(
        **frame, request_id=fact.request_id, kind=RequestKind.EXTENSION
    ),
    department.SuspensionRequested: lambda fact, frame: facts.ClockRequested(
        **frame,
        request_id=fact.request_id,
        kind=RequestKind(fact.kind.value),
        review_at=fact.review_at,
    ),
}


def _read_task(ref: parts.TaskRef) -> TaskRef:
    return TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)
