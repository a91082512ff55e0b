"""What operators send to every service and get: bodies of `operator_doors`."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from civicloop_kit.bodies import Body, Text
from civicloop_kit.held_reads import DeadLetter, HeldCase, HeldGroup, HeldPlace, LetterGroup
from civicloop_kit.operation import DEFAULT_RATE, Operation, Why

MAX_RATE: Final = 500
# As `error` in the list of what is held.
ErrorText = Annotated[str, Field(min_length=1, max_length=500), Text]


class HeldPage(BaseModel):
    """What is held, by cause and by case; ``next`` is the ``after`` of the next page of cases."""

    causes: list[HeldGroup]
    cases: list[HeldCase]
    next: UUID | None


class HeldCaseReply(BaseModel):
    """What a case waits for, and its held records, the first to be applied first (at most 500)."""

    case: HeldCase
    held: list[HeldPlace]


class Retry(Body):
    """Which blocked cases to try again: one, those of a cause, or all; ``rate`` cases a second."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "bug", "error": "ZeroDivisionError"}]},
    )

    case_id: UUID | None = None
    reason: Literal["bug", "newer", "timer"] | None = None
    error: ErrorText | None = None
    all: Literal[True] | None = None
    rate: Annotated[int, Field(ge=1, le=MAX_RATE)] = DEFAULT_RATE

    @model_validator(mode="after")
    def _names_one(self) -> "Retry":
        if sum(value is not None for value in (self.case_id, self.reason, self.all)) != 1:
            message = "name one of case_id, reason and all"
            raise ValueError(message)
        if self.error is not None and self.reason is None:
            message = "an error goes with its reason"
            raise ValueError(message)
        return self


class Discard(Body):
    """Which record to leave out, by where it lies in Kafka, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"topic": "intake.cases", "partition": 0, "offset": 41, "why": "not_a_fact"}
            ]
        },
    )

    topic: Annotated[str, Field(min_length=1, max_length=249), Text]
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    why: Why


class OperationReply(BaseModel):
    """What was asked for and what came of it so far; ``finished_at`` null: it goes on.

    ``cases`` were tried, ``freed`` of them hold nothing any more, ``records`` were applied. Of a
    discarded record: where it lay, and the number that its source advanced to, null for none.
    """

    operation_id: UUID
    kind: str
    requested_at: datetime
    principal: str
    case_id: UUID | None
    reason: str | None
    error: str | None
    topic: str | None
    partition: int | None
    offset: int | None
    source: str | None
    sequence: int | None
    digest: str | None
    why: Why | None
    rate: int
    cases: int
    freed: int
    records: int
    finished_at: datetime | None


class OperationPage(BaseModel):
    """Operations, the newest first; ``next`` is the ``before`` of the next page."""

    operations: list[OperationReply]
    next: UUID | None


class LetterPage(BaseModel):
    """Dead letters, by reason and one by one; ``next`` is the ``before`` of the next page."""

    reasons: list[LetterGroup]
    letters: list[DeadLetter]
    next: UUID | None


def reply_of(operation: Operation) -> OperationReply:
    """Return an operation as its doors tell it."""
    selection, gone = operation.selection, operation.discarded
    topic, partition, offset = gone.place if gone else (None, None, None)
    return OperationReply(
        operation_id=operation.operation_id,
        kind=operation.kind,
        requested_at=operation.requested_at,
        principal=operation.principal,
        case_id=selection.case_id,
        reason=selection.reason,
        error=selection.error,
        topic=topic,
        partition=partition,
        offset=offset,
        source=gone.source if gone else None,
        sequence=gone.sequence if gone else None,
        digest=gone.digest if gone else None,
        why=gone.why if gone else None,
        rate=operation.rate,
        cases=operation.cases,
        freed=operation.freed,
        records=operation.records,
        finished_at=operation.finished_at,
    )
