"""The demo as `make demo` runs it: it starts a stack, proves its outcome, and leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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
def test_a_small_morning_comes_out_as_its_seed_says(home: Path) -> None:
    """Exit status 0, the outcome equal, the audit clean, the stack gone, and so twice."""
    environment = os.environ | {
        "CIVICLOOP_HOME": str(home),
        "CIVICLOOP_CACHE": str(default_layout().cache),
    }
    command = [sys.executable, "-m", "civicloop", "demo", "--reports", str(REPORTS), "--json"]
    for _ in range(2):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=200
        )
        assert done.returncode == 0, done.stderr + done.stdout[-2000:]
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["good"]
        assert result["reports"] == REPORTS
        assert result["outcome"] == result["expected"]
        assert result["audit"]["clean"]
        assert {hop["fact"] for hop in result["walk"]} >= {"CaseFiled", "CaseHandled", "CaseClosed"}
        assert len({hop["trace_id"] for hop in result["walk"]}) == 1
        assert not is_up(Layout(home=home, cache=home))
