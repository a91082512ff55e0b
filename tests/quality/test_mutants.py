"""Mutants: all of domain and kit, drawn alike for a seed, run where nothing else is touched."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.quality.mutant_drawing import (
    Equivalents,
    Mutant,
    all_mutants,
    draw,
    mutated_paths,
    read_equivalents,
)
from tests.quality.mutant_running import Stage, WorkCopy, stages_for

ROOT = Path(__file__).parents[2]
LISTED = Path(__file__).with_name("equivalent_mutants.yaml")
NONE = Equivalents(kinds=frozenset(), single=frozenset())
RULE = """
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def limit(days: int | None = None) -> int | None:
    return days + 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A work tree with one rule and one test of it."""
    root = tmp_path / "project"
    files = {
        "services/city/src/city/domain/rules.py": RULE,
        "tests/unit/city/domain/test_rules.py": (
            "from city.domain.rules import limit\n\n\ndef test_limit(): assert limit(2) == 3\n"
        ),
        "tests/quality/test_value_types.py": "def test_nothing(): ...\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)  # noqa: S607 -- the machine's git
    return root


def test_types_are_no_behaviour(project: Path) -> None:
    """Annotations and imports for the type checker have no mutants; rules have."""
    mutants = all_mutants(project)
    assert {mutant.change[0] for mutant in mutants} == {"return days + 1"}
    assert Counter(mutant.name for mutant in mutants)["ReplaceBinaryOperator_Add_Sub"] == 1


def test_a_star_that_multiplies_nothing_is_no_operator(project: Path) -> None:
    """What is no Python would always die, and tells nothing of the tests."""
    path = project / "services/city/src/city/domain/rules.py"
    path.write_text("def limit(*, a, **b):\n    return print(*a, **b), {**b, 1: a * 2}, a**3\n")
    mutants = all_mutants(project)
    starred = [m.name for m in mutants if "_Mul_" in m.name or "_Pow_" in m.name]
    assert (len(starred), len(set(starred))) == (22, 22)
    for mutant in mutants:
        compile(mutant.code, mutant.path, "exec")


def test_a_seed_draws_the_same_again(project: Path) -> None:
    """Another seed draws others, and what is listed as equivalent is never drawn."""
    mutants = all_mutants(project)
    first = draw(mutants, NONE, seed=1, count=5)
    assert first == draw(mutants, NONE, seed=1, count=5)
    assert first != draw(mutants, NONE, seed=2, count=5)
    listed = Equivalents(
        kinds=frozenset({first[0].name}), single=frozenset({(first[1].path, *first[1].change)})
    )
    again = draw(mutants, listed, seed=1, count=len(mutants))
    assert not {first[0], first[1]} & set(again)
    assert len(again) == len(mutants) - 2


def test_every_room_and_the_kit_is_drawn_from() -> None:
    """A folder that moved would be left out in silence."""
    parts = Counter(Path(path).parts[1] for path in mutated_paths(ROOT))
    assert set(parts) == {"intake", "router", "department-adapter", "feedback", "kit"}
    assert min(parts.values()) > 5


def test_what_is_listed_as_equivalent_still_exists() -> None:
    """An entry whose line has changed is taken out, or it could hide another change."""
    listed = read_equivalents(LISTED)
    paths = {path for path, _, _ in listed.single}
    mutants = [mutant for path in sorted(paths) for mutant in all_mutants(ROOT, only=path)]
    single = Equivalents(kinds=frozenset(), single=listed.single)
    found = {(mutant.path, *mutant.change) for mutant in mutants if single.hold(mutant)}
    assert listed.single == found


def test_an_entry_needs_its_reason(tmp_path: Path) -> None:
    """Nobody is believed without one."""
    path = tmp_path / "equivalents.yaml"
    path.write_text(yaml.safe_dump({"kinds": [{"operator": "AddNot"}], "mutants": []}))
    with pytest.raises(AssertionError, match="without a reason"):
        read_equivalents(path)


def test_a_mutant_dies_in_a_copy(project: Path, tmp_path: Path) -> None:
    """The work tree is left as it was; a change that no test looks at survives."""
    copy = WorkCopy.make(project, tmp_path / "copy")
    for stage in stages_for("services/city/src/city/domain/rules.py"):
        copy.check(stage, {})
    by_name: dict[str, Mutant] = {mutant.name: mutant for mutant in all_mutants(project)}
    assert copy.kills(by_name["ReplaceBinaryOperator_Add_Sub"], {})
    # 2 | 1 is 3 too.
    assert not copy.kills(by_name["ReplaceBinaryOperator_Add_BitOr"], {})
    for root in (project, copy.root):
        assert (root / "services/city/src/city/domain/rules.py").read_text() == RULE


def test_tests_that_fail_anyway_are_refused(project: Path, tmp_path: Path) -> None:
    """They would notice anything."""
    (project / "tests/unit/city/domain/test_rules.py").write_text(
        "def test_limit(): assert False\n"
    )
    copy = WorkCopy.make(project, tmp_path / "copy")
    with pytest.raises(RuntimeError, match="without a mutant"):
        copy.check(Stage(folders=("tests/unit/city",)), {})


def test_the_kit_also_meets_the_real_broker() -> None:
    """What it promises is about Kafka and Postgres; rules are not."""
    rule = stages_for("services/city/src/city/domain/rules.py")
    kit = stages_for("shared/kit/src/civicloop_kit/relay.py")
    assert not any(stage.needs_servers for stage in rule)
    assert [stage.needs_servers for stage in kit] == [False, False, True]


def test_the_tests_of_a_module_come_first(tmp_path: Path, project: Path) -> None:
    """They are the likeliest to notice; where there are none nobody has noticed anything."""
    own, *others = stages_for("shared/kit/src/civicloop_kit/relay.py")
    assert own.is_part
    assert not any(stage.is_part for stage in others)
    assert {path.name for path in ROOT.glob(own.folders[0])} >= {"test_relay.py"}
    copy = WorkCopy.make(project, tmp_path / "copy")
    copy.check(own, {})
    with pytest.raises(RuntimeError):
        copy.check(Stage(folders=own.folders), {})


def test_every_kind_of_except_has_its_mutants(project: Path) -> None:
    """Dotted and unpacked classes too, on which the library's own operator fails."""
    path = project / "services/city/src/city/domain/rules.py"
    path.write_text(
        "try:\n    pass\nexcept (os.Gone, *LOST) as error:\n    raise\nexcept OSError:\n    pass\n"
    )
    changes = {
        mutant.change[1] for mutant in all_mutants(project) if mutant.name == "ExceptionReplacer"
    }
    other = "CosmicRayTestingException"
    assert changes == {
        f"except ({other}, *LOST) as error:",
        f"except (os.Gone, {other}) as error:",
        f"except {other}:",
    }
