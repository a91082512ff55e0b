"""What each code means, in the words of `codes.py`.

The meaning of a list is the first line of its docstring; that of a member is the comment beside it.
Integrators build on these words, so they are shown in every document and kept with every release.
"""

import ast
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a list of codes is about, and what each of its members says (empty: its own name)."""

    text: str
    members: Mapping[str, str]


def meanings() -> Mapping[str, Meaning]:
    """Return the meaning of every list of codes, by its name."""
    return meanings_in((files(__package__) / "codes.py").read_text(encoding="utf-8"))


def meanings_in(source: str) -> Mapping[str, Meaning]:
    """Return the meaning of every list of codes that a module's text declares."""
    comments = dict(_comments(source))
    return {
        node.name: Meaning(text=_first_line(node), members=dict(_members(node, comments)))
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def _members(node: ast.ClassDef, comments: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            yield str(statement.value.value), comments.get(statement.lineno, "")


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ").rstrip()


def _first_line(node: ast.ClassDef) -> str:
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
