"""The page of the AsyncAPI document shows all of it, and needs nothing else."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from civicloop_contracts import schemas

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "asyncapi.html"
DOCUMENT: Final = json.loads((schemas.FOLDER / schemas.ASYNCAPI).read_text(encoding="utf-8"))
EMPTY_TAGS: Final = frozenset({"meta"})


class Reader(HTMLParser):
    """Reads a page: its words, names, links, tags; notices what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.names: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.faults: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag in."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        known = dict(attrs)
        self.names += [known["id"] or ""] if "id" in known else []
        self.links += [known["href"] or ""] if "href" in known else []
        if tag not in EMPTY_TAGS:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Compare an end with the newest beginning."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words.append(data)

    def all_faults(self) -> list[str]:
        """Return ends without beginning, and beginnings without end."""
        return [*self.faults, *self._open]


@pytest.fixture(scope="module")
def page() -> Reader:
    """The page, read."""
    reader = Reader()
    reader.feed(PAGE.read_text(encoding="utf-8"))
    return reader


def test_the_page_is_well_formed(page: Reader) -> None:
    """Every tag is closed, every name is there once."""
    assert page.all_faults() == []
    assert len(set(page.names)) == len(page.names)


def test_a_page_that_is_not_is_noticed() -> None:
    """The reader of this test can find a fault."""
    reader = Reader()
    reader.feed("<main><table><tr></table></main><p>")
    assert reader.all_faults() != []


def test_nothing_is_fetched_and_nothing_runs(page: Reader) -> None:
    """No address elsewhere, no script, no image, no style sheet, no font."""
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
    assert page.attributes.isdisjoint({"src", "srcset", "style", "onclick", "onload"})
    text = PAGE.read_text(encoding="utf-8")
    assert not any(word in text for word in ("://", "@import", "url(", "javascript:"))


def test_every_link_leads_to_a_heading(page: Reader) -> None:
    """All links stay on the page."""
    assert {link.removeprefix("#") for link in page.links} - set(page.names) == set()
    assert all(link.startswith("#") for link in page.links)


def test_the_whole_document_is_shown(page: Reader) -> None:
    """Topics, messages and shared schemas have a heading; fields and codes a line."""
    components = DOCUMENT["components"]
    types = {message["name"] for message in components["messages"].values()}
    groups = components["schemas"].keys() - types
    headed = {*DOCUMENT["channels"], *components["messages"], *groups}
    assert headed - set(page.names) == set()
    words = set(page.words)
    for schema in components["schemas"].values():
        assert {*schema.get("properties", ()), *schema.get("enum", ())} - words == set()
    assert types - words == set()
    assert any("SCRAM-SHA-512" in word for word in page.words)
