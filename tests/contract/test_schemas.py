"""Schemas and examples are what the models say, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from civicloop_contracts import schemas
from civicloop_contracts.facts import BY_TYPE, FACTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the committed files to damage."""
    for kind in ("schemas", "examples"):
        shutil.copytree(schemas.FOLDER / kind, tmp_path / kind)
    shutil.copy(schemas.FOLDER / schemas.ASYNCAPI, tmp_path)
    return tmp_path


def test_the_committed_files_are_those_of_the_models() -> None:
    """What integrators read is what the services send."""
    assert schemas.differences() == []


def test_a_file_changed_by_hand_is_found(folder: Path) -> None:
    """Drift fails the check."""
    path = folder / "schemas" / "civicloop.case.filed.v1.json"
    path.write_text(path.read_text().replace("report_id", "report"))
    assert schemas.differences(folder) == [
        "schemas/civicloop.case.filed.v1.json: differs from the model"
    ]


@pytest.mark.parametrize("kind", ["schemas", "examples"])
def test_an_orphan_is_found(folder: Path, kind: str) -> None:
    """A schema or example that belongs to no fact fails the check."""
    (folder / kind / "civicloop.case.forgotten.v1.json").write_text("{}")
    assert schemas.differences(folder) == [
        f"{kind}/civicloop.case.forgotten.v1.json: belongs to no fact"
    ]


@pytest.mark.parametrize("kind", ["schemas", "examples"])
def test_a_missing_file_is_found(folder: Path, kind: str) -> None:
    """A fact without schema or example fails the check."""
    (folder / kind / "civicloop.case.closed.v1.json").unlink()
    assert schemas.differences(folder) == [f"{kind}/civicloop.case.closed.v1.json: missing"]


def test_a_missing_or_old_document_is_found(folder: Path) -> None:
    """The AsyncAPI document drifts like a schema."""
    path = folder / schemas.ASYNCAPI
    path.write_text(path.read_text().replace("scramSha512", "plain"))
    assert schemas.differences(folder) == ["asyncapi.json: differs from the model"]
    path.unlink()
    assert schemas.differences(folder) == ["asyncapi.json: missing"]


def test_writing_mends_everything(folder: Path) -> None:
    """`make schemas` writes what is missing and removes what belongs to nothing."""
    (folder / "schemas" / "civicloop.case.forgotten.v1.json").write_text("{}")
    (folder / "examples" / "civicloop.case.closed.v1.json").unlink()
    (folder / schemas.ASYNCAPI).unlink()
    schemas.write(folder)
    assert schemas.differences(folder) == []


def test_the_command_exits_with_1_on_drift(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make check` fails, and names the way out."""
    (folder / "schemas" / "civicloop.case.closed.v1.json").unlink()
    monkeypatch.setattr(schemas.differences, "__defaults__", (folder,))
    assert schemas.main(["--check"]) == 1
    assert "make schemas" in capsys.readouterr().out


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_every_example_fits_its_schema(fact: type) -> None:
    """An integrator's validator accepts our example, and would refuse another."""
    [name] = [name for name, model in BY_TYPE.items() if model is fact]
    schema = json.loads((schemas.FOLDER / "schemas" / f"{name}.json").read_text())
    example = json.loads((schemas.FOLDER / "examples" / f"{name}.json").read_text())
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(example["value"])) == []
    assert list(validator.iter_errors({**example["value"], "case_id": 7}))
