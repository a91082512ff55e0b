"""A page of HTML from parts: everything is in it, nothing is fetched and nothing runs."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CODE: Final = re.compile(r"`([^`]+)`")
STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 1rem/1.55 system-ui, "Noto Sans CJK SC", sans-serif; margin: 0; display: flex; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem 1.5rem;
  border-right: 1px solid var(--line); font-size: .85rem; flex: 0 0 15rem; box-sizing: border-box; }
nav ul { list-style: none; padding-left: .8rem; margin: .2rem 0 .8rem; }
main { padding: 1rem 2.5rem 6rem; max-width: 62rem; min-width: 0; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .8rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem;
  border: 1px solid var(--line); }
th { background: var(--soft); font-weight: 600; }
code { font: .88em ui-monospace, monospace; background: var(--soft); padding: .05em .3em;
  overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; }
pre code { background: none; padding: 0; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } }
"""


def page(title: str, navigation: str, body: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<nav>\n{navigation}\n</nav>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def heading(level: int, title: str, name: str) -> str:
    """Return a heading that links can lead to."""
    return f'<h{level} id="{escape(name)}">{escape(title)}</h{level}>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML already."""
    lines = ["".join(f"<th>{escape(name)}</th>" for name in head)] if any(head) else []
    lines += ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return "<table>\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table>"


def listing(items: Iterable[str]) -> str:
    """Return a list; items are HTML already."""
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def text(content: str) -> str:
    """Return something as it is."""
    return escape(content)


def link(name: str, shown: str | None = None) -> str:
    """Return a link to a heading of the page."""
    return f'<a href="#{escape(name)}">{escape(shown or name)}</a>'


def code(content: object) -> str:
    """Return something as code."""
    return f"<code>{escape(str(content))}</code>"


def block(lines: str) -> str:
    """Return lines as code."""
    return f"<pre><code>{escape(lines, quote=False)}</code></pre>"


def words(line: str) -> str:
    """Return a line of CommonMark: only code is marked in ours."""
    return _CODE.sub(r"<code>\1</code>", escape(line, quote=False))


def paragraphs(told: str) -> str:
    """Return paragraphs of CommonMark, without those that are lists."""
    parts = [" ".join(part.split()) for part in told.split("\n\n")]
    return "\n".join(
        f"<p>{words(part)}</p>" for part in parts if part and not part.startswith("- ")
    )
