"""The AsyncAPI document is valid, whole, and true of the records."""

import json
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7
from tests.contract.asyncapi_structure import faults

from civicloop_contracts import schemas
from civicloop_contracts.asyncapi import CONTRACT_VERSION, asyncapi_document
from civicloop_contracts.facts import FACTS
from civicloop_contracts.holding import models_in, public_topics
from civicloop_contracts.meanings import meanings
from civicloop_contracts.snapshot import SNAPSHOT_TYPE
from civicloop_contracts.topics import load_topics

DOCUMENT: Final = json.loads((schemas.FOLDER / schemas.ASYNCAPI).read_text(encoding="utf-8"))
TYPES: Final = [*(fact.event_type() for fact in FACTS), SNAPSHOT_TYPE]


def references(node: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(node, dict):
        if isinstance(found := node.get("$ref"), str):
            yield found
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolved(reference: str) -> Any:
    """Return what a reference within the document leads to."""
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def judge(*path: str) -> Draft7Validator:
    """Return what judges by the schema at a place of the document."""
    registry: Any = Registry().with_resource("urn:this", DRAFT7.create_resource(DOCUMENT))
    schema = {"$ref": f"urn:this#/{'/'.join(path)}"}
    return Draft7Validator(schema, registry=registry, format_checker=FormatChecker())


def message(event_type: str) -> Any:
    """Return the message of a type."""
    (found,) = [m for m in DOCUMENT["components"]["messages"].values() if m["name"] == event_type]
    return found


def test_the_document_is_valid() -> None:
    """Every object has what it must have, and nothing that AsyncAPI does not know."""
    assert faults(DOCUMENT) == []


DAMAGES: Final[dict[str, Callable[[Any], Any]]] = {
    "#/info": lambda d: d.pop("info"),
    "#/asyncapi": lambda d: d.update(asyncapi="2.6.0"),
    "#/chanels": lambda d: d.update(chanels={}),
    "#/channels": lambda d: d.update(channels={}),
    "#/info/version": lambda d: d["info"].pop("version"),
    "#/info/license/name": lambda d: d["info"].update(license={}),
    "#/servers/city/host": lambda d: d["servers"]["city"].pop("host"),
    "#/servers/city/protocol": lambda d: d["servers"]["city"].update(protocol="smtp"),
    "#/servers/city/security/0": lambda d: d["servers"]["city"].update(security=[{}]),
    "#/channels/intake.cases/adress": lambda d: _cases(d).update(adress="intake.cases"),
    "#/channels/intake.cases/address": lambda d: _cases(d).update(address=None),
    "#/channels/intake.cases/servers/0": lambda d: _cases(d).update(
        servers=[{"$ref": "#/channels/intake.cases"}]
    ),
    "#/channels/intake.cases/bindings/kafka/partitions": lambda d: _cases(d)["bindings"][
        "kafka"
    ].update(partitions=0),
    "#/operations/receive.intake.cases/action": lambda d: _receive(d).update(action="take"),
    "#/operations/receive.intake.cases/channel": lambda d: _receive(d).pop("channel"),
    "#/operations/receive.intake.cases/messages": lambda d: _receive(d)["messages"].append(
        _receive(d)["messages"][0]
    ),
    "#/operations/receive.intake.cases: ": lambda d: _receive(d)["messages"].append(
        {"$ref": "#/channels/router.tasks/messages/TaskDispatched"}
    ),
    "#/components/securitySchemes/integrator/type": lambda d: d["components"]["securitySchemes"][
        "integrator"
    ].update(type="scram"),
    "#/components/messages/CaseFiled/body": lambda d: _filed(d).update(body={}),
    "#/components/messages/CaseFiled/payload": lambda d: _filed(d).update(
        payload={"type": "objekt"}
    ),
    "#/components/messages/CaseFiled/headers/propertys": lambda d: _filed(d)["headers"].update(
        propertys={}
    ),
    "#/components/messages/CaseFiled/headers/allOf/1/properties/ce_type/patern": lambda d: _filed(
        d
    )["headers"]["allOf"][1]["properties"]["ce_type"].update(patern="x"),
    "#/components/schemas/nobody: ": lambda d: _filed(d).update(
        payload={"$ref": "#/components/schemas/nobody"}
    ),
}


@pytest.mark.parametrize(("place", "damage"), DAMAGES.items(), ids=DAMAGES)
def test_a_damaged_document_is_not(place: str, damage: Callable[[Any], Any]) -> None:
    """Each fault is found at its place, and nothing else is."""
    document = json.loads(json.dumps(DOCUMENT))
    damage(document)
    (fault,) = faults(document)
    assert fault.startswith(place)


def _cases(document: Any) -> Any:
    return document["channels"]["intake.cases"]


def _receive(document: Any) -> Any:
    return document["operations"]["receive.intake.cases"]


def _filed(document: Any) -> Any:
    return document["components"]["messages"]["CaseFiled"]


def test_the_committed_document_is_that_of_the_models() -> None:
    """As `make schemas` writes it; the drift check covers it like the schemas."""
    assert asyncapi_document() == DOCUMENT
    assert schemas.ASYNCAPI in schemas.expected_files()


def test_every_reference_leads_somewhere() -> None:
    """There are many: whoever reads the document follows them."""
    found = set(references(DOCUMENT))
    assert len(found) > 100
    assert all(resolved(reference) for reference in found)


def test_channels_are_the_public_topics() -> None:
    """With one operation each, that receives; no dead letters."""
    public = {topic.name for topic in load_topics() if topic.classification == "public"}
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == public
    heard = {
        operation["channel"]["$ref"].removeprefix("#/channels/"): operation["action"]
        for operation in DOCUMENT["operations"].values()
    }
    assert heard == dict.fromkeys(public, "receive")


@pytest.mark.parametrize("topic", public_topics(), ids=lambda topic: topic.name)
def test_a_channel_has_the_messages_of_its_topic(topic: Any) -> None:
    """Those that its writer writes, and an operation receives all of them."""
    expected = {model.__name__ for model in models_in(topic).values()}
    channel = DOCUMENT["channels"][topic.name]
    assert set(channel["messages"]) == expected
    operation = DOCUMENT["operations"][f"receive.{topic.name}"]
    received = {entry["$ref"].rsplit("/", 1)[-1] for entry in operation["messages"]}
    assert received == expected
    assert channel["bindings"]["kafka"]["partitions"] == topic.partitions


@pytest.mark.parametrize("event_type", TYPES)
def test_a_message_has_all_that_a_reader_needs(event_type: str) -> None:
    """Key, headers, payload, content type and an example that fits both schemas."""
    found = message(event_type)
    assert found["bindings"]["kafka"]["key"]["format"] == "uuid"
    assert found["contentType"] == "application/json"
    assert found["summary"]
    (example,) = found["examples"]
    for part in ("headers", "payload"):
        judging = judge("components", "messages", found["title"], part)
        assert list(judging.iter_errors(example[part])) == []
        assert list(judging.iter_errors({**example[part], "case_id": 7, "ce_id": 7}))


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_sequence", "ce_time"])
def test_headers_cannot_be_left_out(name: str) -> None:
    """Only the trace may be missing."""
    found = message("civicloop.case.filed.v1")
    (example,) = found["examples"]
    judging = judge("components", "messages", "CaseFiled", "headers")
    without = {key: value for key, value in example["headers"].items() if key != name}
    assert list(judging.iter_errors(without))
    untraced = {key: value for key, value in example["headers"].items() if key != "traceparent"}
    assert not list(judging.iter_errors(untraced))


def test_a_message_of_one_topic_is_none_of_another() -> None:
    """Its source is fixed; a remark may come from each of the four."""
    filed = message("civicloop.case.filed.v1")
    (example,) = filed["examples"]
    elsewhere = {**example["headers"], "ce_source": "/router/tasks"}
    judging = judge("components", "messages", "CaseFiled", "headers")
    assert list(judging.iter_errors(elsewhere))
    remarked = message("civicloop.case.remarked.v1")["headers"]["allOf"][1]["properties"]
    assert len(remarked["ce_source"]["enum"]) == 4


def test_integrators_are_let_in_by_scram() -> None:
    """The server names the scheme, and no other."""
    (server,) = DOCUMENT["servers"].values()
    (scheme,) = [resolved(entry["$ref"]) for entry in server["security"]]
    assert (server["protocol"], scheme["type"]) == ("kafka", "scramSha512")


def test_every_code_is_explained_where_it_is_listed() -> None:
    """The description of a list has a line per member, with its words."""
    for name, said in meanings().items():
        schema = DOCUMENT["components"]["schemas"].get(name)
        if schema is None:
            continue
        for member in schema["enum"]:
            line = f"- `{member}`" + (f": {said.members[member]}" if said.members[member] else "")
            assert line in schema["description"].splitlines()


def test_the_version_is_that_of_the_package() -> None:
    """One number for the contract."""
    project = schemas.FOLDER.parents[1] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == CONTRACT_VERSION
