"""Doors for those who look after a report or a case: withdraw, add, merge, unmerge."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civicloop_kit.auth import Principal, requires
from civicloop_kit.command import Reply
from civicloop_kit.http import IdempotencyKey, traceparent_of
from intake.entrypoints.answers import MergeAnswer, Receipt, SupplementAnswer, WithdrawalAnswer
from intake.entrypoints.bodies import MergeBody, SupplementBody, UnmergeBody
from intake.entrypoints.case_desk import CaseDesk
from intake.entrypoints.described import GENERAL, KEY_MISSING, NOT_FOUND, Answers, problem
from intake.entrypoints.http import key_missing
from intake.ports import Caller

ByChannel = Annotated[Principal, Depends(requires("channel"))]
ByOperator = Annotated[Principal, Depends(requires("operator"))]
_REFUSED: Final = "It cannot be done now; the type says why"


class CaseDoors:
    """One method per endpoint."""

    def __init__(self, cases: CaseDesk) -> None:
        self._cases = cases

    async def post_withdrawal(
        self, report_id: UUID, principal: ByChannel, request: Request
    ) -> Mapping[str, Any]:
        """Take a report back; asked again it is the same answer."""
        return (await self._cases.withdraw(report_id, _caller(principal, request))).body

    async def post_supplement(
        self,
        report_id: UUID,
        body: SupplementBody,
        principal: ByChannel,
        request: Request,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> Mapping[str, Any]:
        """Keep what a reporter adds, sealed with the reporter's key."""
        if idempotency_key is None:
            raise key_missing()
        caller = _caller(principal, request, idempotency_key)
        return _told(await self._cases.supplement(report_id, body.text, caller), response)

    async def post_merge(
        self,
        case_id: UUID,
        body: MergeBody,
        principal: ByOperator,
        request: Request,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> Mapping[str, Any]:
        """Answer 202: the router decides whether the case may end, then the reports move."""
        caller = _caller(principal, request, idempotency_key)
        return _told(await self._cases.merge(case_id, body.survivor, caller), response)

    async def post_unmerge(
        self,
        case_id: UUID,
        body: UnmergeBody,
        principal: ByOperator,
        request: Request,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> Mapping[str, Any]:
        """Take a report out of a case; it is filed anew as a case of its own."""
        caller = _caller(principal, request, idempotency_key)
        return _told(await self._cases.unmerge(case_id, body.report_id, caller), response)


def case_routes(doors: CaseDoors) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter()
    router.add_api_route(
        "/v1/reports/{report_id}/withdrawal",
        doors.post_withdrawal,
        methods=["POST"],
        response_model=WithdrawalAnswer,
        summary="Take a report back; with its last report a case ends",
        responses=_answers(),
        tags=["reports"],
    )
    router.add_api_route(
        "/v1/reports/{report_id}/supplements",
        doors.post_supplement,
        methods=["POST"],
        status_code=201,
        response_model=SupplementAnswer,
        summary="Add words to a report, for whoever works on its case",
        responses=_answers(SupplementAnswer) | KEY_MISSING,
        tags=["reports"],
    )
    router.add_api_route(
        "/v1/cases/{case_id}/merge",
        doors.post_merge,
        methods=["POST"],
        status_code=202,
        response_model=MergeAnswer,
        summary="Let a case join another, which goes on with its reports",
        responses=_answers(MergeAnswer),
        tags=["cases"],
    )
    router.add_api_route(
        "/v1/cases/{case_id}/unmerge",
        doors.post_unmerge,
        methods=["POST"],
        status_code=201,
        response_model=Receipt,
        response_model_exclude_none=True,
        summary="Take a report out of a case and file it anew",
        responses=_answers(Receipt),
        tags=["cases"],
    )
    return router


def _answers(repeated: type | None = None) -> Answers:
    known: Answers = {**GENERAL, **NOT_FOUND, 409: problem(_REFUSED)}
    if repeated is not None:
        known[200] = {"description": "The same request was answered before", "model": repeated}
    return known


def _caller(principal: Principal, request: Request, idempotency_key: str | None = None) -> Caller:
    return Caller(
        principal=principal.name,
        idempotency_key=idempotency_key,
        traceparent=traceparent_of(request),
    )


def _told(reply: Reply, response: Response) -> Mapping[str, Any]:
    if reply.repeated:
        response.status_code = 200
    return reply.body
