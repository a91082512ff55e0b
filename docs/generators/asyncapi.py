"""The page of the AsyncAPI document: all topics, messages, headers and schemas in one place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from civicloop_contracts.asyncapi import asyncapi_document
from civicloop_contracts.meanings import meanings
from generators import html
from generators.html import block, code, heading, link, listing, paragraphs, table, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Node = Mapping[str, Any]

FIELDS: Final = ("field", "type", "always there", "meaning")
_BOUNDS: Final = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
)


def page() -> str:
    """Return the page."""
    document = asyncapi_document()
    body = [*_opening(document), *_topics(document), *_messages(document), *_groups(document)]
    return html.page(document["info"]["title"], _navigation(document), "\n".join(body))


def _navigation(document: Node) -> str:
    topics = (
        link(name) + listing(map(link, channel["messages"]))
        for name, channel in document["channels"].items()
    )
    shared = (link(name) for name in sorted(_shared(document)))
    return f"{link('top', 'Civicloop topics')}{listing(topics)}Schemas{listing(shared)}"


def _opening(document: Node) -> Iterator[str]:
    info, (server,) = document["info"], document["servers"].values()
    (scheme,) = document["components"]["securitySchemes"].values()
    bootstrap = server["variables"]["bootstrap"]
    yield heading(1, f"{info['title']} {info['version']}", "top")
    yield paragraphs(info["description"])
    yield table(
        ("", ""),
        [
            ("protocol", f"Kafka {html.text(server['protocolVersion'])}"),
            ("address", words(bootstrap["description"])),
            ("security", words(server["description"])),
            ("login", words(scheme["description"])),
            ("document", f"AsyncAPI {html.text(document['asyncapi'])}"),
        ],
    )


def _topics(document: Node) -> Iterator[str]:
    yield heading(2, "Topics", "topics")
    for name, channel in document["channels"].items():
        operation = document["operations"][f"receive.{name}"]
        kafka = channel["bindings"]["kafka"]
        settings = (f"{key}={_plain(value)}" for key, value in kafka["topicConfiguration"].items())
        group = operation["bindings"]["kafka"]["groupId"]["pattern"]
        yield heading(3, name, name)
        yield paragraphs(channel["description"])
        yield table(
            ("", ""),
            [
                ("to do", words(operation["summary"])),
                ("consumer group", code(group)),
                ("partitions", str(kafka["partitions"])),
                ("kept", " ".join(map(code, settings))),
                ("messages", ", ".join(map(link, channel["messages"]))),
            ],
        )


def _messages(document: Node) -> Iterator[str]:
    yield heading(2, "Messages", "messages")
    for name, message in document["components"]["messages"].items():
        shared, own = message["headers"]["allOf"]
        sources = own["properties"]["ce_source"]["enum"]
        topics = [t for t, channel in document["channels"].items() if name in channel["messages"]]
        (example,) = message["examples"]
        yield heading(3, name, name)
        yield paragraphs(message["summary"])
        yield table(
            ("", ""),
            [
                ("topic", ", ".join(map(link, topics))),
                ("type", code(message["name"])),
                ("source", ", ".join(map(code, sources))),
                ("key", words(message["bindings"]["kafka"]["key"]["description"])),
                ("headers", _type(shared)),
                ("content type", code(message["contentType"])),
            ],
        )
        yield _fields(document["components"]["schemas"][message["name"]])
        yield "<details><summary>Example</summary>"
        for part in ("headers", "payload"):
            yield block(json.dumps(example[part], indent=2, ensure_ascii=False))
        yield "</details>"


def _groups(document: Node) -> Iterator[str]:
    yield heading(2, "Schemas", "schemas")
    for name, schema in sorted(_shared(document).items()):
        yield heading(3, name, name)
        yield paragraphs(schema["description"])
        yield _codes(name, schema) if "enum" in schema else _fields(schema)


def _shared(document: Node) -> dict[str, Node]:
    """Return the schemas that are not the payload of one message."""
    payloads = {message["name"] for message in document["components"]["messages"].values()}
    schemas = document["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if name not in payloads}


def _codes(name: str, schema: Node) -> str:
    said = meanings()[name].members
    return table(("code", "meaning"), [(code(m), words(said[m])) for m in schema["enum"]])


def _fields(schema: Node) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            code(name),
            _type(node),
            "yes" if name in required else f"no{_default(node)}",
            words(node.get("description", "")),
        )
        for name, node in schema["properties"].items()
    ]
    shown: Sequence[int] = range(4) if any(row[-1] for row in rows) else range(3)
    return table([FIELDS[i] for i in shown], [[row[i] for i in shown] for row in rows])


def _type(node: Node) -> str:
    """Return a schema in a few words."""
    if "$ref" in node:
        return link(node["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in node:
        return " or ".join(_type(option) for option in node["anyOf"])
    if "const" in node:
        return code(node["const"])
    if node.get("type") == "array":
        return f"list of {_type(node['items'])}{_bounds(node)}"
    if "additionalProperties" in node:
        return f"map to {_type(node['additionalProperties'])}"
    told = f" {code(node['pattern'])}" if "pattern" in node else ""
    return f"{html.text(node.get('format') or node['type'])}{told}{_bounds(node)}"


def _bounds(node: Node) -> str:
    said = [told.format(node[key]) for key, told in _BOUNDS if key in node]
    return f" ({', '.join(said)})" if said else ""


def _default(node: Node) -> str:
    return f", else {code(json.dumps(node['default']))}" if "default" in node else ""


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
