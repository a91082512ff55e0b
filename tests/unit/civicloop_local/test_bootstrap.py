"""Bootstrap: the lock is complete and names no place; every failure names its fix."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from civicloop_local.layout import WORK_TREE

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = WORK_TREE / "deploy" / "bootstrap.py"
LOCK = (WORK_TREE / "requirements.txt").read_text()


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_pins_every_package_with_hashes() -> None:
    """A package without a hash could be anything."""
    pins = re.split(r"\n(?=\S)", LOCK.strip())
    assert all(re.match(r"[a-z0-9.-]+==", pin) and "--hash=sha256:" in pin for pin in pins)


def test_the_lock_names_no_host_and_no_path() -> None:
    """A user's own mirror settings decide where packages come from."""
    assert not re.search(r"https?:|index-url|find-links|file:|\s/", LOCK)


def test_the_lock_holds_what_every_package_asks_for(bootstrap: ModuleType) -> None:
    """`make lock` was run after the last change."""
    pinned = {_plain(line.split("==")[0]) for line in LOCK.splitlines() if "==" in line}
    asked: set[str] = set()
    for folder in bootstrap.PACKAGES:
        table = tomllib.loads((WORK_TREE / folder / "pyproject.toml").read_text())
        asked |= {_plain(line) for line in table["project"]["dependencies"]}
    assert {name for name in asked if not name.startswith("civicloop")} <= pinned


MADE_LOCK = """\
one==1.0 \\
    --hash=sha256:aa
two==2.0 ; sys_platform == 'another' \\
    --hash=sha256:bb
"""


def test_a_lock_that_fits_has_no_faults(bootstrap: ModuleType) -> None:
    """What only another kind of machine needs may be pinned too."""
    assert bootstrap.lock_faults(MADE_LOCK, frozenset({"one==1.0"})) == []


@pytest.mark.parametrize(
    ("lock", "resolved", "fault"),
    [
        (MADE_LOCK, {"one==1.0", "three==3.0"}, "three==3.0 is not pinned"),
        (MADE_LOCK, {"one==1.1"}, "one==1.1 is not pinned"),
        (MADE_LOCK, set(), "one==1.0 is pinned for nothing"),
        ("one==1.0\n", {"one==1.0"}, "one==1.0 has no hash"),
    ],
)
def test_a_lock_that_is_not_current_is_named(
    bootstrap: ModuleType, lock: str, resolved: set[str], fault: str
) -> None:
    """Each pin that is missing, left over or without a hash."""
    assert fault in bootstrap.lock_faults(lock, frozenset(resolved))


def test_this_lock_is_current(bootstrap: ModuleType) -> None:
    """By the packages that were fetched, without network."""
    bootstrap.check_lock()


def test_every_package_of_the_work_tree_is_installed(bootstrap: ModuleType) -> None:
    """None can be forgotten in the one list."""
    places = (
        *WORK_TREE.glob("shared/*/pyproject.toml"),
        *WORK_TREE.glob("services/*/pyproject.toml"),
    )
    found = {path.parent.relative_to(WORK_TREE).as_posix() for path in places}
    assert found <= set(bootstrap.PACKAGES)


@pytest.mark.parametrize(
    ("output", "fix"),
    [
        ("ERROR: [Errno 28] No space left on device", "free about"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM", "delete"),
        ("Error: No module named 'ensurepip'", "python3-venv"),
        ("Failed to establish a new Connection", "network"),
        ("something else\nthe last line", "the last line"),
    ],
)
def test_a_failure_is_one_line_that_names_the_fix(
    bootstrap: ModuleType, output: str, fix: str
) -> None:
    """Whatever the tool wrote."""
    line = bootstrap._cause(output)
    assert fix in line
    assert "\n" not in line


def test_an_unknown_argument_is_refused() -> None:
    """On standard error, with a status of its own."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--typo"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("bootstrap: unknown argument")


def _plain(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ;]", requirement)[0].lower().replace("_", "-")
