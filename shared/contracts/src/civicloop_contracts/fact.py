"""What every fact has, and what no fact may have.

A fact is immutable, says when it happened and when we wrote it, and names its cause. Free text
cannot be declared: a field of type ``str`` must be an enum or carry a pattern.
"""

import re
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

TYPE_PREFIX: Final = "civicloop"
_SAFE_STRING_KEYWORDS: Final = frozenset({"enum", "const", "pattern"})
_SAFE_STRING_FORMATS: Final = frozenset({"uuid", "date-time"})

DepartmentCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
StandardRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,31}$")]
MatterCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
ConditionCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
DivisionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")]
H3Cell = Annotated[str, StringConstraints(pattern=r"^8[0-9a-f]{14}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z.-]{0,31}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z-]{0,63}$")]
DeliveryId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}/[a-z]{1,16}/[0-9]{1,9}$")]
# A person or system at a desk, as a keyed hash: equal for the same principal, unreadable otherwise.
PrincipalRef = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
# The record (`<source>:<case>:<sequence>`), command or timer that led to the fact.
Cause = Annotated[
    str,
    StringConstraints(
        pattern=r"^(/[a-z0-9/-]{1,60}:[0-9a-f-]{36}:[0-9]{1,9}|command:[0-9a-f-]{36}|timer:[a-z_]{1,32})$"
    ),
]


class FreeTextError(TypeError):
    """A fact declares a string without enum or pattern; say it as a code, or keep it in a vault."""


class Part(BaseModel):
    """A group of fields inside a fact. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Replay(Part):
    """The clock of an imported history: the case lives on the times in its file.

    ``handled_at`` is None where the source never handled it; ``as_of`` is when the source was read.
    """

    run: RunId
    handled_at: AwareDatetime | None
    as_of: AwareDatetime


class Fact(Part):
    """Something that happened to one case.

    ``occurred_at`` is when it happened out there (rules use it), ``recorded_at`` when we wrote it
    (monitoring uses it).
    """

    source: ClassVar[str] = ""

    case_id: UUID
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    cause: Cause
    replay: Replay | None = None

    @classmethod
    def event_type(cls) -> str:
        """Return the CloudEvents type, `civicloop.<noun>.<past-participle>.v1`."""
        return _EVENT_TYPES[cls]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse free text when the class is declared.

        Raises:
            FreeTextError: A string field has neither enum nor pattern.
        """
        super().__pydantic_init_subclass__(**kwargs)
        refuse_free_text(cls)
        _EVENT_TYPES[cls] = event_type_of(cls.__name__)


_EVENT_TYPES: dict[type[Fact], str] = {}


def event_type_of(name: str) -> str:
    """Return the event type for a fact's class name: the last word is the participle."""
    *noun, participle = re.findall(r"[A-Z][a-z]+", name)
    return f"{TYPE_PREFIX}.{'-'.join(noun).lower() or 'case'}.{participle.lower()}.v1"


def refuse_free_text(model: type[BaseModel]) -> None:
    """Check every string in *model*, nested ones included.

    Raises:
        FreeTextError: A string field has neither enum nor pattern.
    """
    for path in _free_strings(model.model_json_schema(), model.__name__):
        message = f"{path}: {FreeTextError.__doc__}"
        raise FreeTextError(message)


def ce_id(source: str, case_id: UUID, sequence: int) -> str:
    """Return the id of a fact: unique, and the same whenever it is derived again."""
    return f"{source}:{case_id}:{sequence}"


def _free_strings(node: object, path: str) -> list[str]:
    if isinstance(node, list):
        return [hit for i, child in enumerate(node) for hit in _free_strings(child, f"{path}[{i}]")]
    if not isinstance(node, dict):
        return []
    hits = [path] if _is_free_string(node) else []
    return hits + [hit for k, child in node.items() for hit in _free_strings(child, f"{path}.{k}")]


def _is_free_string(node: dict[str, object]) -> bool:
    return (
        node.get("type") == "string"
        and not _SAFE_STRING_KEYWORDS & node.keys()
        and node.get("format") not in _SAFE_STRING_FORMATS
    )


__all__ = [
    "Cause",
    "ConditionCode",
    "DeliveryId",
    "DepartmentCode",
    "DivisionCode",
    "Fact",
    "FreeTextError",
    "H3Cell",
    "MatterCode",
    "Part",
    "PrincipalRef",
    "Replay",
    "RunId",
    "StandardRef",
    "Version",
    "ce_id",
    "event_type_of",
    "refuse_free_text",
]
