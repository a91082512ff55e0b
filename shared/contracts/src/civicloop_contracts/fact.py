"""What every fact has, and what no fact may have.

A fact is immutable, says when it happened and when we wrote it, and names its cause. Free text
cannot be declared: a string must be an enum or carry a pattern that no sentence fits, and a field
that takes anything is refused.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

TYPE_PREFIX: Final = "civicloop"
_SAFE_STRING_KEYWORDS: Final = frozenset({"enum", "const"})
_SAFE_STRING_FORMATS: Final = frozenset({"uuid", "date-time"})
# What people say: a pattern that one of these fits is open.
_SAYINGS: Final = ("王芳", "wang fang", "Wang Fang", "she hit him", "139 7731 2244")
# What says of a schema which values it takes; one with nothing of it takes any.
_KINDS: Final = frozenset({"type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"})
# Counted by source, which the model checks: a released schema cannot learn a pattern.
_KEYS_CHECKED_BY_MODEL: Final = frozenset({"CaseSnapshot.properties.as_of"})

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
    """A fact declares a field that takes a sentence: say it as a code, or keep it in a vault."""


class Part(BaseModel):
    """A group of fields inside a fact. Readers ignore fields that they do not know.

    Errors do not quote what was given: it could be somebody's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


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
    """Check every field of *model*, nested ones included.

    Raises:
        FreeTextError: A string has neither enum nor closed pattern, or a field takes anything.
    """
    schema = model.model_json_schema()
    parts = {model.__name__: schema, **schema.get("$defs", {})}
    for name, part in parts.items():
        for path in _open_places(part, name):
            message = f"{path}: {FreeTextError.__doc__}"
            raise FreeTextError(message)


def ce_id(source: str, case_id: UUID, sequence: int) -> str:
    """Return the id of a fact: unique, and the same whenever it is derived again."""
    return f"{source}:{case_id}:{sequence}"


def _open_places(node: Mapping[str, Any], path: str) -> list[str]:
    """Return where a schema takes a sentence; what it refers to is looked at by itself."""
    hits = [path] if _is_open(node, path) else []
    for name, child in _values_in(node):
        hits += _open_places(child, f"{path}.{name}" if name else path)
    return hits


def _values_in(node: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the schemas of what values of this schema are made of."""
    found = [(f"properties.{name}", child) for name, child in node.get("properties", {}).items()]
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        found += [("", child) for child in node.get(word, ())]
    found += [("", child) for child in node.get("patternProperties", {}).values()]
    inner = (node.get(word) for word in ("items", "additionalProperties"))
    return found + [("", child) for child in inner if isinstance(child, dict)]


def _is_open(node: Mapping[str, Any], path: str) -> bool:
    if not _KINDS & node.keys():
        return True
    kind = node.get("type")
    if kind == "string":
        return _is_open_string(node)
    if kind == "array":
        return not {"items", "prefixItems"} & node.keys()
    return kind == "object" and _has_open_keys(node) and path not in _KEYS_CHECKED_BY_MODEL


def _has_open_keys(node: Mapping[str, Any]) -> bool:
    """Tell whether keys may be anybody's words; fields that a model ignores are not kept."""
    names = node.get("propertyNames")
    if names is not None:
        return _is_open_string(names)
    if any(_is_open_pattern(pattern) for pattern in node.get("patternProperties", {})):
        return True
    return bool(node.get("additionalProperties", False))


def _is_open_string(node: Mapping[str, Any]) -> bool:
    if _SAFE_STRING_KEYWORDS & node.keys() or node.get("format") in _SAFE_STRING_FORMATS:
        return False
    return "$ref" not in node and _is_open_pattern(str(node.get("pattern", "")))


def _is_open_pattern(pattern: str) -> bool:
    """Tell whether a sentence fits; one that Python cannot read is nobody's to judge."""
    try:
        fits = re.compile(pattern).search
    except re.error:
        return True
    return any(fits(saying) for saying in _SAYINGS)


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
