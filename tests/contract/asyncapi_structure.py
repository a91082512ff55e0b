"""What an AsyncAPI 3.0 document of ours may hold: each object, its keys, and where it may point.

Source: the AsyncAPI specification 3.0.0 and its Kafka bindings 0.5.0, as far as we use them. A key
that is not here is refused: whoever begins to use it says here what it may be.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft7Validator, SchemaError

# What is wrong in a value, each with the place.
Check = Callable[[str, Any], Iterator[str]]
NAMES: Final = r"[A-Za-z0-9_.-]+"
SERVER_NAMES: Final = r"[A-Za-z0-9_-]+"
# Keywords of JSON Schema that we write; by what lies below them.
PLAIN_KEYWORDS: Final = frozenset(
    {
        "$ref",
        "const",
        "default",
        "description",
        "enum",
        "format",
        "maximum",
        "minItems",
        "minimum",
        "pattern",
        "required",
        "title",
        "type",
    }
)
SCHEMA_KEYWORDS: Final = frozenset({"additionalProperties", "items"})
LIST_KEYWORDS: Final = frozenset({"allOf", "anyOf"})


def faults(document: Any) -> list[str]:
    """Return what is wrong with a document, each fault with its place."""
    shape = list(ROOT("#", document))
    return shape or [*_dangling(document, document), *_strangers(document)]


def text(pattern: str = r"(?s).*\S.*") -> Check:
    """Allow a text that fits a pattern; by default any but an empty one."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            yield f"{place}: not a text as {pattern}"

    return check


def one_of(*allowed: object) -> Check:
    """Allow some values."""

    def check(place: str, value: Any) -> Iterator[str]:
        if value not in allowed:
            yield f"{place}: not one of {allowed}"

    return check


def number(least: int) -> Check:
    """Allow a whole number from *least* on."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield f"{place}: not a number from {least} on"

    return check


def record(*required: str, **keys: Check) -> Check:
    """Allow an object with these keys; `__` in a name stands for `.`."""
    known = {name.replace("__", "."): check for name, check in keys.items()}

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: not an object"
            return
        yield from (f"{place}/{name}: missing" for name in required if name not in value)
        for name, content in value.items():
            if name in known:
                yield from known[name](f"{place}/{name}", content)
            else:
                yield f"{place}/{name}: unknown"

    return check


def mapping(of: Check, names: str = NAMES) -> Check:
    """Allow an object with at least one name, each of a pattern."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict) or not value:
            yield f"{place}: not an object with something in it"
            return
        for name, content in value.items():
            if not re.fullmatch(names, name):
                yield f"{place}/{name}: not a name as {names}"
            yield from of(f"{place}/{name}", content)

    return check


def items(of: Check) -> Check:
    """Allow a list that is not empty and says nothing twice."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list) or not value:
            yield f"{place}: not a list with something in it"
            return
        if any(item in value[:number] for number, item in enumerate(value)):
            yield f"{place}: says something twice"
        for number, item in enumerate(value):
            yield from of(f"{place}/{number}", item)

    return check


def reference(to: str) -> Check:
    """Allow a reference to a place of a pattern, and nothing beside it."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict) or set(value) != {"$ref"}:
            yield f"{place}: not a reference alone"
        elif not re.fullmatch(to, str(value["$ref"])):
            yield f"{place}: refers to {value['$ref']}, not to {to}"

    return check


def schema(place: str, value: Any) -> Iterator[str]:
    """Allow a JSON Schema of draft 7 whose every keyword is known."""
    try:
        Draft7Validator.check_schema(value)
    except SchemaError as error:
        yield f"{place}: {error.message}"
        return
    yield from _keywords(place, value)


def any_object(place: str, value: Any) -> Iterator[str]:
    """Allow any object: an example is held to its schemas elsewhere."""
    if not isinstance(value, dict) or not value:
        yield f"{place}: not an object with something in it"


def _keywords(place: str, node: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield from reference(r"#/components/schemas/" + NAMES)(place, node)
    for name, content in node.items():
        below = f"{place}/{name}"
        if name in LIST_KEYWORDS or name == "properties":
            children = content.items() if isinstance(content, dict) else enumerate(content)
            for child, inner in children:
                yield from _keywords(f"{below}/{child}", inner)
        elif name in SCHEMA_KEYWORDS:
            yield from _keywords(below, content)
        elif name not in PLAIN_KEYWORDS:
            yield f"{below}: unknown"


def _dangling(document: Mapping[str, Any], node: Any) -> Iterator[str]:
    """Yield references that lead nowhere."""
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str) and not _leads_somewhere(document, target):
            yield f"{target}: leads nowhere"
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _dangling(document, child)


def _leads_somewhere(document: Mapping[str, Any], target: str) -> bool:
    node: Any = document
    for step in target.removeprefix("#/").split("/"):
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True


def _strangers(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield messages of an operation that are not those of its channel."""
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        for entry in operation["messages"]:
            if not entry["$ref"].startswith(f"{channel}/messages/"):
                yield f"#/operations/{name}: {entry['$ref']} is of another channel"


VERSION: Final = text(r"0\.5\.0")
SECURITY_SCHEME: Final = record(
    "type",
    # Of the kinds that there are, those by which one logs in to Kafka.
    type=one_of("plain", "scramSha256", "scramSha512", "gssapi", "X509"),
    description=text(),
)
SERVER: Final = record(
    "host",
    "protocol",
    host=text(r"[^/\s]+"),
    protocol=one_of("kafka", "kafka-secure"),
    protocolVersion=text(),
    description=text(),
    variables=mapping(record(default=text(), description=text(), enum=items(text()))),
    security=items(reference(r"#/components/securitySchemes/" + NAMES)),
)
CHANNEL: Final = record(
    "address",
    "messages",
    address=text(r"[a-z0-9.-]+"),
    title=text(),
    description=text(),
    servers=items(reference(r"#/servers/" + SERVER_NAMES)),
    messages=mapping(reference(r"#/components/messages/" + NAMES)),
    bindings=record(
        "kafka",
        kafka=record(
            "bindingVersion",
            topic=text(r"[a-z0-9.-]+"),
            partitions=number(1),
            replicas=number(1),
            topicConfiguration=record(
                cleanup__policy=one_of(["delete"], ["compact"], ["delete", "compact"]),
                # -1 is for ever.
                retention__ms=number(-1),
            ),
            bindingVersion=VERSION,
        ),
    ),
)
OPERATION: Final = record(
    "action",
    "channel",
    "messages",
    action=one_of("send", "receive"),
    channel=reference(r"#/channels/" + NAMES),
    summary=text(),
    messages=items(reference(rf"#/channels/{NAMES}/messages/{NAMES}")),
    bindings=record(
        "kafka",
        kafka=record("bindingVersion", groupId=schema, clientId=schema, bindingVersion=VERSION),
    ),
)
MESSAGE: Final = record(
    "name",
    "payload",
    name=text(r"[a-z0-9.-]+"),
    title=text(),
    summary=text(),
    contentType=text(r"[a-z]+/[a-z0-9.+-]+"),
    headers=schema,
    payload=schema,
    examples=items(record("payload", name=text(), headers=any_object, payload=any_object)),
    bindings=record("kafka", kafka=record("bindingVersion", key=schema, bindingVersion=VERSION)),
)
ROOT: Final = record(
    "asyncapi",
    "info",
    "channels",
    "operations",
    "components",
    asyncapi=one_of("3.0.0"),
    id=text(r"(urn:|https?:)\S+"),
    info=record(
        "title",
        "version",
        title=text(),
        version=text(),
        description=text(),
        license=record("name", name=text(), url=text(r"https?://\S+")),
    ),
    defaultContentType=text(r"[a-z]+/[a-z0-9.+-]+"),
    servers=mapping(SERVER, SERVER_NAMES),
    channels=mapping(CHANNEL),
    operations=mapping(OPERATION),
    components=record(
        messages=mapping(MESSAGE),
        schemas=mapping(schema),
        securitySchemes=mapping(SECURITY_SCHEME),
    ),
)
