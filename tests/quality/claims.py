"""What tests say they show: their markers `choreography`, `endpoint` and `race`, read as text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RACE: Final = "race"
MARKERS: Final = ("choreography", "endpoint", RACE)
# Tests of the pure domain lie here, the others run through real topics.
PURE: Final = "unit/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that one test shows: a room and a fact, an endpoint and a status, a race and where.

    A race is shown in the `pure` domain, or through the real `topics`.
    """

    marker: str
    subject: str
    what: str | int
    test: str


def claims_of(folder: Path) -> list[Claim]:
    """Return the claims of every test in a folder."""
    return [
        claim
        for path in sorted(folder.rglob("test_*.py"))
        for claim in claims_in(path.read_text(), path.relative_to(folder).as_posix())
    ]


def claims_in(text: str, name: str) -> Iterator[Claim]:
    """Yield the claims of the tests in a module's text.

    Raises:
        ValueError: A marker says something that is not written out.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            test = f"{name}::{node.name}"
            for decorator in node.decorator_list:
                yield from _claims(decorator, test)


def claimed(claims: Iterable[Claim], marker: str) -> set[tuple[str, str | int]]:
    """Return subject and what of each claim of a kind."""
    return {(claim.subject, claim.what) for claim in claims if claim.marker == marker}


def _claims(decorator: ast.expr, test: str) -> Iterator[Claim]:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return
    marker = decorator.func.attr
    if marker not in MARKERS or ast.unparse(decorator.func.value) != "pytest.mark":
        return
    if not test.rpartition("::")[2].startswith("test_"):
        raise ValueError(f"{test} is no test, and says what it shows")
    try:
        written = [ast.literal_eval(argument) for argument in decorator.args]
    except ValueError as error:
        raise ValueError(f"{test}: write out what the marker {marker} says") from error
    if marker == RACE:
        where = "pure" if test.startswith(PURE) else "topics"
        yield from (Claim(marker=marker, subject=name, what=where, test=test) for name in written)
        return
    subject, *shown = written
    for what in shown:
        yield Claim(marker=marker, subject=subject, what=what, test=test)
