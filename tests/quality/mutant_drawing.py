"""All mutants of domain and kit, and a draw from those that a test could notice."""

from __future__ import annotations

import ast
import difflib
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import yaml
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.exceptions import CosmicRayTestingException
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.exception_replacer import ExceptionReplacer
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MUTATED: Final = ("services/*/src/*/domain/*.py", "shared/kit/src/civicloop_kit/*.py")
CONTEXT_LINES: Final = 1
# What an operator writes, by the end of its name: a change that lacks it need not be made to be
# told from one that has it, and making one takes a tenth of a second.
SYMBOLS: Final = {
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is",
    "IsNot": "is not", "In": "in", "NotIn": "not in", "Add": "+", "Sub": "-", "Mul": "*",
    "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "RShift": ">>", "LShift": "<<",
    "BitOr": "|", "BitAnd": "&", "BitXor": "^",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file; `path` is relative to the work tree."""

    root: Path
    path: str
    operator: str
    occurrence: int
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name}"

    @property
    def name(self) -> str:
        """The operator without its library's prefix."""
        return self.operator.rpartition("/")[2]

    @cached_property
    def original(self) -> str:
        """The file as it is."""
        return (self.root / self.path).read_text()

    @cached_property
    def code(self) -> str:
        """The file as the mutant has it."""
        changed = mutate_code(self.original, _operator(self.operator), self.occurrence)
        assert isinstance(changed, str), f"{self} changes nothing"
        return changed

    @property
    def source_line(self) -> str:
        """The line on which the change begins, without indentation."""
        return self.original.splitlines()[self.line - 1].strip()

    @property
    def change(self) -> tuple[str, str]:
        """The changed lines before and after, without indentation."""
        before, after = [], []
        for line in self._diff(0):
            if line.startswith("-"):
                before.append(line[1:].strip())
            elif line.startswith("+"):
                after.append(line[1:].strip())
        return " ".join(before), " ".join(after)

    def may_become(self, after: str) -> bool:
        """Tell whether the changed line could read *after*; cheap, and never wrong with a no."""
        symbol = SYMBOLS.get(self.name.rpartition("_")[2])
        return symbol is None or after.count(symbol) > self.source_line.count(symbol)

    def diff(self) -> str:
        """Return the change with a little around it, as a patch shows it."""
        return "\n".join(f"      {line}" for line in self._diff(CONTEXT_LINES))

    def _diff(self, context: int) -> list[str]:
        lines = difflib.unified_diff(
            self.original.splitlines(), self.code.splitlines(), lineterm="", n=context
        )
        return list(lines)[3:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalents:
    """What no test could notice: whole kinds of change, and single changes."""

    kinds: frozenset[str]
    single: frozenset[tuple[str, str, str]]

    def hold(self, mutant: Mutant) -> bool:
        """Whether a mutant is listed."""
        if mutant.name in self.kinds:
            return True
        place = (mutant.path, mutant.source_line)
        listed = [after for path, before, after in self.single if (path, before) == place]
        if not any(mutant.may_become(after) for after in listed):
            return False
        return (mutant.path, *mutant.change) in self.single


def mutated_paths(root: Path) -> list[str]:
    """Return the files of every domain and of the kit, seen from the work tree."""
    paths = (path for pattern in MUTATED for path in root.glob(pattern))
    return sorted(path.relative_to(root).as_posix() for path in paths)


def all_mutants(root: Path, *, only: str = "") -> list[Mutant]:
    """Return every mutant of domain and kit whose path contains `only`, in a fixed order.

    Annotations and imports for the type checker are left out: they are no behaviour. So are stars
    that multiply nothing: nearly all of their mutants are no Python, and would count as killed.
    """
    return [
        mutant for name in mutated_paths(root) if only in name for mutant in _mutants_of(root, name)
    ]


def draw(
    mutants: Sequence[Mutant], equivalents: Equivalents, *, seed: int, count: int
) -> list[Mutant]:
    """Return `count` mutants that are not equivalent; the same for the same seed and code."""
    shuffled = random.Random(seed).sample(mutants, len(mutants))  # noqa: S311 -- has to repeat
    drawn: list[Mutant] = []
    for mutant in shuffled:
        if len(drawn) == count:
            break
        if not equivalents.hold(mutant):
            drawn.append(mutant)
    return drawn


def read_equivalents(path: Path) -> Equivalents:
    """Read the list; every entry needs a reason."""
    table: dict[str, list[dict[str, str]]] = yaml.safe_load(path.read_text())
    for entry in (*table["kinds"], *table["mutants"]):
        assert entry.get("reason"), f"without a reason: {entry}"
    return Equivalents(
        kinds=frozenset(entry["operator"] for entry in table["kinds"]),
        single=frozenset((e["path"], e["before"], e["after"]) for e in table["mutants"]),
    )


class _AnyExceptionReplacer(ExceptionReplacer):  # type: ignore[misc]
    """Catches another class; the library's own fails on `except (a.Error, *ERRORS)`."""

    def mutate(self, node: Any, index: int) -> Any:
        chosen = self._name_nodes(node)[index]
        prefix = chosen.get_first_leaf().prefix
        siblings = chosen.parent.children
        other = Name(CosmicRayTestingException.__name__, chosen.start_pos, prefix)
        siblings[siblings.index(chosen)] = other
        return node


def _operator(name: str) -> Any:
    kind = get_operator(name)
    return _AnyExceptionReplacer() if kind is ExceptionReplacer else kind()


def _mutants_of(root: Path, path: str) -> Iterator[Mutant]:
    text = (root / path).read_text()
    tree, silent = get_ast(text), _silent_lines(ast.parse(text))
    nodes = list(ast_nodes(tree))
    for name in sorted(operator_names()):
        kind = get_operator(name)
        if kind.arguments():
            continue
        operator = kind()
        positions = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, column) in enumerate(positions):
            if "BinaryOperator" in name and _is_star(tree, (line, column)):
                continue
            if not any(first <= (line, column) < last for first, last in silent):
                yield Mutant(root, path, name, occurrence, line)


def _is_star(tree: Any, position: tuple[int, int]) -> bool:
    """Tell whether a star is none of arithmetic, as in `(self, *, at)` and `{**row}`."""
    line, column = position
    # A leaf is found by where it ends; where it begins another one may end.
    leaf = tree.get_leaf_for_position((line, column + 1))
    return leaf.value in ("*", "**") and leaf.parent.type not in ("term", "power")


def _silent_lines(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in _silent_nodes(tree)
    ]


def _silent_nodes(tree: ast.Module) -> Iterator[Any]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield node
