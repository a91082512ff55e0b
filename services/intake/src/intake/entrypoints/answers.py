"""What callers get."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from civicloop_contracts.codes import CaseStatus, Outcome, Precision
from civicloop_contracts.fact import DepartmentCode, DivisionCode
from intake.entrypoints.bodies import MatterBody


class Receipt(BaseModel):
    """What became of a report; ``reason`` says why it was rejected.

    ``joined``: it evidently tells of a case that was there, and that is its case now.
    ``may_belong_to``: it may tell of this case, which has ended or is ending; a person may merge.
    """

    case_id: UUID
    report_id: UUID
    status: Literal[CaseStatus.FILED, CaseStatus.REJECTED]
    reason: str | None = None
    joined: bool | None = None
    may_belong_to: UUID | None = None


class WithdrawalAnswer(BaseModel):
    """The report is taken back.

    ``requested``: it was the last one, so its case is to end; if that was solved before, the
    withdrawal is refused, the reporter told, and the report counts again.
    """

    case_id: UUID
    report_id: UUID
    withdrawal: Literal["accepted", "requested"]


class SupplementAnswer(BaseModel):
    """What was added is kept, and goes to whoever works on the case.

    ``reaches_departments``: False while they are done with it, and it is verified or its reporters
    are asked; they read it if the case comes back.
    """

    case_id: UUID
    report_id: UUID
    supplement_id: UUID
    reaches_departments: bool = True


class MergeAnswer(BaseModel):
    """The case is on its way into ``survivor``, the end of the chain of merges."""

    case_id: UUID
    survivor: UUID
    state: Literal["merging"]


class BatchAnswer(BaseModel):
    """One result per line, in order: a receipt, or a `problem` as RFC 9457 has it.

    A receipt that was given before for the same key says `repeated`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {
                            "case_id": "019cabc0-0000-7000-8000-000000000001",
                            "report_id": "019cabc0-0000-7000-8000-000000000002",
                            "status": "filed",
                        },
                        {
                            "problem": {
                                "type": "urn:civicloop:problem:invalid",
                                "title": "Unprocessable Entity",
                                "status": 422,
                                "detail": "the line does not fit its schema",
                                "errors": [{"path": "report/channel", "code": "enum"}],
                            }
                        },
                    ]
                }
            ]
        }
    )

    results: Sequence[Mapping[str, Any]]


class PlaceView(BaseModel):
    """Where it is, as far as anybody may know."""

    division: DivisionCode
    precision: Precision


class CaseView(BaseModel):
    """The public status of a case; nothing of a person is in it.

    ``survivor`` is the case that goes on with the reports of a merged one.
    """

    case_id: UUID
    status: CaseStatus
    round: int
    outcome: Outcome | None = None
    survivor: UUID | None = None
    reason: str | None = None
    filed_at: datetime
    updated_at: datetime
    matter: MatterBody
    place: PlaceView
    departments: Sequence[DepartmentCode] = ()


class NarrativeView(BaseModel):
    """A case's narrative: its text, or that it was erased, or that there is none."""

    case_id: UUID
    state: Literal["text", "erased", "none"]
    text: str | None = Field(default=None, repr=False)


class NarrativesAnswer(BaseModel):
    """One item per case that was asked for, in order."""

    narratives: Sequence[NarrativeView]
