"""The doors of intake: reports in, public status out, narratives for departments, erasure.

Those for people who look after cases are in `case_http`.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError

from civicloop_contracts.codes import Service
from civicloop_kit.auth import Principal, requires
from civicloop_kit.command import Reply
from civicloop_kit.http import (
    IdempotencyKey,
    Refusals,
    problem_of,
    traceparent_of,
    validation_errors,
)
from civicloop_kit.problems import Problem
from civicloop_kit.vault import ErasedError
from intake.domain.errors import (
    AlreadyFiledError,
    AlreadyMergedError,
    CaseEndedError,
    ImportedHistoryError,
    LastReportError,
    MergeUnderWayError,
    ReportElsewhereError,
    ReportWithdrawnError,
    TooManySupplementsError,
    UnknownCaseError,
    UnknownReportError,
    WithdrawalUnderWayError,
)
from intake.entrypoints.answers import BatchAnswer, CaseView, NarrativesAnswer, Receipt
from intake.entrypoints.bodies import BatchBody, LineBody, NarrativesBody, ReportBody
from intake.entrypoints.described import GENERAL, KEY_MISSING, NOT_FOUND, Answers, problem
from intake.entrypoints.desk import ReportDesk
from intake.entrypoints.vault_desk import VaultDesk
from intake.entrypoints.views import case_view
from intake.ports import Records

REFUSALS: Final[Refusals] = {
    AlreadyFiledError: (409, "case_already_filed"),
    AlreadyMergedError: (409, "already_merged"),
    CaseEndedError: (409, "case_ended"),
    ErasedError: (409, "reporter_erased"),
    ImportedHistoryError: (409, "imported_history"),
    LastReportError: (409, "last_report"),
    MergeUnderWayError: (409, "merge_under_way"),
    ReportElsewhereError: (409, "report_elsewhere"),
    ReportWithdrawnError: (409, "report_withdrawn"),
    TooManySupplementsError: (409, "too_many_supplements"),
    UnknownCaseError: (404, "case_unknown"),
    UnknownReportError: (404, "report_unknown"),
    WithdrawalUnderWayError: (409, "withdrawal_under_way"),
}
_REPORT_ANSWERS: Final[Answers] = {
    **GENERAL,
    **KEY_MISSING,
    200: {"description": "The same request was answered before", "model": Receipt},
    409: problem("The key stands for another request"),
}
_FOUND_ANSWERS: Final[Answers] = {**GENERAL, **NOT_FOUND}

IMPORTER: Final = "operator"
ByReporter = Annotated[Principal, Depends(requires("channel", IMPORTER))]
ByReader = Annotated[
    Principal, Depends(requires("channel", "verifier", "operator", "superior", "service"))
]
ByService = Annotated[Principal, Depends(requires("service"))]
ByOperator = Annotated[Principal, Depends(requires("operator"))]


class Doors:
    """One method per endpoint."""

    def __init__(
        self,
        reports: ReportDesk,
        vault: VaultDesk,
        records: Records,
        *,
        standards: Collection[str],
    ) -> None:
        self._reports = reports
        self._vault = vault
        self._records = records
        self._standards = standards

    async def post_report(
        self,
        body: ReportBody,
        principal: ByReporter,
        request: Request,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> Mapping[str, Any]:
        """Answer 201 once the case is saved; 200 when the same request was answered before.

        422 `standard_not_used`: reports are not taken under this standard here.
        """
        if idempotency_key is None:
            raise key_missing()
        line = LineBody(idempotency_key=idempotency_key, report=body)
        refused = self._refusal_of(line, principal)
        if refused is not None:
            raise refused
        reply = await self._reports.submit(line, principal.name, traceparent_of(request))
        if reply.repeated:
            response.status_code = 200
        return reply.body

    async def post_reports(
        self, body: BatchBody, principal: ByReporter, request: Request
    ) -> BatchAnswer:
        """Answer per line: good lines go through whatever is wrong with the others."""
        checked = [self._checked(line, principal) for line in body.lines]
        good = [line for line in checked if isinstance(line, LineBody)]
        outcomes = iter(
            await self._reports.submit_all(good, principal.name, traceparent_of(request))
        )
        return BatchAnswer(
            results=[
                _result(next(outcomes) if isinstance(line, LineBody) else line) for line in checked
            ]
        )

    def _checked(self, raw: object, principal: Principal) -> LineBody | Problem:
        try:
            line = LineBody.model_validate(raw)
        except ValidationError as error:
            faults = validation_errors(error.errors(include_input=False, include_context=False))
            return Problem(422, "invalid", "the line does not fit its schema", faults)
        return self._refusal_of(line, principal) or line

    def _refusal_of(self, line: LineBody, principal: Principal) -> Problem | None:
        """Return why a line that fits its schema is not taken: it goes beyond its channel."""
        external = line.report.external
        if external is not None and not principal.plays(IMPORTER):
            return _external_not_allowed()
        # What another system has accepted has codes that are not ours to judge.
        accepted = external is not None and external.source_id is not None
        if accepted or line.report.matter.standard_ref in self._standards:
            return None
        return _standard_not_used(self._standards)

    async def get_case(self, case_id: UUID, _principal: ByReader) -> CaseView:
        """Tell how far a case is."""
        state = await self._records.case(case_id)
        view = case_view(state) if state else None
        if view is None:
            raise UnknownCaseError
        return view

    async def post_narratives(self, body: NarrativesBody, principal: ByService) -> NarrativesAnswer:
        """Give out what reporters wrote to the one service that tells departments; audited."""
        if principal.name != Service.DEPARTMENT_ADAPTER:
            raise Problem(403, "forbidden", "only the department adapter reads narratives")
        views = await self._vault.narratives(body.case_ids, principal.name, body.purpose)
        return NarrativesAnswer(narratives=views)

    async def delete_identity(self, report_id: UUID, principal: ByOperator) -> None:
        """Destroy the reporter's key: narrative and contact can never be read again."""
        if not await self._vault.erase(report_id, principal.name):
            raise UnknownReportError


def routes(doors: Doors) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter()
    router.add_api_route(
        "/v1/reports",
        doors.post_report,
        methods=["POST"],
        status_code=201,
        response_model=Receipt,
        response_model_exclude_none=True,
        summary="Hand in a report; it becomes a case or is rejected",
        responses=_REPORT_ANSWERS,
        tags=["reports"],
    )
    router.add_api_route(
        "/v1/reports:batch",
        doors.post_reports,
        methods=["POST"],
        summary="Hand in up to 500 reports; one result per line",
        responses=GENERAL,
        tags=["reports"],
    )
    router.add_api_route(
        "/v1/cases/{case_id}",
        doors.get_case,
        methods=["GET"],
        response_model_exclude_none=True,
        summary="Public status of a case",
        responses=_FOUND_ANSWERS,
        tags=["cases"],
    )
    router.add_api_route(
        "/v1/narratives",
        doors.post_narratives,
        methods=["POST"],
        response_model_exclude_none=True,
        summary="Narratives of up to 100 cases, for delivery to departments; audited",
        responses=GENERAL,
        tags=["vault"],
    )
    router.add_api_route(
        "/v1/reports/{report_id}/identity",
        doors.delete_identity,
        methods=["DELETE"],
        status_code=204,
        summary="Erase a reporter's identity and words",
        responses=_FOUND_ANSWERS,
        tags=["vault"],
    )
    return router


def key_missing() -> Problem:
    """Return what to say to who sends no idempotency key where one is needed."""
    return Problem(
        400,
        "idempotency_key_missing",
        "send the header Idempotency-Key: 1 to 128 visible ASCII characters, new for each request",
        [{"path": "header/Idempotency-Key", "code": "missing"}],
    )


def _external_not_allowed() -> Problem:
    return Problem(403, "external_not_allowed", f"`external` takes the role {IMPORTER}")


def _standard_not_used(used: Collection[str]) -> Problem:
    place = "body/matter/standard_ref"
    detail = f"{place} is none of those that are used here: {', '.join(sorted(used))}"
    return Problem(422, "standard_not_used", detail, [{"path": place, "code": "standard_not_used"}])


def _result(outcome: Reply | Exception) -> Mapping[str, Any]:
    if isinstance(outcome, Exception):
        return {"problem": problem_of(outcome, REFUSALS).body()}
    return {**outcome.body, "repeated": True} if outcome.repeated else outcome.body
