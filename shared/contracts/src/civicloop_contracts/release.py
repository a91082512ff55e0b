"""What the topics promise, as data: the present contract, and the released ones.

A release is a folder below `released/` that is never changed again: the JSON Schema of every type,
the meaning of every code in them, and where each type is found.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from civicloop_contracts.holding import models_in, public_topics
from civicloop_contracts.meanings import meanings
from civicloop_contracts.schemas import all_schemas
from civicloop_contracts.topics import Topic

FOLDER: Final = Path(__file__).parent / "released"
_CODES: Final = "codes.json"
_TOPICS: Final = "topics.json"
_TYPES: Final = "schemas"


class ReleasedError(ValueError):
    """This version is released already: what is released is never changed, take a new version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What readers of the public topics may rely on.

    ``schemas`` by event type, ``codes`` by the name of the list, ``topics`` by their name.
    """

    schemas: Mapping[str, Mapping[str, Any]]
    codes: Mapping[str, Mapping[str, Any]]
    topics: Mapping[str, Mapping[str, Any]]


def present() -> Contract:
    """Return what the models say now."""
    types = all_schemas()
    named = {name for schema in types.values() for name in schema.get("$defs", {})}
    return Contract(
        schemas=types,
        codes={name: asdict(said) for name, said in meanings().items() if name in named},
        topics={topic.name: _promised(topic) for topic in public_topics()},
    )


def versions(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the released versions."""
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))


def released(version: str, folder: Path = FOLDER) -> Contract:
    """Return a release."""
    home = folder / version
    return Contract(
        schemas={path.stem: _read(path) for path in sorted((home / _TYPES).glob("*.json"))},
        codes=_read(home / _CODES),
        topics=_read(home / _TOPICS),
    )


def freeze(version: str, folder: Path = FOLDER) -> int:
    """Release the present contract; returns how many types it has.

    Raises:
        ReleasedError: There is such a release.
    """
    home, contract = folder / version, present()
    if home.exists():
        raise ReleasedError(f"{version}: {ReleasedError.__doc__}")
    (home / _TYPES).mkdir(parents=True)
    for name, schema in contract.schemas.items():
        _write(home / _TYPES / f"{name}.json", schema)
    _write(home / _CODES, contract.codes)
    _write(home / _TOPICS, contract.topics)
    return len(contract.schemas)


def _promised(topic: Topic) -> Mapping[str, Any]:
    return {
        "source": topic.source,
        "key": topic.key,
        "partitions": topic.partitions,
        "compacted": topic.compacted,
        "types": list(models_in(topic)),
    }


def _read(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
