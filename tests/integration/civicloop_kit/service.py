"""The small room as a service of its own: `python -m tests.integration.civicloop_kit.service`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from tests.unit.civicloop_kit.counting import Count, RefusedError, counting_room

from civicloop_contracts.codes import Service
from civicloop_kit.asked import AskedHere
from civicloop_kit.auth import Principal, requires
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.settings import ServiceSettings


def build(_settings: ServiceSettings, kit: Kit) -> Parts[Any]:
    """Join the parts."""
    router = APIRouter()

    @router.post("/v1/cases/{case_id}/count")
    async def count(
        case_id: UUID,
        principal: Annotated[Principal, Depends(requires("channel"))],
        asked: AskedHere,
    ) -> dict[str, Any]:
        reply = await kit.commands.submit(asked.command(case_id, Count(), principal))
        return {"repeated": reply.repeated, **reply.body}

    return Parts(room=counting_room(), routers=[router], refusals={RefusedError: (409, "refused")})


if __name__ == "__main__":
    run(Service.ROUTER, ServiceSettings, build)
