"""The department's page, followed word for word on a stack of its own: webhook and pull."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from civicloop_local import control
from civicloop_local.layout import Layout, default_layout

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "plug-in-a-department.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a stack, which ends with the test."""
    made = Path(tempfile.mkdtemp(prefix="civicloop-"))
    # The user that Postgres runs as has to get in.
    made.chmod(0o755)
    yield made
    control.down(Layout(home=made / "stack", cache=default_layout().cache))
    shutil.rmtree(made, ignore_errors=True)


def _script() -> str:
    """Return the page's blocks as one script; the Python block is the file that the page names."""
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
    for language, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "python":
            parts.append(f"cat > receiver.py <<'RECEIVER'\n{block}RECEIVER")
        else:
            parts.append(block)
    return "\n".join(parts)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_department_is_plugged_in_from_the_page_alone(home: Path) -> None:
    """Every block runs in order; both departments complete their first task."""
    environment = os.environ | {
        "CIVICLOOP_HOME": str(home / "stack"),
        "CIVICLOOP_CACHE": str(default_layout().cache),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    up = subprocess.run(
        [sys.executable, "-m", "civicloop", "up"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert up.returncode == 0, up.stderr
    done = subprocess.run(
        ["bash", "-c", _script()],  # noqa: S607 - whichever bash there is
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "failed" not in done.stdout
    assert '"state":"completed"' in done.stdout.replace(" ", "")
