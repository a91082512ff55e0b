"""Write and check the committed JSON Schemas, examples and AsyncAPI document.

`python -m civicloop_contracts.schemas` writes them, `--check` names every difference and exits 1.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from civicloop_contracts.asyncapi import asyncapi_document
from civicloop_contracts.examples import example_record, example_snapshot
from civicloop_contracts.facts import FACTS
from civicloop_contracts.snapshot import SNAPSHOT_TYPE, CaseSnapshot

FOLDER: Final = Path(__file__).parent
ASYNCAPI: Final = "asyncapi.json"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def expected_files() -> Mapping[str, str]:
    """Return what should be committed: path below this package to text."""
    files = {f"schemas/{name}.json": _text(schema) for name, schema in all_schemas().items()}
    for fact in FACTS:
        files[f"examples/{fact.event_type()}.json"] = _text(_readable(example_record(fact)))
    files[f"examples/{SNAPSHOT_TYPE}.json"] = _text(_readable(example_snapshot()))
    return files | {ASYNCAPI: _text(asyncapi_document())}


def all_schemas() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON Schema of every event type."""
    models: dict[str, type[BaseModel]] = {fact.event_type(): fact for fact in FACTS}
    known = models | {SNAPSHOT_TYPE: CaseSnapshot}
    return {name: schema_of(name, model) for name, model in known.items()}


def schema_of(name: str, model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of an event type."""
    return {"$schema": DIALECT, "$id": f"urn:civicloop:{name}", **model.model_json_schema()}


def differences(folder: Path = FOLDER) -> list[str]:
    """Return what is missing, changed by hand, or belongs to no fact."""
    expected = expected_files()
    paths = [folder / ASYNCAPI] if (folder / ASYNCAPI).exists() else []
    for kind in ("schemas", "examples"):
        paths += sorted((folder / kind).glob("*.json"))
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in paths}
    missing = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    orphans = [f"{name}: belongs to no fact" for name in sorted(found.keys() - expected.keys())]
    drift = [
        f"{name}: differs from the model"
        for name in sorted(expected.keys() & found.keys())
        if expected[name] != found[name]
    ]
    return [*missing, *orphans, *drift]


def write(folder: Path = FOLDER) -> int:
    """Write all files, remove those of no fact, and return how many there are."""
    expected = expected_files()
    for kind in ("schemas", "examples"):
        (folder / kind).mkdir(exist_ok=True)
        for path in (folder / kind).glob("*.json"):
            if path.relative_to(folder).as_posix() not in expected:
                path.unlink()
    for name, text in expected.items():
        (folder / name).write_text(text)
    return len(expected)


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m civicloop_contracts.schemas")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on drift")
    if not parser.parse_args(arguments).check:
        sys.stdout.write(f"{write()} schemas, examples and documents written\n")
        return 0
    found = differences()
    for line in found:
        sys.stdout.write(f"{line}: run `make schemas`\n")
    return 1 if found else 0


def _readable(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**record, "value": json.loads(record["value"])}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
