"""HTTP for operators: deliveries that wait for them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from civicloop_kit.auth import requires
from department_adapter.domain.commands import DeliveryKind
from department_adapter.entrypoints.bodies import ParkedPage, ParkedView
from department_adapter.ports import ParkedEntry, Tasks

MAX_PARKED: Final = 200


def parked_router(tasks: Tasks) -> APIRouter:
    """Return the endpoint that lists what is parked."""
    operator = Depends(requires("operator"))
    router = APIRouter(prefix="/v1", tags=["tasks"], dependencies=[operator])

    @router.get("/parked", summary="Deliveries that wait for an operator, and why")
    async def get_parked(
        cursor: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PARKED)] = MAX_PARKED,
    ) -> ParkedPage:
        found = await tasks.parked(cursor, limit)
        last = found[-1].task_id if len(found) == limit else None
        return ParkedPage(parked=tuple(map(_view, found)), next=last)

    return router


def _view(entry: ParkedEntry) -> ParkedView:
    parked = entry.parked
    return ParkedView(
        task_id=entry.task_id,
        case_id=entry.case_id,
        department=entry.department,
        delivery_id=parked.delivery_id,
        kind=DeliveryKind(parked.delivery_id.split("/")[1]),
        reason=parked.reason,
        parked_at=parked.since,
        review_at=parked.review_at,
    )
