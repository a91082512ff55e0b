"""Log files of the parts: kept small, read from the end, followed."""

from __future__ import annotations

import shutil
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES: Final = 10_000_000
KEPT_FILES: Final = 3
FOLLOW_INTERVAL_S: Final = 0.3


def rotate(path: Path, *, max_bytes: int = MAX_BYTES) -> bool:
    """Set a log aside when it is over its size; returns whether it was.

    The file is copied and emptied, not renamed: its writer has it open for appending and goes on,
    also when nobody is left to tell it otherwise.
    """
    if not path.exists() or path.stat().st_size < max_bytes:
        return False
    for number in range(KEPT_FILES - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as handle:
        handle.truncate(0)
    return True


def last_lines(path: Path, count: int) -> list[str]:
    """Return the newest lines of a log, none when there is no log."""
    try:
        with path.open(encoding="utf-8", errors="replace") as handle:
            return [line.rstrip("\n") for line in deque(handle, maxlen=count)]
    except FileNotFoundError:
        return []


def follow(paths: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Yield `(part, line)` for every line written from now on, without end."""
    return _follow(paths, {part: _size(path) for part, path in paths.items()})


def _follow(paths: dict[str, Path], offsets: dict[str, int]) -> Iterator[tuple[str, str]]:
    while True:
        for part, path in paths.items():
            size = _size(path)
            start = offsets[part] if size >= offsets[part] else 0
            if size > start:
                text, offsets[part] = _whole_lines(path, start)
                yield from ((part, line) for line in text.splitlines())
        time.sleep(FOLLOW_INTERVAL_S)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _whole_lines(path: Path, start: int) -> tuple[str, int]:
    with path.open("rb") as handle:
        handle.seek(start)
        read = handle.read()
    end = read.rfind(b"\n") + 1
    return read[:end].decode(errors="replace"), start + end
