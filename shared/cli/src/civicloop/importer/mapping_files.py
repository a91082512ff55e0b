"""Read a mapping from its YAML file; every fault is told with its key path and its fix."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import BaseModel, ValidationError

from civicloop.importer.errors import MappingError
from civicloop.importer.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from importlib.resources.abc import Traversable

    from pydantic_core import ErrorDetails

SUFFIX: Final = ".yaml"
MAX_FAULTS: Final = 20
_REFERENCE: Final = "docs/reference/import-mapping.md"
_FIXES: Final = {
    "missing": f"is missing: add it, as {_REFERENCE} shows",
    "string_type": 'must be text: put it in double quotes, such as "001"',
    "list_type": 'must be a list, such as ["a", "b"]',
    "dict_type": "must be keys with values, or {} for none",
    "model_type": f"must be keys with values, as {_REFERENCE} shows",
    "int_type": "must be a whole number",
    "too_short": "must not be empty: give at least one",
    "string_too_short": "must not be empty",
    "recursion_loop": "must not contain itself",
}


def load_mapping(name: str) -> Mapping:
    """Return the mapping in a file, or a shipped one by its bare name.

    Raises:
        MappingError: There is none, or it is wrong.
    """
    file = _find(name)
    try:
        text = file.read_bytes()
    except OSError as error:
        raise MappingError(f"{name}: {error.strerror}: give another file to --mapping") from error
    return read_mapping(name, text)


def read_mapping(name: str, text: bytes) -> Mapping:
    """Return the mapping that a YAML document is; *name* is what errors call it.

    Raises:
        MappingError: It is no YAML, or does not fit the model.
    """
    try:
        document = yaml.load(text, _StrictLoader)  # noqa: S506 -- a SafeLoader, and stricter
    except yaml.YAMLError as error:
        raise MappingError(f"{name}: {_yaml_fault(error)}") from error
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [f"{name}: {_fault(fault)}" for fault in faults[:MAX_FAULTS]]
        if len(faults) > MAX_FAULTS:
            lines.append(f"{name}: and {len(faults) - MAX_FAULTS} more: mend these first")
        raise MappingError("\n".join(lines)) from error


def shipped_names() -> list[str]:
    """Return the mappings that come with the program."""
    names = (file.name for file in _shipped().iterdir())
    return sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice, instead of taking the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool, type(None))):
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    "this key must be text: put it in double quotes",
                    key_node.start_mark,
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands there twice: keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _find(name: str) -> Traversable:
    if name in shipped_names():
        return _shipped() / f"{name}{SUFFIX}"
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_names())
        raise MappingError(f"{name}: no such file: give --mapping a YAML file, or one of: {known}")
    return path


def _shipped() -> Traversable:
    return files("civicloop") / "mappings"


def _yaml_fault(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "this is no UTF-8 YAML: save it as UTF-8 text"
    mark = error.problem_mark
    return f"line {mark.line + 1}: {error.problem or 'this is no YAML: mend it'}"


def _fault(fault: ErrorDetails) -> str:
    path = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    return f"{path}: {_message(fault)}" if path else _message(fault)


def _message(fault: ErrorDetails) -> str:
    kind, value = fault["type"], fault["input"]
    context = fault.get("ctx", {})
    if kind == "missing" and fault["loc"][0] == "columns":
        return "is missing: give the source's column, or null where it has none"
    if kind == "extra_forbidden":
        return _unknown_key(str(fault["loc"][-1]))
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return f"{value!r} is not known: use {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"{value!r} must match {context['pattern']}"
    return _FIXES.get(kind, fault["msg"])


def _unknown_key(key: str) -> str:
    close = get_close_matches(key, sorted(_keys_of(Mapping)), n=1)
    hint = f"did you mean {close[0]!r}?" if close else "remove it"
    return f"is no key here: {hint}"


def _keys_of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in _models_in([field.annotation]):
            yield from _keys_of(part)


def _models_in(annotations: Sequence[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        yield from _models_in(getattr(annotation, "__args__", ()))
