"""A copy of the work tree in which mutants meet the tests that have to notice them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .mutant_drawing import Mutant

SOURCES: Final = ("shared/*/src", "services/*/src", "deploy/local/src")
VALUE_TYPES: Final = "tests/quality/test_value_types.py"
OPTIONS: Final = ("-x", "-q", "--timeout=60", "--hypothesis-seed=0", "-p", "no:cacheprovider")
# A mutant that makes a loop endless is as dead as one that makes a test fail.
LIMIT_FACTOR: Final = 4
LIMIT_MIN_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Tests that run together; a mutant that survives one goes on to the next.

    ``is_part``: a later stage has them too. They only come first, and there may be none.
    """

    folders: tuple[str, ...]
    needs_servers: bool = False
    is_part: bool = False


@dataclass(kw_only=True)
class WorkCopy:
    """A copy of everything that is or could be tracked; `took_s` is what each stage takes."""

    root: Path
    took_s: dict[Stage, float] = field(default_factory=dict)
    _running: subprocess.Popen[str] | None = None

    @classmethod
    def make(cls, source: Path, target: Path) -> WorkCopy:
        """Copy a work tree."""
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- the machine's git
            cwd=source,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, names.split("\0")):
            if (source / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, target / name)
        return cls(root=target)

    def check(self, stage: Stage, environment: Mapping[str, str]) -> None:
        """Run a stage on the code as it is: tests that fail anyway would notice anything.

        Raises:
            RuntimeError: They fail.
        """
        started = time.monotonic()
        done = self._run(stage, environment, limit_s=None)
        if done.status:
            raise RuntimeError(f"{stage.folders} fail without a mutant:\n{done.output[-3000:]}")
        self.took_s[stage] = time.monotonic() - started

    def kills(self, mutant: Mutant, environment: Mapping[str, str]) -> bool:
        """Whether some test notices a mutant."""
        path = self.root / mutant.path
        path.write_text(mutant.code)
        try:
            return any(self._notices(stage, environment) for stage in stages_for(mutant.path))
        finally:
            path.write_text(mutant.original)

    def end(self) -> None:
        """End the tests that run here, with every process that they started."""
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)

    def _notices(self, stage: Stage, environment: Mapping[str, str]) -> bool:
        limit_s = max(LIMIT_MIN_S, LIMIT_FACTOR * self.took_s.get(stage, 0.0))
        try:
            return self._run(stage, environment, limit_s=limit_s).status != 0
        except subprocess.TimeoutExpired:
            return True

    def _run(self, stage: Stage, environment: Mapping[str, str], *, limit_s: float | None) -> _Done:
        tests = [str(path) for name in stage.folders for path in sorted(self.root.glob(name))]
        if stage.is_part and not tests:
            return _Done(status=0, output="")
        paths = [str(path) for pattern in SOURCES for path in sorted(self.root.glob(pattern))]
        own = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
        self._running = subprocess.Popen(
            [sys.executable, "-m", "pytest", *OPTIONS, *(tests or stage.folders)],
            cwd=self.root,
            env={**os.environ, **environment, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = self._running.communicate(timeout=limit_s)
            return _Done(status=self._running.returncode, output=output)
        finally:
            # A mutant may break what ends the services that its tests started.
            self.end()
            self._running = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """How a run of tests ended."""

    status: int
    output: str


def stages_for(path: str) -> tuple[Stage, ...]:
    """Return what has to notice a change of a file, the quick tests first."""
    parts = Path(path).parts
    package = parts[parts.index("src") + 1]
    unit = f"tests/unit/{package}"
    if "domain" in parts:
        return (Stage(folders=(VALUE_TYPES, f"{unit}/domain")), Stage(folders=(unit,)))
    own = Stage(folders=(f"{unit}/test_{Path(path).stem}*.py",), is_part=True)
    broker = Stage(folders=(f"tests/integration/{package}",), needs_servers=True)
    return (own, Stage(folders=(VALUE_TYPES, unit)), broker)
