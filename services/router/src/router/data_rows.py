"""How entries look in the router's data files: names, patterns and what must be there."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from router.domain.calendar import Limit, LimitUnit
from router.domain.catalog import PlaceClass
from router.domain.codes import Gate
from router.domain.parts import MatterKind
from router.domain.territory import DivisionKind, Tier

_UNITS = "|".join(LimitUnit)
_TIERS = f"{Tier.SUBDISTRICT}|{Tier.DISTRICT}|{Tier.CITY}"

LimitText = Annotated[str, Meta(pattern=rf"^[1-9][0-9]{{0,3}} ({_UNITS})$")]
VersionText = Annotated[str, Meta(pattern=r"^[0-9a-z][0-9a-z.-]{0,31}$")]
StandardText = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,31}$")]
ConditionText = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
DepartmentText = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
OwnerText = Annotated[str, Meta(pattern=rf"^(@({_TIERS})|[a-z][a-z0-9-]{{1,31}})$")]
ClassText = Annotated[str, Meta(pattern=r"^[0-9]{2}$")]
CodeText = Annotated[str, Meta(pattern=r"^[0-9]{5}$")]
DivisionText = Annotated[str, Meta(pattern=r"^[0-9]{6}([0-9]{3})?$")]
NameText = Annotated[str, Meta(min_length=1, max_length=80)]
TimeText = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown fields are refused: a misspelt one would be ignored in silence."""


class PolicyRow(Row, frozen=True):
    """What holds for all matters of a catalog."""

    response_limits: dict[LimitUnit, LimitText]
    return_window: LimitText
    dispute_limit: LimitText
    unlisted_limit: LimitText
    reminder_share: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    major_reporters: Annotated[int, Meta(ge=2)] = 10


class CatalogHead(Row, frozen=True):
    """A catalog file; its entries are checked one by one, so that an error can name them."""

    version: VersionText
    policy: PolicyRow
    default_lead: dict[Tier, OwnerText]
    condition_sets: dict[str, Any]
    sections: list[Any]


class ConditionRow(Row, frozen=True):
    """A filing condition. Without a response limit the policy's one for its unit holds."""

    code: ConditionText
    limit: LimitText
    name_zh: NameText
    name_en: NameText
    response: LimitText | None = None


class ConditionSetRow(Row, frozen=True):
    """Filing conditions that entries share."""

    source: NameText
    default: ConditionText
    conditions: Annotated[tuple[ConditionRow, ...], Meta(min_length=1)]


class ClassRow(Row, frozen=True):
    """A class (大类) with the limit of its entries that have no conditions of their own."""

    code: ClassText
    limit: LimitText
    name_zh: NameText
    name_en: NameText


class EntryRow(Row, frozen=True):
    """A matter or component. Without an English name it has its class's and its code."""

    code: CodeText
    name_zh: NameText
    name_en: NameText | None = None
    conditions: str | None = None
    place: PlaceClass = PlaceClass.PUBLIC_SPACE


class SectionRow(Row, frozen=True):
    """The entries of one standard and kind."""

    standard_ref: StandardText
    kind: MatterKind
    source: NameText
    classes: list[ClassRow]
    entries: list[Any]


class DepartmentRow(Row, frozen=True):
    """A department."""

    code: DepartmentText
    name_zh: NameText
    name_en: NameText
    tier: Tier


class AssistRow(Row, frozen=True):
    """Who assists, at once or ``after`` the lead is that far."""

    department: OwnerText
    required: bool = False
    after: Gate | None = None


class DutyRow(Row, frozen=True):
    """Who leads and assists, for some codes, or a class, or all; both kinds unless one is named."""

    standard_ref: StandardText
    lead: OwnerText
    kind: MatterKind | None = None
    class_code: ClassText | None = field(name="class", default=None)
    codes: tuple[CodeText, ...] = ()
    territory: DivisionText | None = None
    assists: tuple[AssistRow, ...] = ()


class DutiesHead(Row, frozen=True):
    """A duties file; its entries are checked one by one."""

    version: VersionText
    departments: list[Any]
    duties: list[Any]


class DivisionRow(Row, frozen=True):
    """A line of the territory file."""

    code: DivisionText
    parent: str
    tier: Tier
    kind: DivisionKind
    name_zh: NameText
    longitude: str
    latitude: str


class DayRow(Row, frozen=True):
    """A day that differs from a plain week."""

    date: date
    kind: Literal["off", "working"]
    name: NameText


class HoursRow(Row, frozen=True):
    """One span of service hours."""

    opens: TimeText
    closes: TimeText


class CalendarRow(Row, frozen=True):
    """The settings of the service calendar."""

    version: VersionText
    zone: str
    hours: Annotated[tuple[HoursRow, ...], Meta(min_length=1)]


def parse_limit(text: LimitText) -> Limit:
    """Return the limit that a checked text such as `2 urgent_hour` names."""
    value, unit = text.split(" ")
    return Limit(value=int(value), unit=LimitUnit(unit))
