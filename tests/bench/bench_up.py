"""How long `civicloop up` takes with warm caches: at its first start and with data.

Prints one line per start and fails when one is over the limit. The stack is one of its own, in a
temporary folder.
"""

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

LIMIT_S: Final = 20.0
STARTS: Final = ("first start, empty", "second start, with data")


def main() -> int:
    """Measure both starts; returns the exit status."""
    home = Path(tempfile.mkdtemp(prefix="civicloop-bench-"))
    layout = Layout(home=home, cache=default_layout().cache)
    slow = False
    try:
        for name in STARTS:
            seconds = _up(home)
            memory = sum(part.memory_mb for part in control.status(layout))
            slow = slow or seconds > LIMIT_S
            print(f"up, {name:24} {seconds:5.1f} s (limit {LIMIT_S:.0f} s), {memory:.0f} MB")
            control.down(layout)
    finally:
        control.down(layout)
        shutil.rmtree(home, ignore_errors=True)
    return int(slow)


def _up(home: Path) -> float:
    began = time.monotonic()
    environment = os.environ | {"CIVICLOOP_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "civicloop", "up"], check=True, env=environment)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
