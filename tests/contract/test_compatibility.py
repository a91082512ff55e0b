"""What was released stays readable: each rule refuses its break, and allows its neighbour."""

import json
import shutil
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from civicloop_contracts import compatibility, release
from civicloop_contracts.compatibility import breaks, rewordings, schema_breaks
from civicloop_contracts.examples import example_of
from civicloop_contracts.facts import FACTS
from civicloop_contracts.release import Contract, present, released, versions
from civicloop_contracts.snapshot import SNAPSHOT_TYPE

Change = Callable[[dict[str, Any]], Any]
FILED = "civicloop.case.filed.v1"
CLOSED = "civicloop.case.closed.v1"
REWORK = "civicloop.rework.requested.v1"
RETURNED = "civicloop.task.returned.v1"


PRESENT: Final = present()


def found(change: Change) -> list[str]:
    """Return the breaks between the present contract and a changed copy of it."""
    changed = deepcopy(asdict(PRESENT))
    change(changed)
    return list(breaks(PRESENT, Contract(**changed)))


def fields(contract: Mapping[str, Any], name: str) -> Any:
    """Return the properties of a type."""
    return contract["schemas"][name]["properties"]


def shared(contract: Mapping[str, Any], name: str, part: str) -> Any:
    """Return a group of fields or a list of codes that a type refers to."""
    return contract["schemas"][name]["$defs"][part]


BREAKS: Mapping[str, tuple[Change, str]] = {
    "a removed type": (lambda c: c["schemas"].pop(CLOSED), f"{CLOSED}: the type was removed"),
    "a removed field": (
        lambda c: fields(c, FILED).pop("report_id"),
        f"{FILED}.report_id: the field was removed",
    ),
    "a removed optional field": (
        lambda c: fields(c, FILED).pop("lead"),
        f"{FILED}.lead: the field was removed",
    ),
    "a field removed from a group": (
        lambda c: shared(c, FILED, "Place")["properties"].pop("h3_cell"),
        f"{FILED}.place.h3_cell: the field was removed",
    ),
    "a narrowed type": (
        lambda c: fields(c, FILED)["lead"]["anyOf"].pop(),
        f"{FILED}.lead: it was one of 2 kinds, is one of 1",
    ),
    "a widened type": (
        lambda c: fields(c, FILED)["lead"]["anyOf"].append({"type": "integer"}),
        f"{FILED}.lead: it was one of 2 kinds, is one of 3",
    ),
    "a changed type": (
        lambda c: fields(c, CLOSED)["round"].update(type="string"),
        f'{CLOSED}.round: type was "integer", is "string"',
    ),
    "a changed format": (
        lambda c: fields(c, FILED)["report_id"].update(format="uri"),
        f'{FILED}.report_id: format was "uuid", is "uri"',
    ),
    "a smaller bound": (
        lambda c: fields(c, CLOSED)["round"].update(maximum=9),
        f"{CLOSED}.round: maximum was 99, is 9",
    ),
    "a larger bound": (
        lambda c: fields(c, CLOSED)["round"].update(maximum=999),
        f"{CLOSED}.round: maximum was 99, is 999",
    ),
    "a new bound": (
        lambda c: fields(c, REWORK)["tasks"].update(maxItems=3),
        f"{REWORK}.tasks: maxItems was absent, is 3",
    ),
    "a changed item of a list": (
        lambda c: fields(c, REWORK)["tasks"]["items"].update(minimum=0),
        f"{REWORK}.tasks[]: minimum was 1, is 0",
    ),
    "a changed value of a map": (
        lambda c: fields(c, SNAPSHOT_TYPE)["as_of"]["additionalProperties"].update(type="string"),
        f'{SNAPSHOT_TYPE}.as_of[]: type was "integer", is "string"',
    ),
    "a tightened pattern": (
        lambda c: fields(c, RETURNED)["handler"].update(pattern="^[0-9]{16}$"),
        f'{RETURNED}.handler: pattern was "^[0-9a-f]{{16}}$", is "^[0-9]{{16}}$"',
    ),
    "a loosened pattern": (
        lambda c: fields(c, RETURNED)["handler"].pop("pattern"),
        f'{RETURNED}.handler: pattern was "^[0-9a-f]{{16}}$", is absent',
    ),
    "another default": (
        lambda c: fields(c, "civicloop.satisfaction.recorded.v1")["satisfied"].update(default=True),
        "civicloop.satisfaction.recorded.v1.satisfied: default was null, is true",
    ),
    "a new required field": (
        lambda c: (
            fields(c, CLOSED).update(closer={"type": "integer"}),
            c["schemas"][CLOSED]["required"].append("closer"),
        ),
        f"{CLOSED}.closer: a new field is required",
    ),
    "an optional field that becomes required": (
        lambda c: c["schemas"][FILED]["required"].append("clock"),
        f"{FILED}.clock: the field was optional and is required",
    ),
    "a required field that may be left out": (
        lambda c: c["schemas"][CLOSED]["required"].remove("outcome"),
        f"{CLOSED}.outcome: the field was always there and may be left out",
    ),
    "a removed code": (
        lambda c: shared(c, CLOSED, "Outcome")["enum"].remove("merged"),
        f"{CLOSED}.outcome: the code merged was removed",
    ),
    "codes that become any text": (
        lambda c: shared(c, CLOSED, "Outcome").pop("enum"),
        f"{CLOSED}.outcome: enum was there, is absent",
    ),
    "a changed meaning of a code": (
        lambda c: c["codes"]["Channel"]["members"].update(snap="a phone call"),
        "Channel.snap: it meant '线上随手拍', means 'a phone call'",
    ),
    "a changed meaning of a list": (
        lambda c: c["codes"]["Outcome"].update(text="How angry."),
        "Outcome: it meant 'How a case was handled and how it ended.', means 'How angry.'",
    ),
    "a renamed list": (
        lambda c: c["codes"].pop("Outcome"),
        "Outcome: the list of codes was removed or renamed",
    ),
    "a removed topic": (
        lambda c: c["topics"].pop("router.tasks"),
        "router.tasks: the topic was removed",
    ),
    "a type that moves to another topic": (
        lambda c: c["topics"]["intake.cases"]["types"].remove(FILED),
        f"{FILED}: it left the topic intake.cases",
    ),
    "another number of partitions": (
        lambda c: c["topics"]["intake.cases"].update(partitions=24),
        "intake.cases: partitions was 12, is 24",
    ),
}

ALLOWED: Mapping[str, Change] = {
    "nothing": lambda c: c,
    "a new optional field": lambda c: fields(c, CLOSED).update(
        weather={"type": "integer", "default": 0}
    ),
    "a new optional field in a group": lambda c: shared(c, FILED, "Place")["properties"].update(
        floor={"type": "integer", "default": 0}
    ),
    "a new type": lambda c: (
        c["schemas"].update({"civicloop.case.sung.v1": {"type": "object"}}),
        c["topics"]["intake.cases"]["types"].append("civicloop.case.sung.v1"),
    ),
    "a new code": lambda c: (
        shared(c, CLOSED, "Outcome")["enum"].append("forgotten"),
        c["codes"]["Outcome"]["members"].update(forgotten="nobody remembers"),
    ),
    "a new list of codes": lambda c: c["codes"].update(Mood={"text": "", "members": {}}),
    "a new topic": lambda c: c["topics"].update({"intake.songs": {"types": []}}),
    "a meaning where there was none": lambda c: c["codes"]["Channel"]["members"].update(
        **{"import": "another system's file"}
    ),
    "other words about a field": lambda c: fields(c, CLOSED)["round"].update(
        description="Counts from one.", title="No"
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_break_is_refused(what: str) -> None:
    """And nothing else is said."""
    change, said = BREAKS[what]
    expected = {said}
    lines = found(change)
    # Parts and lists that several types share break each of them.
    assert expected <= set(lines)
    kinds = {line.partition(": ")[2] for line in lines}
    assert kinds == {said.partition(": ")[2]}


@pytest.mark.parametrize("what", ALLOWED)
def test_what_readers_do_not_notice_is_allowed(what: str) -> None:
    """They ignore unknown fields, types and codes."""
    assert found(ALLOWED[what]) == []


def test_the_present_contract_keeps_every_release() -> None:
    """What `make check` asks."""
    assert versions() == ("0.1.0",)
    for version in versions():
        assert list(breaks(released(version), present(), rewordings())) == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_validator_of_the_release_accepts_what_is_written_now(fact: type) -> None:
    """Not only by our rules: by JSON Schema too."""
    schema = released("0.1.0").schemas[fact.event_type()]  # type: ignore[attr-defined]
    value = json.loads(example_of(fact).model_dump_json(exclude_defaults=True))
    assert list(Draft202012Validator(schema).iter_errors(value)) == []


def test_a_group_may_be_said_in_place() -> None:
    """A reference and what it refers to are the same to a reader."""
    part = {"type": "integer", "minimum": 1}
    by_name = {"properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": part}}
    in_place = {"properties": {"n": part}}
    inlined = compatibility._inlined(by_name)
    assert list(schema_breaks(inlined, in_place, "x")) == []
    other = {"properties": {"n": {**part, "minimum": 2}}}
    assert list(schema_breaks(inlined, other, "x")) == ["x.n: minimum was 1, is 2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the releases to damage."""
    made = tmp_path / "released"
    shutil.copytree(release.FOLDER, made)
    return made


def test_the_command_names_each_break_and_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A promise that the models do not keep: a field of the release that they do not have."""
    assert compatibility.main(["--folder", str(folder)]) == 0
    path = folder / "0.1.0" / "schemas" / f"{CLOSED}.json"
    schema = json.loads(path.read_text())
    schema["properties"]["weather"] = {"type": "integer"}
    path.write_text(json.dumps(schema))
    assert compatibility.main(["--folder", str(folder)]) == 1
    shown = capsys.readouterr().out
    assert f"breaks 0.1.0: {CLOSED}.weather: the field was removed" in shown
    assert "shared/contracts/README.md" in shown


def test_every_release_is_kept(folder: Path) -> None:
    """An older one is not forgotten when a newer one is there."""
    release.freeze("0.2.0", folder)
    codes = folder / "0.1.0" / "codes.json"
    codes.write_text(codes.read_text().replace("网格巡查", "a walk in the park"))
    assert compatibility.main(["--folder", str(folder)]) == 1


def test_without_a_release_the_check_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lost folder is not a clean one."""
    assert compatibility.main(["--folder", str(tmp_path)]) == 1
    assert "no release" in capsys.readouterr().out


def test_a_release_is_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next contract gets the next version."""
    assert compatibility.main(["--folder", str(folder), "--freeze", "0.1.0"]) == 1
    assert "never changed" in capsys.readouterr().out
    assert compatibility.main(["--folder", str(folder), "--freeze", "0.2.0"]) == 0
    assert asdict(released("0.2.0", folder)) == asdict(present())


def test_words_may_be_changed_openly(folder: Path) -> None:
    """A line in rewordings.yaml says that the meaning stayed, for these two texts only."""
    codes = folder / "0.1.0" / "codes.json"
    codes.write_text(codes.read_text().replace("网格巡查", "grid patrol"))
    assert compatibility.main(["--folder", str(folder)]) == 1
    rows = [{"code": "Channel.patrol", "was": "grid patrol", "now": "网格巡查", "why": "Chinese"}]
    (folder / "rewordings.yaml").write_text(json.dumps(rows))
    assert compatibility.main(["--folder", str(folder)]) == 0
    rows[0]["now"] = "something else"
    (folder / "rewordings.yaml").write_text(json.dumps(rows))
    assert compatibility.main(["--folder", str(folder)]) == 1
