"""Doors for people: verify a case, say how the reporter answered, see what waits."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from civicloop_contracts.codes import Outcome, Tier
from civicloop_contracts.facts.parts import TaskNo
from civicloop_kit.asked import AskedHere
from civicloop_kit.auth import Principal, principal_ref, requires
from civicloop_kit.bodies import Body
from civicloop_kit.http import Refusals
from feedback.domain.case import CaseState
from feedback.domain.commands import RecordSatisfaction, ReopenCase, VerifyCase
from feedback.domain.errors import (
    HandlerMayNotVerifyError,
    HandlingUnreadError,
    NotToCallBackError,
    NotToReopenError,
    NotToVerifyError,
    UnknownCaseError,
    UnknownTaskError,
)
from feedback.ports import CommandPort, ReadModel, WaitingCase

REFUSALS: Final[Refusals] = {
    UnknownCaseError: (404, "unknown_case"),
    HandlerMayNotVerifyError: (403, "handler_may_not_verify"),
    NotToVerifyError: (409, "not_to_verify"),
    HandlingUnreadError: (409, "handling_unread"),
    UnknownTaskError: (422, "unknown_task"),
    NotToCallBackError: (409, "not_to_call_back"),
    NotToReopenError: (409, "not_to_reopen"),
}
MAX_PAGE: Final = 500

Verifier = Annotated[Principal, Depends(requires("verifier"))]
ChannelPrincipal = Annotated[Principal, Depends(requires("channel"))]
InCharge = Annotated[Principal, Depends(requires("superior", "operator"))]


class Verification(Body):
    """What the verifier (核实员) found: done, or not done.

    ``tasks``: the numbers of those that were not done; left out, all that the case needs.
    """

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"passed": True}, {"passed": False, "tasks": [2]}]},
    )

    passed: bool
    # A list in JSON is no tuple to a strict model.
    tasks: Annotated[tuple[TaskNo, ...], Field(min_length=1, strict=False)] | None = None

    @model_validator(mode="after")
    def _names_only_failures(self) -> Self:
        if self.passed and self.tasks is not None:
            raise ValueError("a verification that passed names no tasks")
        return self


class Satisfaction(Body):
    """What the reporter said when called back (回访); ``satisfied`` null: not said."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"solved": True, "satisfied": None}]},
    )

    solved: bool
    satisfied: bool | None = None


class Standing(BaseModel):
    """Where the case stands after the request."""

    case_id: UUID
    state: CaseState
    round: int
    outcome: Outcome | None


class VerificationReply(Standing):
    """The verification, recorded."""

    passed: bool


class SatisfactionReply(Standing):
    """The answer, recorded."""

    solved: bool


class Waiting(BaseModel):
    """A case that waits for somebody who did not handle it.

    ``tier``: whose verifier is asked until ``verify_by``; then it is the next tier's, up to city.
    It is a word to the office and no lock: any verifier may verify.
    """

    case_id: UUID
    round: int
    tier: Tier
    verify_by: datetime
    handled_at: datetime
    district: str | None
    departments: tuple[str, ...]


class WaitingPage(BaseModel):
    """Cases in the order of filing; ``next`` is the ``after`` of the next page."""

    cases: list[Waiting]
    next: UUID | None


def case_router(commands: CommandPort, reads: ReadModel, reference_key: bytes) -> APIRouter:
    """Return the endpoints about single cases. ``reference_key`` hashes the verifier's name."""
    router = APIRouter(prefix="/v1", tags=["cases"])

    @router.post(
        "/cases/{case_id}/verification",
        summary="Record a verification (核实)",
        operation_id="verifyCase",
    )
    async def post_verification(
        case_id: UUID, body: Verification, principal: Verifier, asked: AskedHere
    ) -> VerificationReply:
        """Passed: the reporter is called back. Not passed: the tasks that failed are done again.

        Nobody who is recorded on the case's tasks may verify it.
        """
        verifier = principal_ref(principal.name, reference_key)
        command = VerifyCase(verifier=verifier, passed=body.passed, tasks=body.tasks or ())
        reply = await commands.submit(asked.command(case_id, command, principal, body))
        return VerificationReply.model_validate(reply.body)

    @router.post(
        "/cases/{case_id}/satisfaction",
        summary="Record the reporter's answer (回访)",
        operation_id="recordSatisfaction",
    )
    async def post_satisfaction(
        case_id: UUID,
        body: Satisfaction,
        principal: ChannelPrincipal,
        asked: AskedHere,
    ) -> SatisfactionReply:
        """Solved closes the case; not solved sends it back, or reopens it within 15 days."""
        command = RecordSatisfaction(solved=body.solved, satisfied=body.satisfied)
        reply = await commands.submit(asked.command(case_id, command, principal, body))
        return SatisfactionReply.model_validate(reply.body)

    @router.post(
        "/cases/{case_id}/reopening",
        summary="Begin another round of a closed case (重新立案)",
        operation_id="reopenCase",
    )
    async def post_reopening(case_id: UUID, principal: InCharge, asked: AskedHere) -> Standing:
        """As after a reporter's "not solved": another round, a tier up, every required task again.

        Within 15 days of closing as solved, and at most twice whoever asks for it.
        """
        reply = await commands.submit(asked.command(case_id, ReopenCase(), principal))
        return Standing.model_validate(reply.body)

    @router.get("/verifications", summary="List cases to verify", operation_id="listVerifications")
    async def get_verifications(
        _principal: Verifier,
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
        tier: Tier | None = None,
    ) -> WaitingPage:
        """The work list of verifiers, in the order of filing; of one tier, or of all.

        The tier binds nobody: any verifier sees and verifies any case. Whom an office asks, and
        whom it gives a token, is its own matter.
        """
        found = await reads.list_waiting(after, limit, tier.value if tier else None)
        last = found[-1].case_id if len(found) == limit else None
        return WaitingPage(cases=[_waiting(case) for case in found], next=last)

    return router


def _waiting(case: WaitingCase) -> Waiting:
    return Waiting(
        case_id=case.case_id,
        round=case.round,
        tier=Tier(case.tier),
        verify_by=case.verify_by,
        handled_at=case.handled_at,
        district=case.district,
        departments=case.departments,
    )
