"""The model of a mapping file; `docs/reference/import-mapping.md` explains every key."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from civicloop.importer.mapping_values import (
    NO_TWINS,
    PROBE,
    Action,
    CauseWord,
    ChannelWord,
    ClassDigits,
    Delimiter,
    Encoding,
    Format,
    KindWord,
    MappingName,
    Name,
    OwnDepartmentCode,
    PerThousand,
    PrecisionWord,
    TypeDigits,
    Word,
    Zone,
    refuse_repeats,
    refuse_shared,
)
from civicloop.importer.times import SkippedTimeError, SourceClock, UnreadableTimeError
from civicloop_contracts.fact import DepartmentCode, DivisionCode, MatterCode, StandardRef

UNLISTED_TYPE: Final = "000"
UNLISTED_CLASS: Final = "00"


class Part(BaseModel):
    """A group of keys; an unknown key is refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Columns(Part):
    """The source's column for each of our fields; None for a field that it does not have."""

    source_id: Word
    opened_at: Word
    due_at: Word | None
    handled_at: Word | None
    status: Word | None
    channel: Word | None
    department: Word | None
    matter_class: Word | None
    matter_type: Word | None
    division: Word | None
    latitude: Word | None
    longitude: Word | None
    on_time_flag: Word | None

    @model_validator(mode="after")
    def _position_is_whole(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together: name both columns or neither")
        return self


class Statuses(Part):
    """The words for an open and a closed case."""

    open: list[Word]
    closed: list[Word]

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        refuse_shared(self.open, self.closed)
        return self


class FlagWords(Part):
    """The words of the source's own judgement."""

    on_time: list[Word]
    overdue: list[Word]

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        refuse_shared(self.on_time, self.overdue)
        return self


class Agreement(Part):
    """How far the two judgements may differ."""

    max_per_1000: PerThousand
    causes: list[CauseWord]


class Channels(Part):
    """The source's channel words; ``default`` None rejects a row with another one."""

    default: ChannelWord | None
    words: Annotated[dict[Word, ChannelWord], NO_TWINS]


class Department(Part):
    """One department: our code and its names."""

    code: OwnDepartmentCode
    en: Name
    zh: Name


class Departments(Part):
    """The source's departments; ``default`` None rejects a row with another one."""

    default: DepartmentCode | None
    values: Annotated[dict[Word, Department], NO_TWINS]

    @model_validator(mode="after")
    def _are_consistent(self) -> Self:
        names: dict[str, tuple[str, str]] = {}
        for value, it in self.values.items():
            if names.setdefault(it.code, (it.en, it.zh)) != (it.en, it.zh):
                raise ValueError(f"{it.code} has two names (see {value!r}): give it the same names")
        if self.default is not None and self.default not in names:
            raise ValueError(f"default {self.default!r} is none of the codes under values: add it")
        return self


class Divisions(Part):
    """The administrative areas; ``default`` None rejects a row with another value."""

    default: DivisionCode | None
    codes: Annotated[dict[Word, DivisionCode], NO_TWINS]


class Places(Part):
    """Where a row is."""

    division: Divisions


class Rejections(Part):
    """Rows that can be imported, or not."""

    handled_before_opened: Action
    status_contradicts_handled_at: Action
    flag_unknown: Action
    position_unusable: Action


class MatterClass(Part):
    """One coarse kind of matter, with its fine ones."""

    code: ClassDigits
    precision: PrecisionWord
    types: Annotated[dict[Word, TypeDigits], NO_TWINS]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        refuse_repeats(self.types.values(), UNLISTED_TYPE)
        return self


class Matters(Part):
    """What a row is about; ``default`` None rejects a row of an unlisted class."""

    standard_ref: StandardRef
    kind: KindWord
    default: MatterCode | None
    default_precision: PrecisionWord
    classes: Annotated[dict[Word, MatterClass], NO_TWINS]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        refuse_repeats([it.code for it in self.classes.values()], UNLISTED_CLASS)
        return self


class Mapping(Part):
    """How one city's file is read."""

    version: Literal[1]
    name: MappingName
    encoding: Encoding
    delimiter: Delimiter
    blank: list[Word]
    time_zone: Zone
    time_formats: Annotated[list[Format], Field(min_length=1)]
    repeated_time: Literal["earlier", "later"]
    skipped_time: Literal["reject", "shift"]
    as_of: str
    columns: Columns
    status: Statuses
    on_time_flag: FlagWords
    agreement: Agreement
    channels: Channels
    departments: Departments
    place: Places
    reject: Rejections
    matters: Matters

    @model_validator(mode="after")
    def _as_of_is_a_time(self) -> Self:
        try:
            self.moment(self.as_of)
        except ValueError as error:
            raise ValueError(f"as_of {error}") from error
        return self

    @cached_property
    def clock(self) -> SourceClock:
        """How this source writes times."""
        return SourceClock(
            zone=ZoneInfo(self.time_zone),
            formats=self.time_formats,
            later=self.repeated_time == "later",
            shift=self.skipped_time == "shift",
        )

    def moment(self, text: str) -> datetime:
        """Return a time that a person wrote, in the first of the formats.

        Raises:
            ValueError: It is no such time.
        """
        form = self.time_formats[0]
        try:
            return replace(self.clock, formats=[form]).read(text)
        except (UnreadableTimeError, SkippedTimeError) as error:
            message = f"{text!r} must be a time written as {PROBE.strftime(form)!r} is"
            raise ValueError(message) from error

    def digest(self) -> str:
        """Return the same for mappings that import the same, whatever they compare it with."""
        told = self.model_dump(
            mode="json",
            exclude={"agreement": True, "on_time_flag": True, "columns": {"on_time_flag"}},
        )
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
