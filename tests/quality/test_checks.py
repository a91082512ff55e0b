"""Every check of `make check` can fail: each is shown something that it has to refuse."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SETTINGS = ROOT / "pyproject.toml"
# What breaks each boundary of pyproject.toml: a module, and what it may not import.
TRESPASSES = {
    "services never import each other": ("intake/wire.py", "router.wire"),
    "shared never imports services": ("civicloop_kit/ids.py", "feedback.wire"),
    "contracts need only pydantic": ("civicloop_contracts/codes.py", "asyncpg"),
    "only the kit names FastStream and aiokafka": ("router/main.py", "aiokafka"),
    "every room has the same floor plan": ("feedback/handlers.py", "feedback.main"),
    "every domain is pure": ("department_adapter/domain/timing.py", "httpx"),
}


def _run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_runs_every_check_that_is_tested_here() -> None:
    """A check that nobody runs protects nothing."""
    recipe = re.findall(r"(?ms)^check:.*?\n(.*?)\n\n", (ROOT / "Makefile").read_text())[0]
    for word in (
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports",
        "civicloop_contracts.schemas --check",
        "civicloop_contracts.compatibility",
        "bootstrap.py --check-lock",
        "tracked_files.py",
    ):
        assert word in recipe


@pytest.mark.parametrize(
    ("rule", "text"),
    [("F401", '"""A module."""\n\nimport os\n'), ("D103", '"""A module."""\n\n\ndef do(): ...\n')],
)
def test_lint_refuses(tmp_path: Path, rule: str, text: str) -> None:
    """An unused import, a public function without a claim."""
    path = tmp_path / "wrong.py"
    path.write_text(text)
    done = _run(BIN / "ruff", "check", "--no-cache", "--config", SETTINGS, path)
    assert done.returncode == 1
    assert rule in done.stdout


def test_every_exemption_of_lint_has_its_reason() -> None:
    """A rule is left out for a cause that can be read and argued with."""
    lint = SETTINGS.read_text().split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.pydoc")[0]
    exempted = [line for line in lint.splitlines() if re.match(r'\s+"[A-Z]+[0-9]+"', line)]
    assert exempted
    assert [line for line in exempted if "#" not in line] == []


def test_an_unformatted_file_is_refused(tmp_path: Path) -> None:
    """Nobody argues about spaces."""
    path = tmp_path / "wrong.py"
    path.write_text("x   =  1\n")
    done = _run(BIN / "ruff", "format", "--no-cache", "--check", "--config", SETTINGS, path)
    assert done.returncode == 1


def test_types_are_strict(tmp_path: Path) -> None:
    """A function without types is refused, not passed over."""
    path = tmp_path / "wrong.py"
    path.write_text('"""A module."""\n\n\ndef double(x):\n    return x * 2\n')
    flags = ("--config-file", SETTINGS, "--cache-dir", tmp_path / "cache")
    done = _run(BIN / "mypy", *flags, path)
    assert done.returncode == 1
    assert "no-untyped-def" in done.stdout


@pytest.fixture(scope="module")
def trespassing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every package with a forbidden import for each boundary, and what the check says."""
    folder = tmp_path_factory.mktemp("packages")
    for source in (*ROOT.glob("shared/*/src/*"), *ROOT.glob("services/*/src/*")):
        shutil.copytree(source, folder / source.name)
    for place, forbidden in TRESPASSES.values():
        path = folder / place
        text = path.read_text()
        at = re.search(r"(?m)^(?:from|import) ", text)
        assert at is not None
        # Behind imports from the future, which have to stand first.
        start = text.index("\n", at.start()) + 1
        path.write_text(f"{text[:start]}import {forbidden}\n{text[start:]}")
    done = _run(BIN / "lint-imports", "--no-cache", "--config", SETTINGS, PYTHONPATH=str(folder))
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize("boundary", TRESPASSES)
def test_a_boundary_holds(trespassing: str, boundary: str) -> None:
    """An import across it breaks the contract of that name."""
    assert re.search(rf"{re.escape(boundary)}.*BROKEN", trespassing)


def test_every_boundary_is_tried() -> None:
    """A new contract needs its trespass here."""
    names = re.findall(
        r'(?m)^\[\[tool\.importlinter\.contracts\]\]\nname = "(.*)"', SETTINGS.read_text()
    )
    assert set(names) == set(TRESPASSES)
