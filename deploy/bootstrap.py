"""Makes `.venv` complete: every locked package, and Civicloop's own packages in editable form.

Needs Python 3.11 or newer with its `venv` module, and nothing else. Packages are fetched once,
with pip (so that a machine's mirror settings hold), into a cache outside the work tree; from there
they are installed without network and checked against the hashes in `requirements.txt`. A second
run does nothing, and a second clone downloads nothing.

    python3 deploy/bootstrap.py               make .venv
    python3 deploy/bootstrap.py --lock        remake requirements.txt from all pyproject.toml files
    python3 deploy/bootstrap.py --check-lock  say what in requirements.txt is not current
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
LOCK: Final = ROOT / "requirements.txt"
PACKAGES: Final = (
    "shared/contracts",
    "shared/kit",
    "deploy/local",
    "shared/cli",
    "services/intake",
    "services/router",
    "services/department-adapter",
    "services/feedback",
)
MIN_PYTHON: Final = (3, 11)
NEEDED_BYTES: Final = 1_500_000_000
CAUSES: Final = (
    ("No space left on device", "the disk is full: free about 1.5 GB and run again"),
    ("DO NOT MATCH THE HASHES", "a package differs from its locked hash: delete {cache}/wheels"),
    ("Hash mismatch", "a cached package is damaged: delete {cache}/wheels and run again"),
    ("No module named 'ensurepip'", "install Python's venv module (Debian: python3-venv)"),
    ("ensurepip is not available", "install Python's venv module (Debian: python3-venv)"),
    ("Temporary failure in name", "no network: connect once, later runs need none"),
    ("Connection", "no network: connect once (or set pip's mirror), later runs need none"),
    ("No matching distribution", "pip's index lacks a locked package: check pip's mirror settings"),
    ("Permission denied", "no right to write there: set CIVICLOOP_CACHE to a folder of yours"),
)


class BootstrapError(Exception):
    """The environment cannot be made; the message names the fix."""


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit status."""
    work = {(): make_environment, ("--lock",): relock, ("--check-lock",): check_lock}
    if tuple(arguments) not in work:
        print(
            "bootstrap: unknown argument: use no argument, --lock or --check-lock", file=sys.stderr
        )
        return 2
    try:
        work[tuple(arguments)]()
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bootstrap: interrupted: run it again to go on", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"bootstrap: {_cause(str(error))}", file=sys.stderr)
        return 1
    return 0


def make_environment() -> None:
    """Bring `.venv` in line with the lock and the package list; do nothing when it is already."""
    if sys.version_info < MIN_PYTHON:
        raise BootstrapError("Python 3.11 or newer is needed: run it with a newer python3")
    wanted = _fingerprint()
    stamp = VENV / ".civicloop-stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    wheels = _cache() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    with _only_one(wheels / ".lock"):
        _make_venv()
        _fetch(wheels)
        _install(wheels)
    stamp.write_text(wanted)
    print("bootstrap: .venv is complete")


def relock() -> None:
    """Write `requirements.txt` anew from the dependencies of every package and the tools."""
    _compile(_asked(), ["--generate-hashes", "--universal", "-o", str(LOCK)])


def check_lock() -> None:
    """Compare the lock with what the packages ask for, by the fetched packages and no network.

    Raises:
        BootstrapError: A pin has no hash, is missing, or is asked for by nothing.
    """
    lock = LOCK.read_text()
    faults = lock_faults(lock, _resolved(lock))
    if faults:
        raise BootstrapError(f"{'; '.join(faults)}: run `make lock`")


def lock_faults(lock: str, resolved: frozenset[str]) -> list[str]:
    """Return what a lock's text has to be corrected in; `resolved` is what it has to pin here."""
    pins = _pins(lock)
    unhashed = [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin]
    needed = frozenset(pin.split()[0] for pin in pins if _is_for_here(pin))
    return [
        *(f"{name} has no hash" for name in unhashed),
        *(f"{name} is not pinned" for name in sorted(resolved - needed)),
        *(f"{name} is pinned for nothing" for name in sorted(needed - resolved)),
    ]


def _asked() -> list[str]:
    """What every package and the tools ask for, besides each other."""
    import tomllib  # noqa: PLC0415 -- older interpreters must get as far as the version message

    wanted: set[str] = set()
    for folder in (".", *PACKAGES):
        table = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())
        groups = table.get("dependency-groups", {}).values()
        for needed in (table["project"]["dependencies"], *groups):
            wanted.update(line for line in needed if not line.startswith("civicloop"))
    return sorted(wanted)


def _compile(asked: list[str], arguments: list[str]) -> str:
    """Resolve requirements; returns what uv printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(asked))
        source.flush()
        flags = ["--python-version", "3.11", "--quiet"]
        flags += ["--no-emit-index-url", "--no-header", "--no-annotate"]
        uv = str(VENV / "bin" / "uv")
        return _run([uv, "pip", "compile", source.name, *flags, *arguments])


def _resolved(lock: str) -> frozenset[str]:
    """Every `name==version` that is needed on this machine, within the locked versions."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as bounds:
        bounds.write("\n".join(pin.split(" --hash")[0].replace("\\", "") for pin in _pins(lock)))
        bounds.flush()
        local = ["--offline", "--no-index", "--find-links", str(_cache() / "wheels")]
        lines = _compile(_asked(), [*local, "--constraint", bounds.name])
    return frozenset(line.split()[0] for line in lines.splitlines() if "==" in line)


def _pins(lock: str) -> list[str]:
    return [" ".join(pin.split()) for pin in re.split(r"\n(?=\S)", lock.strip())]


def _is_for_here(pin: str) -> bool:
    from packaging.markers import Marker  # noqa: PLC0415 -- only the complete .venv has it

    _, found, marker = pin.partition(" ; ")
    return not found or Marker(marker.split(" \\")[0].split(" --hash")[0]).evaluate()


def _cache() -> Path:
    return Path(os.environ.get("CIVICLOOP_CACHE") or Path.home() / ".cache" / "civicloop")


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{ROOT} {sys.version} {platform.machine()}".encode())
    for path in (Path(__file__), LOCK, *(ROOT / folder / "pyproject.toml" for folder in PACKAGES)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make_venv() -> None:
    if not (VENV / "bin" / "pip").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def _fetch(wheels: Path) -> None:
    tag = f"{sys.implementation.cache_tag}-{sys.platform}-{platform.machine()}"
    marker = wheels / f".complete-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}-{tag}"
    if marker.exists():
        return
    if shutil.disk_usage(wheels).free < NEEDED_BYTES:
        raise BootstrapError(
            f"too little room in {wheels}: free about 1.5 GB or set CIVICLOOP_CACHE"
        )
    print(f"bootstrap: fetching packages once into {wheels} (a few minutes)", flush=True)
    _pip("download", "--require-hashes", "--no-deps", "-d", str(wheels), "-r", str(LOCK))
    marker.touch()


def _install(wheels: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(_lock_entry("uv"))
        only_uv.flush()
        local = ["--no-index", "--no-deps", "--find-links", str(wheels)]
        _pip("install", "--require-hashes", *local, "-r", only_uv.name)
    uv = [str(VENV / "bin" / "uv"), "pip"]
    offline = ["--offline", "--no-index", "--find-links", str(wheels)]
    _run([*uv, "sync", *offline, "--require-hashes", "--compile-bytecode", str(LOCK)])
    editable = [argument for folder in PACKAGES for argument in ("-e", str(ROOT / folder))]
    _run([*uv, "install", *offline, "--no-deps", "--no-build-isolation", *editable])


def _lock_entry(name: str) -> str:
    """The lines of one package in the lock, with its hashes."""
    lines = LOCK.read_text().splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = start + 1
    while end < len(lines) and lines[end].startswith(" "):
        end += 1
    return "".join(lines[start:end])


def _pip(*arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    _run([str(VENV / "bin" / "python"), "-m", "pip", *arguments, *quiet])


def _run(command: list[str]) -> str:
    own = {"VIRTUAL_ENV": str(VENV), "UV_CACHE_DIR": str(_cache() / "uv"), "UV_NO_CONFIG": "1"}
    done = subprocess.run(  # noqa: S603 -- every argument is this file's own
        command, env=os.environ | own, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BootstrapError(_cause(done.stdout + done.stderr))
    return done.stdout


def _cause(output: str) -> str:
    for sign, fix in CAUSES:
        if sign in output:
            return fix.format(cache=_cache())
    last = [line for line in output.strip().splitlines() if line.strip()]
    return last[-1].strip() if last else "a command failed without a word: run it again"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
