"""How long `civicloop up` takes with warm caches: at its first start and with data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from civicloop_local import control
from civicloop_local.layout import Layout, default_layout

STARTS: Final = ("empty", "with data")


def measure_starts() -> dict[str, float]:
    """Return the seconds of a first and of a second start, in a folder of their own."""
    home = Path(tempfile.mkdtemp(prefix="civicloop-bench-"))
    layout = Layout(home=home, cache=default_layout().cache)
    seconds = {}
    try:
        for name in STARTS:
            seconds[name] = round(_up(home), 1)
            control.down(layout)
    finally:
        control.down(layout)
        shutil.rmtree(home, ignore_errors=True)
    return seconds


def _up(home: Path) -> float:
    began = time.monotonic()
    environment = os.environ | {"CIVICLOOP_HOME": str(home)}
    command = [sys.executable, "-m", "civicloop", "up"]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.monotonic() - began
