"""What a simulated department heard and did, on disk before anybody is answered.

One JSON object per line. The auditor reads it: each delivery was received at least once and applied
once. A narrative never enters it.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

Entry = Mapping[str, Any]
OWNER_ONLY: Final = 0o600


class Event(StrEnum):
    """What a line of the journal says about a delivery.

    ``received``: it came, perhaps again. ``applied``: it came for the first time. ``ignored``: its
    task was cancelled before. ``sample``: it was a test. ``refused``: it was not taken.
    ``answered``: an update of its task was sent and got this status.
    """

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    SAMPLE = "sample"
    REFUSED = "refused"
    ANSWERED = "answered"


class Journal:
    """Appends lines; what is appended at the same time shares one *sync*."""

    def __init__(self, path: Path, sync: Callable[[int], None] = os.fsync) -> None:
        self._to_disk = sync
        path.parent.mkdir(parents=True, exist_ok=True)
        _end_torn_line(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write lines; returns when they are on disk.

        Raises:
            OSError: They are not.
        """
        loop = asyncio.get_running_loop()
        text = "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((text.encode(), done))
        if self._writer is None:
            self._writer = loop.create_task(self._write())
        await done

    async def close(self) -> None:
        """Finish writing and close the file."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        self._disk.shutdown()
        os.close(self._file)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            text = b"".join(part for part, _ in batch)
            try:
                await loop.run_in_executor(self._disk, self._sync, text)
            except OSError as error:
                _settle(batch, error)
            else:
                _settle(batch, None)
        self._writer = None

    def _sync(self, text: bytes) -> None:
        view = memoryview(text)
        while view:
            view = view[os.write(self._file, view) :]
        self._to_disk(self._file)


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a journal; a line that a crash cut off was never answered."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return entries


def _settle(batch: Sequence[tuple[bytes, asyncio.Future[None]]], error: OSError | None) -> None:
    for _, done in batch:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _end_torn_line(path: Path) -> None:
    """Put a line end after a line that a crash cut off, so that the next one stands alone."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
