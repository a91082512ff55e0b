"""Doors for operators and superiors: the plan of a case, and the versions of the rules."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from civicloop_kit.auth import Principal, requires
from civicloop_kit.http import Refusals
from router.domain.case import Case, CaseStatus, Task, TaskStatus, find_answer, status_of
from router.domain.dispatch import Rulebook
from router.domain.facts import DisputeGround, Outcome, TaskRole
from router.domain.territory import Tier
from router.ports import CaseReader, UnknownCaseError

REFUSALS: Final[Refusals] = {UnknownCaseError: (404, "unknown_case")}

Overseer = Annotated[Principal, Depends(requires("operator", "superior"))]


class DisputeReply(BaseModel):
    """A joint conference (会商) has to name the lead by ``settle_by``."""

    dispute_id: UUID
    ground: DisputeGround
    settle_by: datetime


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
    cancelled_at: datetime | None
    dispute: DisputeReply | None


class PlanReply(BaseModel):
    """What the router decided about a case, and by which versions of the rules."""

    case_id: UUID
    status: CaseStatus
    round: int
    tier: Tier
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
        outcome=case.outcome,
        catalog_version=case.catalog_version,
        calendar_version=case.calendar_version,
        tasks=[_task(case, task) for task in case.tasks],
    )


def _task(case: Case, task: Task) -> TaskReply:
    answer = find_answer(case, task.ref.task_id)
    return TaskReply(
        task_id=task.ref.task_id,
        task_no=task.ref.task_no,
        attempt=task.ref.attempt,
        role=task.role,
        required=task.required,
        department=task.department,
        status=status_of(task, answer),
        dispatched_at=task.dispatched_at,
        response_due_at=task.response_due_at,
        resolution_due_at=task.resolution_due_at,
        provisional=task.provisional,
        return_until=task.return_until,
        acknowledged_at=answer.acknowledged_at,
        completed_at=answer.completed_at,
        cancelled_at=task.cancelled_at,
        dispute=_dispute(task),
    )


def _dispute(task: Task) -> DisputeReply | None:
    if task.dispute is None:
        return None
    return DisputeReply(
        dispute_id=task.dispute.dispute_id,
        ground=task.dispute.ground,
        settle_by=task.dispute.settle_by,
    )
