"""Kafka's jars: fetched once into the cache and checked against the committed sha256 sums."""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local.errors import StackError
from civicloop_local.files import locked

if TYPE_CHECKING:
    from collections.abc import Callable

PARALLEL: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One line of the lock: a Maven coordinate and the sum of its file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in the cache."""
        return f"{self.artifact}-{self.version}.jar"


def locked_jars() -> tuple[Jar, ...]:
    """Return the committed lock."""
    lines = (files("civicloop_local") / "data" / "jars.lock").read_text().splitlines()
    return tuple(_parse(line) for line in lines if line and not line.startswith("#"))


def ensure_jars(
    folder: Path,
    jars: tuple[Jar, ...],
    *,
    fetch: Callable[[Jar, Path], Path] | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> tuple[Path, ...]:
    """Return the path of every jar in `folder`, fetching what is missing or damaged.

    `fetch` stores a jar somewhere under a folder and returns where (default: from Maven
    repositories, as the user's jgo settings name them).

    Raises:
        StackError: A jar cannot be had, or differs from its sum.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not _missing(folder, jars):
        return tuple(folder / jar.file_name for jar in jars)
    with locked(folder / ".lock"):
        missing = _missing(folder, jars)
        if missing:
            say(f"fetching {len(missing)} jars of Kafka once into {folder}")
            _fetch_all(folder, missing, fetch or fetch_from_maven)
    return tuple(folder / jar.file_name for jar in jars)


def fetch_from_maven(jar: Jar, folder: Path) -> Path:
    """Fetch one jar, or take it from the user's own Maven repository when it is there."""
    from jgo.config import GlobalSettings  # noqa: PLC0415 -- slow, and needed once per machine
    from jgo.maven import MavenContext  # noqa: PLC0415

    settings = GlobalSettings.load()
    context = MavenContext(
        repo_cache=folder,
        local_repos=[settings.repo_cache],
        remote_repos=settings.repositories or None,
        timeout=60,
    )
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    return Path(component.artifact().resolve())


def _parse(line: str) -> Jar:
    sha256, coordinate = line.split()
    group, artifact, version = coordinate.split(":")
    return Jar(group=group, artifact=artifact, version=version, sha256=sha256)


def _missing(folder: Path, jars: tuple[Jar, ...]) -> tuple[Jar, ...]:
    return tuple(jar for jar in jars if _sha256(folder / jar.file_name) != jar.sha256)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _fetch_all(folder: Path, jars: tuple[Jar, ...], fetch: Callable[[Jar, Path], Path]) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as staging, ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda jar: _fetch_one(folder, jar, fetch, Path(staging)), jars):
            pass


def _fetch_one(folder: Path, jar: Jar, fetch: Callable[[Jar, Path], Path], staging: Path) -> None:
    try:
        fetched = fetch(jar, staging)
        content = fetched.read_bytes()
    except Exception as error:
        raise StackError(
            f"cannot fetch {jar.file_name} ({type(error).__name__}): "
            "connect once, or name your mirror in jgo's settings"
        ) from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise StackError(
            f"{jar.file_name} differs from its committed sha256: remove it from your Maven "
            "repository or mirror and run again"
        )
    whole = staging / jar.file_name
    whole.write_bytes(content)
    whole.replace(folder / jar.file_name)
