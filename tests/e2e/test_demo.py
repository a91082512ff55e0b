"""The demo as `make demo` runs it: it starts a stack, proves its outcome, and leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from civicloop.demo.acts import load_acts
from civicloop_local.control import is_up
from civicloop_local.layout import Layout, default_layout

REPORTS = 30


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a stack; not pytest's own, which other users may not enter."""
    made = Path(tempfile.mkdtemp(prefix="civicloop-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_small_storm_comes_out_as_it_must(home: Path) -> None:
    """Exit status 0, every act and the morning exact, the audit clean, the stack gone."""
    result = _demo(home, "--reports", str(REPORTS))
    assert result["outcome"] == result["expected"]
    assert [row for row in result["storm"] if row["expected"] != row["came"]] == []
    assert {row["act"] for row in result["storm"]} == {act.name for act in load_acts()}
    assert result["parked"] == 0
    assert result["cases"] > len(load_acts())
    # On the same stack, and all of it has ended: one act alone.
    alone = _demo(home, "--scenario", "dispute")
    assert {row["act"] for row in alone["storm"]} == {"dispute"}
    assert {hop["fact"] for hop in alone["walk"]} >= {"CaseFiled", "DisputeSettled", "CaseClosed"}
    assert len({hop["trace_id"] for hop in alone["walk"]}) == 1


def _demo(home: Path, *options: str) -> dict[str, Any]:
    """Run the demo and return what it prints for a program."""
    environment = os.environ | {
        "CIVICLOOP_HOME": str(home),
        "CIVICLOOP_CACHE": str(default_layout().cache),
    }
    done = subprocess.run(
        [sys.executable, "-m", "civicloop", "demo", *options, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert result["good"]
    assert result["audit"]["clean"]
    assert not is_up(Layout(home=home, cache=home))
    return result
