"""Work lists: disputes that wait for a conference, requests that wait for a superior."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from civicloop_kit.auth import Principal, requires
from router.domain.codes import DisputeGround, RequestKind
from router.domain.desk import DisputeRow, RequestRow
from router.ports import Desk

MAX_PAGE: Final = 500

Overseer = Annotated[Principal, Depends(requires("operator", "superior"))]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


class OpenDispute(BaseModel):
    """Who leads a task is unclear; ``department`` had it last, null: nobody."""

    dispute_id: UUID
    case_id: UUID
    task_id: UUID
    department: str | None
    ground: DisputeGround
    opened_at: datetime
    settle_by: datetime


class DisputePage(BaseModel):
    """Open disputes, the next to be settled first; ``next`` is the ``after`` of the next page."""

    disputes: list[OpenDispute]
    next: UUID | None


class PendingRequest(BaseModel):
    """A department asks for more time; ``due_at`` is the deadline that it has now."""

    task_id: UUID
    request_id: UUID
    case_id: UUID
    department: str
    kind: RequestKind
    asked_at: datetime
    review_at: datetime | None
    due_at: datetime | None


class RequestPage(BaseModel):
    """Pending requests, the oldest first; ``next`` is the ``after`` of the next page."""

    requests: list[PendingRequest]
    next: UUID | None


def worklist_router(desk: Desk) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(prefix="/v1", tags=["work lists"])

    @router.get("/disputes", summary="List open disputes (会商)", operation_id="listDisputes")
    async def get_disputes(
        _principal: Overseer, after: UUID | None = None, limit: Limit = 50
    ) -> DisputePage:
        """What ends by rule unless a conference settles it in time."""
        found = await desk.list_disputes(after, limit)
        last = found[-1].dispute_id if len(found) == limit else None
        return DisputePage(disputes=[_dispute(row) for row in found], next=last)

    @router.get(
        "/requests", summary="List pending requests (延期, 挂起)", operation_id="listRequests"
    )
    async def get_requests(
        _principal: Overseer, after: UUID | None = None, limit: Limit = 50
    ) -> RequestPage:
        """What departments ask for; their clocks run on meanwhile."""
        found = await desk.list_requests(after, limit)
        last = found[-1].row_id if len(found) == limit else None
        return RequestPage(requests=[_request(row) for row in found], next=last)

    return router


def _dispute(row: DisputeRow) -> OpenDispute:
    return OpenDispute(
        dispute_id=row.dispute_id,
        case_id=row.case_id,
        task_id=row.task_id,
        department=row.department,
        ground=row.ground,
        opened_at=row.opened_at,
        settle_by=row.settle_by,
    )


def _request(row: RequestRow) -> PendingRequest:
    return PendingRequest(
        task_id=row.task_id,
        request_id=row.request_id,
        case_id=row.case_id,
        department=row.department,
        kind=row.kind,
        asked_at=row.asked_at,
        review_at=row.review_at,
        due_at=row.due_at,
    )
