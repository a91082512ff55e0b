"""Tables, and JSON Schema said in a few words."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BOUNDS: Final = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("minLength", "at least {} long"),
    ("maxLength", "at most {} long"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
)
FIELDS_HEAD: Final = ("field", "type", "always there", "meaning")
_FORMATS: Final = {"uuid": "UUID", "date-time": "time", "binary": "base64", "path": "path"}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; what a cell holds is kept on one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def fields_table(
    rows: Sequence[tuple[str, str, str, str]], head: Sequence[str] = FIELDS_HEAD
) -> str:
    """Return a table of fields, without the last column where it says nothing."""
    if any(row[-1] for row in rows):
        return table(head, rows)
    return table(head[:-1], [row[:-1] for row in rows])


def doc(thing: object) -> str:
    """Return a docstring as Markdown, its ``literals`` as `literals`."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "").replace("``", "`")


def summary(thing: object) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join(doc(thing).split("\n\n")[0].split())


def fields(
    schema: Mapping[str, Any], names: Mapping[str, str], skip: Iterable[str] = ()
) -> list[tuple[str, str, str, str]]:
    """Return name, type, need and description of each property of an object schema.

    ``names`` gives the name of what a pattern stands for.
    """
    required, without = set(schema.get("required", ())), set(skip)
    return [
        (
            f"`{name}`",
            type_of(node, names),
            "yes" if name in required else "no",
            node.get("description", ""),
        )
        for name, node in schema.get("properties", {}).items()
        if name not in without
    ]


def type_of(node: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a schema in a few words; what it refers to is a link within the page."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in node:
        return " or ".join(type_of(option, names) for option in node["anyOf"])
    if "enum" in node or "const" in node:
        return " | ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    return f"{_plain(node, names)}{_bounds(node)}"


def _plain(node: Mapping[str, Any], names: Mapping[str, str]) -> str:
    kind, inner = node.get("type", "anything"), node.get("additionalProperties")
    if kind == "array":
        return f"list of {type_of(node.get('items', {}), names)}"
    if kind == "object" and isinstance(inner, dict) and inner:
        return f"map to {type_of(inner, names)}"
    return _text(node, names) if kind == "string" else str(kind)


def _text(node: Mapping[str, Any], names: Mapping[str, str]) -> str:
    pattern = node.get("pattern")
    if pattern is not None:
        return names.get(pattern, f"text `{pattern}`")
    return _FORMATS.get(node.get("format", ""), "text")


def _bounds(node: Mapping[str, Any]) -> str:
    said = [words.format(f"{node[key]:,}") for key, words in _BOUNDS if key in node]
    return f" ({', '.join(said)})" if said else ""


def _cell(value: object) -> str:
    # A bar inside a cell would end it.
    return " ".join(str(value).replace("|", "\\|").split())
