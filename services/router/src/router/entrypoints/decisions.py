"""Doors for superiors: settle a dispute, reassign a task, grant more time, supervise a case."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StrictBool

from civicloop_contracts.fact import DepartmentCode
from civicloop_kit.asked import Asked, AskedHere
from civicloop_kit.auth import Principal, requires
from civicloop_kit.bodies import Body
from router.domain.codes import RequestKind
from router.domain.commands import DecideRequest, ReassignTask, SettleDispute, SuperviseCase
from router.domain.errors import UnknownDisputeError, UnknownTaskError
from router.domain.territory import Tier
from router.ports import CommandPort, Desk

Superior = Annotated[Principal, Depends(requires("superior"))]
_EXTENSIONS: Final = frozenset({RequestKind.EXTENSION})
_SUSPENSIONS: Final = frozenset({RequestKind.SUSPENSION, RequestKind.LEDGER})


class Settlement(Body):
    """Whom the joint conference (会商) has named."""

    lead: DepartmentCode


class Reassignment(Body):
    """Which department gets the task instead."""

    department: DepartmentCode


class Decision(Body):
    """What is decided about a department's request."""

    request_id: UUID
    approved: StrictBool


class AttemptReply(BaseModel):
    """The attempt that was given out; a deadline of null is no clock."""

    case_id: UUID
    task_id: UUID
    task_no: int
    attempt: int
    department: str
    resolution_due_at: datetime | None


class SettlementReply(AttemptReply):
    """The dispute, settled."""

    dispute_id: UUID


class ReassignmentReply(AttemptReply):
    """The task, reassigned; ``replaces`` is closed."""

    replaces: UUID


class DecisionReply(BaseModel):
    """The request, decided. Not ``approved`` although asked for: it had become impossible.

    ``due_at`` is the new deadline, ``review_at`` until when the clock stands still.
    """

    case_id: UUID
    task_id: UUID
    request_id: UUID
    approved: bool
    due_at: datetime | None
    review_at: datetime | None


class SupervisionReply(BaseModel):
    """Supervision, issued to each of these tasks' departments."""

    case_id: UUID
    tier: Tier
    tasks: list[UUID]


def decision_router(commands: CommandPort, desk: Desk) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(prefix="/v1", tags=["decisions"])

    async def case_of(task_id: UUID) -> UUID:
        case_id = await desk.case_of_task(task_id)
        if case_id is None:
            raise UnknownTaskError
        return case_id

    async def decide(
        task_id: UUID,
        body: Decision,
        kinds: frozenset[RequestKind],
        principal: Principal,
        asked: Asked,
    ) -> DecisionReply:
        command = DecideRequest(
            task_id=task_id, request_id=body.request_id, kinds=kinds, approved=body.approved
        )
        case_id = await case_of(task_id)
        reply = await commands.submit(asked.command(case_id, command, principal, body))
        return DecisionReply.model_validate(reply.body)

    @router.post(
        "/disputes/{dispute_id}/settlement",
        summary="Settle a dispute (会商)",
        operation_id="settleDispute",
    )
    async def post_settlement(
        dispute_id: UUID, body: Settlement, principal: Superior, asked: AskedHere
    ) -> SettlementReply:
        """The named department leads; it cannot return the task, and its limits start now."""
        case_id = await desk.case_of_dispute(dispute_id)
        if case_id is None:
            raise UnknownDisputeError
        command = SettleDispute(dispute_id=dispute_id, lead=body.lead)
        reply = await commands.submit(asked.command(case_id, command, principal, body))
        return SettlementReply.model_validate(reply.body)

    @router.post(
        "/tasks/{task_id}/reassignment",
        summary="Give a task to another department",
        operation_id="reassignTask",
    )
    async def post_reassignment(
        task_id: UUID, body: Reassignment, principal: Superior, asked: AskedHere
    ) -> ReassignmentReply:
        """The next attempt cannot be returned, and its limits start now."""
        command = ReassignTask(task_id=task_id, department=body.department)
        case_id = await case_of(task_id)
        reply = await commands.submit(asked.command(case_id, command, principal, body))
        return ReassignmentReply.model_validate(reply.body)

    @router.post(
        "/tasks/{task_id}/extension",
        summary="Decide about a later deadline (延期)",
        operation_id="decideExtension",
    )
    async def post_extension(
        task_id: UUID, body: Decision, principal: Superior, asked: AskedHere
    ) -> DecisionReply:
        """Approved: one original limit more, at most twice."""
        return await decide(task_id, body, _EXTENSIONS, principal, asked)

    @router.post(
        "/tasks/{task_id}/suspension",
        summary="Decide about a clock that stands still (挂起, 挂账)",
        operation_id="decideSuspension",
    )
    async def post_suspension(
        task_id: UUID, body: Decision, principal: Superior, asked: AskedHere
    ) -> DecisionReply:
        """Approved: the clock stands still until the date of review."""
        return await decide(task_id, body, _SUSPENSIONS, principal, asked)

    @router.post(
        "/cases/{case_id}/supervision",
        summary="Supervise a case (督办)",
        operation_id="superviseCase",
    )
    async def post_supervision(
        case_id: UUID, principal: Superior, asked: AskedHere
    ) -> SupervisionReply:
        """Every department that has a task of the case is told."""
        command = asked.command(case_id, SuperviseCase(), principal)
        return SupervisionReply.model_validate((await commands.submit(command)).body)

    return router
