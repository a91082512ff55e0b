"""A real city's file through the command line, on a stack as an operator starts it."""

import csv
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from civicloop_local import control
from civicloop_local.layout import Layout, default_layout

from .city import eventually

MAPPING = "boston311"
FILE_NAME = "boston311_sample_2015_2024.csv.gz"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack in a folder of its own, driven as an operator does."""

    home: Path

    def command(self, *words: str) -> list[str]:
        """Return a command line."""
        return [sys.executable, "-m", "civicloop", *words]

    def environment(self) -> dict[str, str]:
        """Return the environment that points to this stack."""
        return {**os.environ, "CIVICLOOP_HOME": str(self.home)}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def json(self, *words: str) -> Any:
        """Run a command that prints JSON; it has to succeed."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Give a running stack; it ends with the module."""
    home = Path(tempfile.mkdtemp(prefix="civicloop-stack-"))
    layout = Layout(home=home, cache=default_layout().cache)
    try:
        control.up(layout, tied_to=os.getpid())
        yield Stack(home=home)
    finally:
        control.down(layout)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def city_file() -> Path:
    """Give the reference file, where it is."""
    folder = os.environ.get("CIVICLOOP_DATA")
    path = Path(folder or "nowhere") / FILE_NAME
    if not path.is_file():
        pytest.skip(f"CIVICLOOP_DATA names no folder with {FILE_NAME}")
    return path


def test_a_killed_import_goes_on_and_a_second_one_creates_nothing(
    stack: Stack, city_file: Path, tmp_path: Path
) -> None:
    """Killed in the middle, the import ends with every line filed once, and agrees row by row."""
    words = ("import", str(city_file), "--mapping", MAPPING, "--replay")
    rejects = ("--rejects", str(tmp_path / "rejects.csv"))
    first = subprocess.Popen(
        stack.command(*words, *rejects),
        env=stack.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: stack.json("audit")["counts"]["reports"] > 0)
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=10)

    resumed = stack.json(*words, *rejects)
    again = stack.json(*words, *rejects)

    assert resumed["filed"] == again["filed"] == 4995
    assert again["created"] == 0
    assert (resumed["closed"], resumed["open"], resumed["rejected_lines"]) == (4995, 0, 0)
    assert resumed["overdue_source"] == 474
    assert resumed["comparison"]["unexplained"] == 0
    assert resumed["comparison"]["causes"] == {"source_left_flag_blank": 1}
    assert stack.run("audit").returncode == 0


def test_the_judgement_is_ours_and_not_the_flag(
    stack: Stack, city_file: Path, tmp_path: Path
) -> None:
    """With the flag column taken away, the same rows are overdue."""
    rows = list(_read(city_file))[:300]
    unflagged = tmp_path / "unflagged.csv"
    _write(unflagged, [{**row, "on_time": ""} for row in rows])
    flagged = tmp_path / "flagged.csv"
    _write(flagged, rows)
    counts = [
        stack.run("import", str(path), "--mapping", MAPPING, "--replay", "--json").stdout
        for path in (flagged, unflagged)
    ]
    first, second = (json.loads(text) for text in counts)
    assert first["overdue"] == second["overdue"] == first["overdue_source"]


def test_open_rows_are_judged_at_the_time_of_the_file(
    stack: Stack, city_file: Path, tmp_path: Path
) -> None:
    """Of the open rows, those due before `as_of` are overdue and those due after it are not."""
    rows = [row for row in _read(city_file) if row["target"]][:100]
    for number, row in enumerate(rows[:10]):
        row.update(closed="", status="Open", on_time="OVERDUE" if number % 2 else "ONTIME")
        row["target"] = "2025-01-08 12:00:00" if number % 2 else "2025-01-10 12:00:00"
    made = tmp_path / "made.csv"
    _write(made, rows)
    result = stack.json("import", str(made), "--mapping", MAPPING, "--replay")
    assert result["open"] == 10
    assert result["overdue"] == result["overdue_source"]
    assert result["comparison"]["differing"] == 0


def _read(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
