"""What must stand in no tracked file: a registry's host, a path of the machine it was written on.

python tests/quality/tracked_files.py     prints one line per finding; exit 1 when there is one
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
# From parts: written out, the names would stand in this file.
REGISTRY_HOSTS: Final = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
        ("static", "crates", "io"),
        ("deb", "debian", "org"),
    )
)
# What names a registry whatever its host: the settings of package clients and their lock files.
REGISTRY_SETTING: Final = re.compile(
    r"""(?ix)
    (?: \b(?:extra-|default-)? index [-_] url | --find-links | --registry ) [\s"']* [=\s] [\s"']* \w+://
    | " resolved " \s* : \s* " \w+://
    | / maven2 /
    """
)
REGISTRY_VARIABLES: Final = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "NPM_CONFIG_REGISTRY",
    "GOPROXY",
)
HOST_IN_URL: Final = re.compile(r"://(?:[^@/\s]+@)?([^/:,\s]+)")
SOMEBODYS_FOLDER: Final = re.compile(r"(?<![\w.$}~-])/(?:(?:home|Users)/[a-z][\w.-]*|root)/")
# Folders that many machines have: a clone in one of them does not make its name a secret.
COMMON_FOLDERS: Final = frozenset({"/", "/tmp", "/var/tmp", "/opt", "/srv", "/mnt", "/home"})  # noqa: S108 -- names, not files
CLIENT_TIMEOUT_S: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line that has to be corrected."""

    path: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


def find(
    texts: Iterable[tuple[str, str]], hosts: Iterable[str], folders: Iterable[str]
) -> list[Finding]:
    """Return every line of the named texts that names a registry or a folder of a machine."""
    registry = _any_of(hosts, after=r"(?<![\w-])")
    folder = _any_of((f"{name}/" for name in folders), after=r"(?<![\w.])")
    return [
        Finding(path=path, line=number, why=why)
        for path, text in texts
        for number, line in enumerate(text.splitlines(), start=1)
        if (why := _fault(line, registry, folder))
    ]


def registry_hosts(environment: Mapping[str, str], settings: str = "") -> frozenset[str]:
    """Return the known hosts and those that this machine's package clients are set to."""
    told = [environment.get(name, "") for name in REGISTRY_VARIABLES] + [settings]
    return frozenset(REGISTRY_HOSTS) | {host for text in told for host in HOST_IN_URL.findall(text)}


def machine_folders(root: Path, home: Path) -> frozenset[str]:
    """Return the folders that only this machine has: the work tree's, the one above, the home."""
    return frozenset({str(root), str(root.parent), str(home)}) - COMMON_FOLDERS


def tracked_texts(root: Path) -> Iterator[tuple[str, str]]:
    """Return path and text of every tracked file that is text."""
    names = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 -- git is where the machine has it
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        path = root / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content:
            yield name, content.decode(errors="replace")


def main() -> int:
    """Check this work tree; returns the exit status."""
    hosts = registry_hosts(os.environ, _client_settings())
    found = find(tracked_texts(ROOT), hosts, machine_folders(ROOT, Path.home()))
    for finding in found:
        print(finding)
    return 1 if found else 0


def _fault(line: str, registry: re.Pattern[str], folder: re.Pattern[str]) -> str | None:
    if registry.search(line) or REGISTRY_SETTING.search(line):
        return "a registry's host: take it out, clients are set by the machine"
    if folder.search(line) or SOMEBODYS_FOLDER.search(line):
        return "a path of one machine: make it relative"
    return None


def _any_of(words: Iterable[str], *, after: str) -> re.Pattern[str]:
    return re.compile(after + "(?:" + "|".join(re.escape(word) for word in sorted(words)) + ")")


def _client_settings() -> str:
    """What pip is set to here: its mirror's name must not stand in a file either."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
        timeout=CLIENT_TIMEOUT_S,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
