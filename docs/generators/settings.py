"""The page of settings: from the settings classes, with words for what they leave unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from civicloop_kit.settings import PREFIX, ServiceSettings
from department_adapter.settings import AdapterSettings
from feedback.settings import FeedbackSettings
from generators.markdown import table, type_of
from intake.settings import IntakeSettings
from router.settings import RouterSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

INTRODUCTION: Final = """# Settings

Environment variables, all with the prefix `CIVICLOOP_`. `civicloop up` sets what the services need
and passes on what it finds in its own environment. A service refuses to start when one is missing
or wrong, and names it: one line per variable, exit status 2. Secrets are never printed.
"""
WORDS: Final = Path(__file__).with_name("words.yaml")
SERVICES: Final[Mapping[str, type[ServiceSettings]]] = {
    "intake": IntakeSettings,
    "router": RouterSettings,
    "department-adapter": AdapterSettings,
    "feedback": FeedbackSettings,
}
HEAD: Final = ("variable", "value", "default", "meaning")


def page() -> str:
    """Return the page."""
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    shared = table(HEAD, _rows(ServiceSettings, words["settings"]))
    own = [_service(name, kind, words["settings"]) for name, kind in SERVICES.items()]
    others = [
        f"## {group}\n\n{table(('variable', 'default', 'meaning'), rows)}"
        for group, rows in words["elsewhere"].items()
    ]
    return "\n".join([INTRODUCTION, f"## Every service\n\n{shared}", *own, *others])


def _service(name: str, kind: type[ServiceSettings], words: Mapping[str, str]) -> str:
    rows = list(_rows(kind, words, beside=ServiceSettings))
    told = table(HEAD, rows) if rows else "None of its own.\n"
    return f"## {name}\n\n{told}"


def _rows(
    kind: type[ServiceSettings],
    words: Mapping[str, str],
    beside: type[ServiceSettings] | None = None,
) -> Iterator[tuple[str, str, str, str]]:
    known = beside.model_fields if beside else {}
    properties = kind.model_json_schema()["properties"]
    for name, field in kind.model_fields.items():
        if name in known and known[name].default == field.default:
            continue
        yield (
            f"`{PREFIX}{name.upper()}`",
            _value(properties[name]),
            _default(field),
            field.description or words[name],
        )


def _value(node: Mapping[str, Any]) -> str:
    return type_of(node, {}).removesuffix(" or null")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    if field.default is None:
        return "none"
    if isinstance(field.default, Path):
        return "in the package" if field.default.is_absolute() else f"`{field.default}`"
    return f"`{field.default}`" if field.default != "" else "empty"
