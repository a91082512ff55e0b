"""Doors for operators and superiors: the plan of a case, and the versions of the rules."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from civicloop_kit.auth import Principal, requires
from civicloop_kit.http import Refusals
from router.domain.case import Case, CaseStatus, answer_of, pending_requests, task_status
from router.domain.codes import DecidedBy, DisputeGround, Outcome, RequestKind, TaskRole
from router.domain.errors import (
    DisputeSettledError,
    NoPendingRequestError,
    NothingInHandError,
    TaskClosedError,
    TaskDisputedError,
    TaskWaitingError,
    UnknownCaseError,
    UnknownDisputeError,
    UnknownTaskError,
)
from router.domain.rulebook import Rulebook
from router.domain.task import Task, TaskStatus, WaitingTask
from router.domain.territory import Tier
from router.ports import CaseReader

REFUSALS: Final[Refusals] = {
    UnknownCaseError: (404, "unknown_case"),
    UnknownTaskError: (404, "unknown_task"),
    UnknownDisputeError: (404, "unknown_dispute"),
    DisputeSettledError: (409, "dispute_settled"),
    TaskClosedError: (409, "task_closed"),
    TaskDisputedError: (409, "task_disputed"),
    TaskWaitingError: (409, "task_waiting"),
    NoPendingRequestError: (409, "no_pending_request"),
    NothingInHandError: (409, "nothing_in_hand"),
}

Overseer = Annotated[Principal, Depends(requires("operator", "superior"))]


class DisputeReply(BaseModel):
    """A joint conference (会商) has to name the lead by ``settle_by``, unless it is ``settled``."""

    dispute_id: UUID
    ground: DisputeGround
    settle_by: datetime
    settled: DecidedBy | None


class RequestReply(BaseModel):
    """A department asks for more time (延期, 挂起, 挂账), and nobody has decided yet."""

    request_id: UUID
    kind: RequestKind
    asked_at: datetime
    review_at: datetime | None


class TaskReply(BaseModel):
    """A task; a deadline of null is no clock, a department of null: nobody is known."""

    task_id: UUID
    task_no: int
    attempt: int
    role: TaskRole
    required: bool
    department: str | None
    status: TaskStatus
    dispatched_at: datetime | None
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    provisional: bool
    return_until: datetime | None
    acknowledged_at: datetime | None
    completed_at: datetime | None
    returned_at: datetime | None
    cancelled_at: datetime | None
    suspended_until: datetime | None
    extensions: int
    dispute: DisputeReply | None
    requests: list[RequestReply]


class PlanReply(BaseModel):
    """What the router decided about a case, and by which versions of the rules."""

    case_id: UUID
    status: CaseStatus
    round: int
    tier: Tier
    reporters: int
    outcome: Outcome | None
    catalog_version: str | None
    calendar_version: str | None
    tasks: list[TaskReply]


class RulesReply(BaseModel):
    """The versions in force; ``calendar_years`` are those whose calendar is published."""

    catalog_version: str
    catalog_entries: int
    duties_version: str
    territory_version: str
    calendar_version: str
    calendar_years: list[int]


def plan_router(cases: CaseReader, rules: Rulebook) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(prefix="/v1", tags=["plans"])

    @router.get("/cases/{case_id}/plan", summary="The plan of a case", operation_id="getPlan")
    async def get_plan(case_id: UUID, _principal: Overseer) -> PlanReply:
        """Every attempt of every task, with its clocks and where it stands."""
        case = await cases.read_case(case_id)
        if case is None:
            raise UnknownCaseError
        return _plan(case)

    @router.get("/catalog", summary="Versions of the rules", operation_id="getCatalog")
    async def get_catalog(_principal: Overseer) -> RulesReply:
        """Which catalog, duties, territory and calendar new cases are planned by."""
        return RulesReply(
            catalog_version=rules.catalog.version,
            catalog_entries=len(rules.catalog.entries),
            duties_version=rules.duties.version,
            territory_version=rules.territory.version,
            calendar_version=rules.calendar.version,
            calendar_years=sorted(rules.calendar.published),
        )

    return router


def _plan(case: Case) -> PlanReply:
    return PlanReply(
        case_id=case.case_id,
        status=case.status,
        round=case.round,
        tier=case.tier,
        reporters=case.reporters,
        outcome=case.outcome,
        catalog_version=case.terms.catalog_version if case.terms else None,
        calendar_version=case.terms.calendar_version if case.terms else None,
        tasks=[
            *(_task(case, task) for task in case.tasks),
            *(_waiting(task) for task in case.waiting),
        ],
    )


def _task(case: Case, task: Task) -> TaskReply:
    answer = answer_of(case, task)
    return TaskReply(
        task_id=task.ref.task_id,
        task_no=task.ref.task_no,
        attempt=task.ref.attempt,
        role=task.role,
        required=task.required,
        department=task.department,
        status=task_status(case, task),
        dispatched_at=task.dispatched_at,
        response_due_at=task.clocks.response_due_at,
        resolution_due_at=task.clocks.resolution_due_at,
        provisional=task.clocks.provisional,
        return_until=task.return_until,
        acknowledged_at=answer.acknowledged_at,
        completed_at=answer.completed_at,
        returned_at=answer.returned_at,
        cancelled_at=task.cancelled_at,
        suspended_until=task.suspension.review_at if task.suspension else None,
        extensions=task.extensions,
        dispute=_dispute(task),
        requests=_requests(case, task),
    )


def _waiting(task: WaitingTask) -> TaskReply:
    """Return a task that no department has yet: nothing of it has begun."""
    return TaskReply(
        task_id=task.ref.task_id,
        task_no=task.ref.task_no,
        attempt=task.ref.attempt,
        role=task.role,
        required=task.required,
        department=task.department,
        status=TaskStatus.WAITING,
        dispatched_at=None,
        response_due_at=None,
        resolution_due_at=None,
        provisional=False,
        return_until=None,
        acknowledged_at=None,
        completed_at=None,
        returned_at=None,
        cancelled_at=None,
        suspended_until=None,
        extensions=0,
        dispute=None,
        requests=[],
    )


def _dispute(task: Task) -> DisputeReply | None:
    if task.dispute is None:
        return None
    return DisputeReply(
        dispute_id=task.dispute.dispute_id,
        ground=task.dispute.ground,
        settle_by=task.dispute.settle_by,
        settled=task.dispute.settled,
    )


def _requests(case: Case, task: Task) -> list[RequestReply]:
    return [
        RequestReply(
            request_id=request.request_id,
            kind=request.kind,
            asked_at=request.asked_at,
            review_at=request.review_at,
        )
        for asking, request in pending_requests(case)
        if asking.ref == task.ref
    ]
