"""HTTP for departments that pull."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from civicloop_kit.auth import Principal, requires
from civicloop_kit.http import traceparent_of
from department_adapter import wire
from department_adapter.entrypoints.departments import Code
from department_adapter.entrypoints.lease_bodies import (
    LeaseBody,
    LeasesView,
    ReceiptView,
    WaitingListView,
)
from department_adapter.entrypoints.leases import LeaseDesk

Department = Annotated[Principal, Depends(requires("department"))]
Reader = Annotated[Principal, Depends(requires("department", "operator"))]
LeaseId = Annotated[str, Path(pattern=wire.LEASE_PATTERN, description="As a lease names itself.")]


def pull_router(desk: LeaseDesk) -> APIRouter:
    """Return the endpoints for departments that come for their deliveries."""
    router = APIRouter(prefix="/v1/departments/{code}/leases", tags=["pull"])

    @router.post("", summary="Take deliveries for a minute; each wants a receipt")
    async def lease_deliveries(code: Code, body: LeaseBody, caller: Department) -> LeasesView:
        return await desk.lease(code, body, caller)

    @router.get("", summary="What waits for a department; looking changes nothing")
    async def get_waiting(code: Code, caller: Reader) -> WaitingListView:
        return await desk.waiting(code, caller)

    @router.post("/{lease_id}/receipt", summary="Say that a delivery is safe with its department")
    async def post_receipt(
        code: Code, lease_id: LeaseId, caller: Department, request: Request
    ) -> ReceiptView:
        return await desk.receipt(code, lease_id, caller, traceparent_of(request))

    return router
