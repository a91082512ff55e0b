"""Hold the present contract to every released one: what was promised stays readable.

Topics are kept for ever and services are upgraded one by one, so it has to hold both ways: a reader
of a released contract reads what is written now, and today's reader reads what was written then.

`python -m civicloop_contracts.compatibility` names every break and exits 1;
`--freeze VERSION` releases the present contract.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from civicloop_contracts import release
from civicloop_contracts.release import Contract, ReleasedError

Node = Mapping[str, Any]
Rewordings = frozenset[tuple[str, str, str]]
# What a reader does not act on.
_WORDS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
_INNER: Final = ("items", "additionalProperties")
_STRUCTURE: Final = frozenset({"properties", "required", "enum", "anyOf", *_INNER})
_ABSENT: Final = "absent"
_REWORDINGS: Final = "rewordings.yaml"


def breaks(old: Contract, new: Contract, reworded: Rewordings = frozenset()) -> Iterator[str]:
    """Yield every promise of *old* that *new* does not keep."""
    yield from _topic_breaks(old, new)
    for name, schema in old.schemas.items():
        if name not in new.schemas:
            yield f"{name}: the type was removed"
            continue
        yield from schema_breaks(_inlined(schema), _inlined(new.schemas[name]), name)
    yield from _meaning_breaks(old, new, reworded)


def schema_breaks(old: Node, new: Node, path: str) -> Iterator[str]:
    """Yield where one JSON Schema without references breaks another."""
    yield from _keyword_breaks(old, new, path)
    yield from _field_breaks(old, new, path)
    for member in old.get("enum", ()):
        if member not in new.get("enum", (member,)):
            yield f"{path}: the code {member} was removed"
    yield from _option_breaks(old.get("anyOf", ()), new.get("anyOf", ()), path)
    for keyword in _INNER:
        if keyword in old and keyword in new:
            yield from schema_breaks(old[keyword], new[keyword], f"{path}[]")


def rewordings(folder: Path = release.FOLDER) -> Rewordings:
    """Return the meanings that were said anew without being changed: code, old and new words."""
    rows = yaml.safe_load((folder / _REWORDINGS).read_text(encoding="utf-8"))
    return frozenset((row["code"], row["was"], row["now"]) for row in rows)


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m civicloop_contracts.compatibility")
    parser.add_argument("--freeze", metavar="VERSION", help="release the present contract")
    parser.add_argument("--folder", type=Path, default=release.FOLDER, help="where releases are")
    asked = parser.parse_args(arguments)
    if asked.freeze:
        return _freeze(asked.freeze, asked.folder)
    versions, found = release.versions(asked.folder), 0
    for version in versions:
        old = release.released(version, asked.folder)
        for line in breaks(old, release.present(), rewordings(asked.folder)):
            found += 1
            sys.stdout.write(f"breaks {version}: {line}\n")
    if found:
        sys.stdout.write("take it back, or make it a new version: shared/contracts/README.md\n")
    if not versions:
        sys.stdout.write(f"no release in {asked.folder}\n")
    return 1 if found or not versions else 0


def _freeze(version: str, folder: Path) -> int:
    try:
        count = release.freeze(version, folder)
    except ReleasedError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{version} released with {count} types\n")
    return 0


def _topic_breaks(old: Contract, new: Contract) -> Iterator[str]:
    for name, promised in old.topics.items():
        topic = new.topics.get(name)
        if topic is None:
            yield f"{name}: the topic was removed"
            continue
        for word in promised.keys() - {"types"}:
            if promised[word] != topic[word]:
                yield f"{name}: {word} was {promised[word]}, is {topic[word]}"
        for event_type in promised["types"]:
            if event_type not in topic["types"] and event_type in new.schemas:
                yield f"{event_type}: it left the topic {name}"


def _keyword_breaks(old: Node, new: Node, path: str) -> Iterator[str]:
    # A bound or pattern may not move in either direction: the old reader refuses what is beyond
    # its own, and ours would refuse what was written before. A default is what is left out on the
    # wire, so another default changes what old records say.
    for keyword in sorted((old.keys() | new.keys()) - _WORDS - _STRUCTURE):
        was, now = _said(old, keyword), _said(new, keyword)
        if was != now:
            yield f"{path}: {keyword} was {was}, is {now}"
    for keyword in ("enum", "properties", *_INNER):
        if (keyword in old) != (keyword in new):
            yield f"{path}: {keyword} was {_presence(old, keyword)}, is {_presence(new, keyword)}"


def _field_breaks(old: Node, new: Node, path: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        if name not in after:
            yield f"{path}.{name}: the field was removed"
            continue
        if name in needed - needs:
            yield f"{path}.{name}: the field was always there and may be left out"
        if name in needs - needed:
            yield f"{path}.{name}: the field was optional and is required"
        yield from schema_breaks(before[name], after[name], f"{path}.{name}")
    for name in after:
        if name not in before and name in needs:
            yield f"{path}.{name}: a new field is required"


def _option_breaks(old: Sequence[Node], new: Sequence[Node], path: str) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{path}: it was one of {len(old)} kinds, is one of {len(new)}"
        return
    for before, after in zip(old, new, strict=True):
        yield from schema_breaks(before, after, path)


def _meaning_breaks(old: Contract, new: Contract, reworded: Rewordings) -> Iterator[str]:
    for name, said in old.codes.items():
        now = new.codes.get(name)
        if now is None:
            yield f"{name}: the list of codes was removed or renamed"
            continue
        pairs = {name: (said["text"], now["text"])} | {
            f"{name}.{member}": (words, now["members"].get(member, words))
            for member, words in said["members"].items()
        }
        for code, (before, after) in pairs.items():
            # A code that had no words of its own may get some.
            if before and before != after and (code, before, after) not in reworded:
                yield f"{code}: it meant {before!r}, means {after!r}"


def _inlined(schema: Node) -> Node:
    """Return a schema with what it refers to in place."""
    definitions = schema.get("$defs", {})

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            return plain(definitions[node["$ref"].rsplit("/", 1)[-1]] | beside)
        return {key: plain(value) for key, value in node.items() if key != "$defs"}

    inlined: Node = plain(schema)
    return inlined


def _said(node: Node, keyword: str) -> str:
    return json.dumps(node[keyword], sort_keys=True) if keyword in node else _ABSENT


def _presence(node: Node, keyword: str) -> str:
    return "there" if keyword in node else _ABSENT


if __name__ == "__main__":
    sys.exit(main())
