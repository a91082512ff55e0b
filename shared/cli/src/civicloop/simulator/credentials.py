"""Webhook secrets per department, in one JSON file that only its owner reads."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from civicloop_local.errors import StackError

OWNER_ONLY: Final = 0o600


class Secrets:
    """The secrets of some departments; a file is read again when it has changed."""

    def __init__(self, given: Mapping[str, str], path: Path | None = None) -> None:
        self._given = given
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._kept: Mapping[str, str] = {}

    def secret(self, code: str) -> str | None:
        """Return a department's newest secret."""
        self._reread()
        return self._given.get(code) or self._kept.get(code)

    def _reread(self) -> None:
        if self._path is None or not self._path.exists():
            return
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._kept, self._stamp = read_secrets(self._path), stamp


def read_secrets(path: Path) -> dict[str, str]:
    """Return the secrets in a file, by department code; none when there is no file.

    Raises:
        StackError: The file is not ours.
    """
    if not path.exists():
        return {}
    try:
        secrets = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StackError(f"{path} is no JSON of secrets: name another file") from error
    if not isinstance(secrets, dict):
        raise StackError(f'{path} is not {{"CODE": "whsec_…"}}: name another file')
    return {str(code): str(secret) for code, secret in secrets.items()}


def secret_place(path: Path | None) -> Path | None:
    """Check an option before its command does anything: a secret could be kept there.

    Raises:
        StackError: It could not; nothing was changed.
    """
    if path is not None:
        require_place(path)
    return path


def require_place(path: Path) -> None:
    """Check, before there is a secret, that it could be kept in a file.

    Raises:
        StackError: It could not; nothing was changed.
    """
    if not path.parent.is_dir():
        raise StackError(f"{path.parent} is no folder: make it, or name another file")
    if path.is_dir():
        raise StackError(f"{path} is a folder: name a file in it")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise StackError(f"{path} cannot be written: name another file")
    read_secrets(path)


def keep_secret(path: Path, code: str, secret: str) -> None:
    """Put a department's secret into a file, in place of an older one.

    Raises:
        StackError: The file is not ours.
    """
    secrets = read_secrets(path) | {code: secret}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w") as file:  # noqa: PTH123 - the mode has to be right from the start
        json.dump(secrets, file, indent=2)
    draft.replace(path)
