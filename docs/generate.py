# ruff: noqa: INP001 - a script: the folder is documentation, not a package
"""Write the pages under `docs/reference` that code already says, or compare them with it.

Run by `make docs`; `--check` writes nothing and names each page that is out of date.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from generators import asyncapi, command, facts, http, settings, states, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFERENCE: Final = Path(__file__).parent / "reference"
MARK: Final = "<!-- Written by `make docs`: change the code, or docs/generators. -->"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "facts.md": facts.page,
    "topics.md": topics.page,
    "asyncapi.html": asyncapi.page,
    "states.md": states.page,
    "http.md": http.page,
    "settings.md": settings.page,
    "cli.md": command.page,
}


def main() -> int:
    """Write or check all pages; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is old")
    parser.add_argument("--folder", type=Path, default=REFERENCE, help="where the pages are")
    asked = parser.parse_args()
    old = [name for name, page in PAGES.items() if _refresh(asked.folder / name, page, asked.check)]
    if asked.check and old:
        sys.stderr.write(f"out of date: {', '.join(old)}: run `make docs`\n")
        return 1
    return 0


def _refresh(path: Path, page: Callable[[], str], check: bool) -> bool:
    """Bring a page up to date unless only checking; returns whether it was out of date."""
    text = f"{MARK}\n{page()}"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    if not check:
        path.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
