"""The page of facts: from the pydantic models and the choreography table."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, Final

from civicloop_contracts import codes, fact
from civicloop_contracts.choreography import ANY_WRITER, LATER, effects, writers
from civicloop_contracts.facts import FACTS
from civicloop_contracts.snapshot import SNAPSHOT_TYPE, CaseSnapshot
from civicloop_contracts.topics import fact_topic
from generators.markdown import doc, fields, fields_table, summary, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from enum import StrEnum

INTRODUCTION: Final = """# Facts

What the services tell each other, one fact per record. A fact is written once, by one service, in
the past tense, and never changed. It carries codes, times, numbers and ids: no words of a person
and nothing that tells who a person is. Source: `civicloop_contracts.facts`; which room a fact moves
is `choreography.yaml` beside it. In *moves*, **later** marks an effect that this release does not
have yet: the room reads the fact, counts it and goes on.

A value on the wire leaves out what equals its default. A reader ignores fields that it does not
know, and fact types that it does not know.
"""
CONTRACTS: Final = "../../shared/contracts/src/civicloop_contracts"


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, _index(), _common(), *_facts(), _snapshot(), *_shared()])


def pattern_names() -> Mapping[str, str]:
    """Return which named text each pattern is."""
    return {pattern: f"[{name}](#named-texts)" for name, pattern in _named_texts()}


def _index() -> str:
    rows = [
        (
            f"[{kind.__name__}](#{kind.__name__.lower()})",
            "any service" if writers()[kind] == ANY_WRITER else writers()[kind],
            _topic(kind),
            _moves(kind),
        )
        for kind in FACTS
    ]
    return table(("fact", "written by", "topic", "moves"), rows)


def _topic(kind: type[fact.Fact]) -> str:
    return f"`{fact_topic(kind.source).name}`" if kind.source else "each service's own"


def _moves(kind: type[fact.Fact]) -> str:
    said = [
        f"{room} (**later**)" if word == LATER else f"{room} ({word})"
        for room, word in effects()[kind].items()
    ]
    return ", ".join(said) or "nobody"


def _common() -> str:
    meaning = {
        "case_id": "the case; also the record's key",
        "occurred_at": "when it happened out there; rules use it",
        "recorded_at": "when it was written down; monitoring uses it",
        "cause": "id of the record that led to it, or the command or timer",
        "replay": "there for an imported history only: the clock that the case lives on",
    }
    rows = [
        (name, kind, need, meaning[name.strip("`")])
        for name, kind, need, _ in fields(fact.Fact.model_json_schema(), pattern_names())
    ]
    return f"## In every fact\n\n{fields_table(rows)}"


def _facts() -> Iterator[str]:
    common = fact.Fact.model_fields.keys()
    for kind in FACTS:
        rows = fields(kind.model_json_schema(), pattern_names(), skip=common)
        own = fields_table(rows) if rows else "No fields of its own.\n"
        yield f"## {kind.__name__}\n\n{_files(kind.event_type())}\n\n{doc(kind)}\n\n{own}"


def _files(event_type: str) -> str:
    schema, example = (f"{CONTRACTS}/{kind}/{event_type}.json" for kind in ("schemas", "examples"))
    return f"`{event_type}` ([schema]({schema}), [example]({example}))"


def _snapshot() -> str:
    rows = fields(CaseSnapshot.model_json_schema(), pattern_names())
    told = "State, not a fact: `feedback.case-snapshots` keeps the newest one of each case."
    return f"## CaseSnapshot\n\n{_files(SNAPSHOT_TYPE)}\n\n{told}\n\n{fields_table(rows)}"


def _shared() -> Iterator[str]:
    groups, lists = _definitions()
    yield "## Groups of fields\n"
    for name, schema in sorted(groups.items()):
        told = schema.get("description", "").replace("``", "`")
        yield f"### {name}\n\n{told}\n\n{fields_table(fields(schema, pattern_names()))}"
    yield "## Codes\n"
    for name in sorted(lists):
        kind: type[StrEnum] = getattr(codes, name)
        members = ", ".join(f"`{member.value}`" for member in kind)
        yield f"### {name}\n\n{summary(kind)}\n\n{members}\n"
    rows_of_texts = [(f"`{name}`", f"`{pattern}`") for name, pattern in _named_texts()]
    yield f"## Named texts\n\n{table(('name', 'pattern'), rows_of_texts)}"


def _definitions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the groups and the code lists that the models refer to, by name."""
    found: dict[str, Any] = {}
    models: tuple[type[fact.Part], ...] = (*FACTS, CaseSnapshot)
    for model in models:
        found |= model.model_json_schema().get("$defs", {})
    lists = {name: node for name, node in found.items() if "enum" in node}
    return {name: node for name, node in found.items() if name not in lists}, lists


def _named_texts() -> Iterator[tuple[str, str]]:
    for name in fact.__all__:
        for constraint in typing.get_args(getattr(fact, name))[1:]:
            if (pattern := getattr(constraint, "pattern", None)) is not None:
                yield name, str(pattern)
