"""What callers send. An unknown field, a NUL or half a surrogate pair is refused."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    SkipValidation,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from civicloop_contracts.codes import Channel, MatterKind
from civicloop_contracts.fact import (
    ConditionCode,
    DepartmentCode,
    DivisionCode,
    MatterCode,
    RunId,
    StandardRef,
)
from civicloop_contracts.fact import Replay as ContractReplay
from civicloop_kit.bodies import Body, Text, Time
from intake.ports import Contact, Language, Purpose

MAX_NARRATIVE_CHARS: Final = 4_000
MAX_NAME_CHARS: Final = 64
MAX_BATCH_LINES: Final = 500
MAX_NARRATIVE_CASES: Final = 100


Narrative = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NARRATIVE_CHARS), Text]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS), Text]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{2,23}$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:/#-]{0,63}$")]
LineKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]


class MatterBody(Body):
    """What it is about: an entry of a standard and, where known, its filing condition."""

    standard_ref: StandardRef
    kind: MatterKind
    code: MatterCode
    condition: ConditionCode | None = None


class PlaceBody(Body):
    """Where it is (WGS 84). For premises only the division and an H3 cell are told on."""

    division: DivisionCode
    latitude: Annotated[float, Field(ge=-90, le=90, strict=True, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, strict=True, allow_inf_nan=False)] | None = (
        None
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> "PlaceBody":
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("position_half", "latitude and longitude go together")
        return self


class ContactBody(Body):
    """How to reach the reporter; kept in the vault until the end or until erased."""

    name: PersonName | None = None
    phone: Phone | None = None
    language: Language = Language.CHINESE

    @property
    def contact(self) -> Contact:
        """The contact as the vault keeps it."""
        return Contact(name=self.name, phone=self.phone, language=self.language)


class ClockBody(Body):
    """The source system's deadline; null: it set none, and the case counts as on time."""

    due_at: Time | None


class ReplayBody(Body):
    """An imported history: the case lives on these times; null: it was never handled."""

    run: RunId
    handled_at: Time | None
    as_of: Time

    @property
    def clock(self) -> ContractReplay:
        """The clock that the case lives on."""
        return ContractReplay(run=self.run, handled_at=self.handled_at, as_of=self.as_of)


class ExternalBody(Body):
    """What a source system knew of a case; ``channel`` is how it had come in there."""

    source_id: SourceId | None = None
    channel: Channel = Channel.IMPORT
    clock: ClockBody | None = None
    lead: DepartmentCode | None = None
    opened_at: Time | None = None
    replay: ReplayBody | None = None

    @model_validator(mode="after")
    def _times_in_order(self) -> "ExternalBody":
        if self.replay is None:
            return self
        if self.opened_at is None:
            raise PydanticCustomError("replay_without_opening", "a replay needs opened_at")
        last = self.replay.handled_at or self.opened_at
        if not self.opened_at <= last <= self.replay.as_of:
            raise PydanticCustomError(
                "times_out_of_order", "opened_at <= handled_at <= as_of does not hold"
            )
        return self


class ReportBody(Body):
    """One report (上报). ``external`` is for the channel `import` and role `operator` only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "snap",
                    "matter": {
                        "standard_ref": "gbt-47678.5-2026",
                        "kind": "matter",
                        "code": "01002",
                        "condition": "missing",
                    },
                    "place": {
                        "division": "410105001",
                        "latitude": 34.7871,
                        "longitude": 113.6812,
                    },
                    "narrative": "井盖不见了，路口很危险。",
                    "contact": {"phone": "+86 371 0000 0000", "language": "zh-CN"},
                }
            ]
        }
    )

    channel: Channel
    matter: MatterBody
    place: PlaceBody
    narrative: Narrative | None = None
    contact: ContactBody | None = None
    external: ExternalBody | None = None

    @field_validator("external")
    @classmethod
    def _only_imported(
        cls, value: ExternalBody | None, info: ValidationInfo
    ) -> ExternalBody | None:
        if value is not None and info.data.get("channel") is not Channel.IMPORT:
            raise PydanticCustomError("not_imported", "only the channel import has external")
        return value


class LineBody(Body):
    """One line of a batch: a report under a key of its own."""

    idempotency_key: LineKey
    report: ReportBody


class BatchBody(Body):
    """Up to 500 reports. Each line is checked and answered on its own."""

    # Not checked here, so that one bad line does not refuse the others.
    lines: Annotated[
        list[SkipValidation[LineBody]], Field(min_length=1, max_length=MAX_BATCH_LINES)
    ]


class SupplementBody(Body):
    """What a reporter adds (补充); kept in the vault like the narrative."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "就在公交站旁边。"}]})

    text: Narrative


class MergeBody(Body):
    """Which case goes on (并案); one that was merged itself stands for the end of its chain."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"survivor": "019cabc0-0000-7000-8000-000000000001"}]}
    )

    survivor: UUID


class UnmergeBody(Body):
    """Which report is taken out and filed anew."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"report_id": "019cabc0-0000-7000-8000-000000000002"}]}
    )

    report_id: UUID


class NarrativesBody(Body):
    """Which cases' narratives are wanted, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"purpose": "delivery", "case_ids": ["019cabc0-0000-7000-8000-000000000001"]}
            ]
        }
    )

    purpose: Literal[Purpose.DELIVERY]
    case_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_NARRATIVE_CASES)]
