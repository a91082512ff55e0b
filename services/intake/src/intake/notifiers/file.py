"""A notifier that writes one JSON line per notice: for demonstrations and tests.

The file holds no contact: who it went to is in the vault, where it can be erased.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Final

from intake.notifiers.texts import render
from intake.ports import NotifierError

if TYPE_CHECKING:
    from pathlib import Path

    from intake.ports import Notice

OWNER_ONLY: Final = 0o600
FILE_NAME: Final = "notices.jsonl"


class FileNotifier:
    """Appends to `notices.jsonl` in *folder*, and leaves out what already stands there.

    Two processes that write one file each know only what stood there when they started.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._known: set[str] | None = None
        self._lock = asyncio.Lock()

    async def send(self, notice: Notice) -> None:
        """Write the notice; returns when it is on disk.

        Raises:
            NotifierError: The file cannot be written.
        """
        async with self._lock:
            try:
                await asyncio.to_thread(self._write_once, notice)
            except OSError as error:
                raise NotifierError(NotifierError.__doc__) from error

    def _write_once(self, notice: Notice) -> None:
        if self._known is None:
            self._known = self._read()
        if notice.notice_id in self._known:
            return
        self._append(json.dumps(_line(notice), ensure_ascii=False))
        self._known.add(notice.notice_id)

    def _read(self) -> set[str]:
        if not self._path.exists():
            return set()
        text = self._path.read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            # A crash in the middle of a line: what follows must not join it.
            self._append("")
        return {found for line in text.splitlines() if (found := _notice_id(line))}

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self._path, flags, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())


def _line(notice: Notice) -> dict[str, str]:
    return {
        "notice_id": notice.notice_id,
        "report_id": str(notice.report_id),
        "case_id": str(notice.case_id),
        "language": notice.contact.language.value,
        "text_key": notice.text.value,
        "text": render(notice.text, notice.contact.language, notice.case_id),
    }


def _notice_id(line: str) -> str | None:
    try:
        return str(json.loads(line)["notice_id"])
    except (ValueError, KeyError, TypeError):
        return None
