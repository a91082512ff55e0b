"""Doors for operators, in every service: what is held, dead letters, and what was done about them.

Metadata only: nothing that a record says leaves by here.
"""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from civicloop_kit.auth import Principal, requires
from civicloop_kit.held_reads import DeadLetter, HeldReads, UnknownLetterError
from civicloop_kit.http import Refusals
from civicloop_kit.mending import NotFailedError, NotNextError, UnknownHeldError
from civicloop_kit.operation import (
    Operation,
    Selection,
    UnknownCaseError,
    UnknownOperationError,
)
from civicloop_kit.operations import Operations
from civicloop_kit.operator_bodies import (
    Discard,
    HeldCaseReply,
    HeldPage,
    LetterPage,
    OperationPage,
    OperationReply,
    Retry,
    reply_of,
)

OPERATOR_REFUSALS: Final[Refusals] = {
    UnknownCaseError: (404, "unknown_held_case"),
    UnknownHeldError: (404, "unknown_held_record"),
    UnknownOperationError: (404, "unknown_operation"),
    UnknownLetterError: (404, "unknown_dead_letter"),
    NotFailedError: (409, "not_failed"),
    NotNextError: (409, "not_next"),
}
MAX_PAGE: Final = 500
ACCEPTED: Final = 202

Operator = Annotated[Principal, Depends(requires("operator"))]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
HeldReason = Literal["bug", "newer", "timer", "gap"]


def operator_router(reads: HeldReads, operations: Operations[object]) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/v1", tags=["operators"])
    _add_held(router, reads)
    _add_changes(router, operations)
    _add_letters(router, reads)
    return router


def _add_held(router: APIRouter, reads: HeldReads) -> None:
    @router.get("/held", summary="What is held, by cause and by case", operation_id="listHeld")
    async def get_held(
        _operator: Operator,
        after: UUID | None = None,
        reason: HeldReason | None = None,
        error: Annotated[str | None, Query(max_length=500)] = None,
        limit: Limit = 100,
    ) -> HeldPage:
        """What failed (a record, a timer), what needs a newer release, or a gap; and what follows.

        ``reason`` and ``error`` choose among the cases.
        """
        groups = await reads.groups()
        cases = await reads.cases(after=after, reason=reason, error=error, limit=limit)
        last = cases[-1].case_id if len(cases) == limit else None
        return HeldPage(causes=list(groups), cases=list(cases), next=last)

    @router.get(
        "/held/cases/{case_id}",
        summary="What one case waits for",
        operation_id="getHeldCase",
    )
    async def get_case(case_id: UUID, _operator: Operator) -> HeldCaseReply:
        """Where its held records lie, and why each waits."""
        case, places = await reads.case(case_id)
        return HeldCaseReply(case=case, held=list(places))


def _add_changes(router: APIRouter, operations: Operations[object]) -> None:
    @router.post(
        "/held/retry",
        summary="Try blocked cases again",
        operation_id="retryHeld",
        responses={ACCEPTED: {"model": OperationReply, "description": "it goes on by itself"}},
    )
    async def post_retry(body: Retry, operator: Operator, response: Response) -> OperationReply:
        """Their held records are applied in order, by the same rules; what fails is held again.

        One case is answered when it was tried; more are tried at the rate, also after a restart of
        the service. Asked for twice, nothing is applied twice.
        """
        selection = Selection(case_id=body.case_id, reason=body.reason, error=body.error)
        operation = await operations.retry(operator.name, selection, body.rate)
        return _answer(operation, response)

    @router.post(
        "/held/cases/{case_id}/discard",
        summary="Leave out a record that cannot be applied",
        operation_id="discardHeld",
        responses={ACCEPTED: {"model": OperationReply, "description": "it goes on by itself"}},
    )
    async def post_discard(
        case_id: UUID, body: Discard, operator: Operator, response: Response
    ) -> OperationReply:
        """Its source advances by exactly this record; then what waits behind it is applied."""
        place = body.topic, body.partition, body.offset
        operation = await operations.discard(operator.name, case_id, place, body.why)
        return _answer(operation, response)

    @router.get(
        "/operations", summary="Who retried and discarded what", operation_id="listOperations"
    )
    async def get_operations(
        _operator: Operator, before: UUID | None = None, limit: Limit = 100
    ) -> OperationPage:
        """The newest first; nothing is ever taken off this list."""
        found = await operations.newest(before, limit)
        last = found[-1].operation_id if len(found) == limit else None
        return OperationPage(operations=[reply_of(operation) for operation in found], next=last)

    @router.get(
        "/operations/{operation_id}",
        summary="How far an operation is",
        operation_id="getOperation",
    )
    async def get_operation(operation_id: UUID, _operator: Operator) -> OperationReply:
        """Finished or still going on."""
        return reply_of(await operations.find(operation_id))


def _add_letters(router: APIRouter, reads: HeldReads) -> None:
    @router.get(
        "/dead-letters",
        summary="Records of which not even the case can be read",
        operation_id="listDeadLetters",
    )
    async def get_letters(
        _operator: Operator,
        before: UUID | None = None,
        reason: Annotated[str | None, Query(max_length=500)] = None,
        limit: Limit = 100,
    ) -> LetterPage:
        """By reason, and the newest first; ``reason`` chooses among the letters."""
        groups = await reads.letter_groups()
        letters = await reads.letters(before=before, reason=reason, limit=limit)
        last = letters[-1].letter_id if len(letters) == limit else None
        return LetterPage(reasons=list(groups), letters=list(letters), next=last)

    @router.get(
        "/dead-letters/{letter_id}", summary="One dead letter", operation_id="getDeadLetter"
    )
    async def get_letter(letter_id: UUID, _operator: Operator) -> DeadLetter:
        """Where it lies and why it is one; ``unsent``: its notice has not reached the topic."""
        return await reads.letter(letter_id)


def _answer(operation: Operation, response: Response) -> OperationReply:
    if operation.finished_at is None:
        response.status_code = ACCEPTED
    return reply_of(operation)
