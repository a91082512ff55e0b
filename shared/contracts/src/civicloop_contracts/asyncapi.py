"""The AsyncAPI 3 document of the public topics, as an integrator sees them.

Written to `asyncapi.json` by `make schemas`. Schemas are those of the models; the meaning of each
code stands in the description of its list.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from civicloop_contracts.asyncapi_headers import HEADER_SCHEMAS, headers_schema
from civicloop_contracts.envelope import CONTENT_TYPE
from civicloop_contracts.examples import example_record, example_snapshot
from civicloop_contracts.fact import Fact
from civicloop_contracts.holding import models_in, public_topics
from civicloop_contracts.meanings import Meaning, meanings
from civicloop_contracts.topics import Topic

SPECIFICATION: Final = "3.0.0"
# That of the newest release; a compatible change raises the second number.
CONTRACT_VERSION: Final = "0.1.0"
KAFKA_BINDING: Final = "0.5.0"
_REF: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """Public topics of Civicloop: every fact about every case of a city, and the
newest public state of each case. No personal data and no free text is in any of them.

Records are CloudEvents 1.0 in Kafka's binary mode. The key is the case id. Order holds per case
within one topic, never across topics. Delivery is at least once: drop a `ce_sequence` that you
have had for that case and source. Fields, types and codes may be added at any time: one that you do
not know is no fault. A value leaves out what equals its default. Records lie where Java's
partitioner (murmur2) puts them.
"""


def asyncapi_document() -> dict[str, Any]:
    """Return the document: what an integrator receives, from where, and how it is let in."""
    topics = public_topics()
    return {
        "asyncapi": SPECIFICATION,
        "id": "urn:civicloop:topics",
        "info": {
            "title": "Civicloop topics",
            "version": CONTRACT_VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"city": _server()},
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {f"receive.{topic.name}": _operation(topic) for topic in topics},
        "components": {
            "messages": _messages(topics),
            "schemas": dict(sorted(_schemas(topics).items())),
            "securitySchemes": {
                "integrator": {
                    "type": "scramSha512",
                    "description": "User `integrator-NAME`, made by `civicloop integrator add`.",
                }
            },
        },
    }


def _server() -> Mapping[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "protocolVersion": "4",
        "description": "SASL_PLAINTEXT with SCRAM-SHA-512; the operator tells the address.",
        "variables": {
            "bootstrap": {
                "default": "127.0.0.1:9092",
                "description": "`host:port` of a broker; `civicloop status` shows the local one.",
            }
        },
        "security": [{"$ref": "#/components/securitySchemes/integrator"}],
    }


def _channel(topic: Topic) -> Mapping[str, Any]:
    kept = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    retention = -1 if topic.retention_ms is None else topic.retention_ms
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.about,
        "servers": [{"$ref": "#/servers/city"}],
        "messages": {
            model.__name__: {"$ref": f"#/components/messages/{model.__name__}"}
            for model in models_in(topic).values()
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": kept | {"retention.ms": retention},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _operation(topic: Topic) -> Mapping[str, Any]:
    isolation = " with `isolation.level=read_committed`" if topic.transactional else ""
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"Read {topic.name}{isolation}.",
        "messages": [
            {"$ref": f"#/channels/{topic.name}/messages/{model.__name__}"}
            for model in models_in(topic).values()
        ],
        "bindings": {
            "kafka": {
                "groupId": {"type": "string", "pattern": r"^integrator-[a-z][a-z0-9-]*\..+$"},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _messages(topics: tuple[Topic, ...]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for topic in topics:
        for event_type, model in models_in(topic).items():
            sources = [t.source for t in topics if event_type in models_in(t)]
            found[model.__name__] = _message(event_type, model, sources)
    return found


def _message(
    event_type: str, model: type[BaseModel], sources: list[str | None]
) -> Mapping[str, Any]:
    record = example_record(model) if issubclass(model, Fact) else example_snapshot()
    payload = model.model_validate_json(record["value"]).model_dump(
        mode="json", exclude_defaults=True
    )
    return {
        "name": event_type,
        "title": model.__name__,
        "summary": _plain(model.__doc__ or "").split("\n\n")[0],
        "contentType": CONTENT_TYPE,
        "headers": headers_schema(event_type, sources),
        "payload": {"$ref": _REF.format(model=event_type)},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "The case id."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "examples": [{"name": "example", "headers": record["headers"], "payload": payload}],
    }


def _schemas(topics: tuple[Topic, ...]) -> dict[str, Any]:
    found: dict[str, Any] = dict(HEADER_SCHEMAS)
    for topic in topics:
        for event_type, model in models_in(topic).items():
            schema = model.model_json_schema(ref_template=_REF)
            found |= schema.pop("$defs", {}) | {event_type: schema}
    said = meanings()
    return {name: _explained(schema, said.get(name)) for name, schema in found.items()}


def _explained(schema: Mapping[str, Any], meaning: Meaning | None) -> Mapping[str, Any]:
    described = _plain(schema.get("description", ""))
    if meaning is None:
        return {**schema, "description": described}
    return {**schema, "description": "\n".join([described, "", *_listed(meaning)])}


def _listed(meaning: Meaning) -> Iterator[str]:
    for member, words in meaning.members.items():
        yield f"- `{member}`: {words}" if words else f"- `{member}`"


def _plain(text: str) -> str:
    """Return a docstring as CommonMark."""
    return "\n".join(line.strip() for line in text.strip().splitlines()).replace("``", "`")
