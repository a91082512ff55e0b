"""Where one stack keeps its files: everything under one folder, downloads outside of it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from civicloop_local.errors import StackError

WORK_TREE: Final = Path(__file__).resolve().parents[4]
MIN_FREE_BYTES: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One stack's folder and the cache that all stacks of a machine share."""

    home: Path
    cache: Path

    @property
    def run(self) -> Path:
        """State of the running stack: pids, locks, generated configuration."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One log file per part, and its rotated predecessors."""
        return self.home / "logs"

    @property
    def state_file(self) -> Path:
        """What runs, as the supervisor last wrote it."""
        return self.run / "state.json"

    @property
    def secrets_file(self) -> Path:
        """Every password and key, readable by its owner only."""
        return self.home / "secrets.json"

    @property
    def ports_file(self) -> Path:
        """The loopback ports that this stack has taken."""
        return self.home / "ports.json"

    @property
    def jars(self) -> Path:
        """Kafka's jars, shared by all stacks."""
        return self.cache / "jars"

    def data(self, part: str) -> Path:
        """The folder that one part may write."""
        return self.home / "data" / part

    def log(self, part: str) -> Path:
        """The log file of one part."""
        return self.logs / f"{part}.log"

    def create(self) -> None:
        """Make the folders.

        Raises:
            StackError: The disk is full or the place may not be written.
        """
        try:
            for folder in (self.home, self.home / "data", self.run, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
                # Postgres may run as another user: it must reach its folder, not list this one.
                folder.chmod(0o711)
        except OSError as error:
            raise StackError(
                f"cannot write {self.home} ({error.strerror}): "
                "set CIVICLOOP_HOME to a folder of yours"
            ) from error
        if shutil.disk_usage(self.home).free < MIN_FREE_BYTES:
            raise StackError(f"the disk is full: free at least 1 GB where {self.home} is")


def default_layout() -> Layout:
    """Return the layout of this work tree, or the one that the environment names.

    `CIVICLOOP_HOME` moves the stack's folder (default `.local` in the work tree),
    `CIVICLOOP_CACHE` the downloads (default `civicloop` in the user's cache folder).
    """
    home = os.environ.get("CIVICLOOP_HOME")
    cache = os.environ.get("CIVICLOOP_CACHE")
    return Layout(
        home=Path(home).absolute() if home else WORK_TREE / ".local",
        cache=Path(cache).absolute() if cache else Path.home() / ".cache" / "civicloop",
    )
