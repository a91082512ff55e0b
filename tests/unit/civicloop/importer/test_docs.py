"""The pages about mappings: complete, and their example works as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.civicloop.importer.conftest import DOCUMENT, Unwatched

from civicloop.importer.causes import Cause
from civicloop.importer.importing import Import
from civicloop.importer.ledger import open_ledger
from civicloop.importer.mapping_files import load_mapping
from civicloop.importer.outcome import document_of
from civicloop.importer.words import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[4] / "docs"
HOWTO = DOCS / "howto" / "import-another-city.md"
REFERENCE = DOCS / "reference" / "import-mapping.md"


def _keys(document: dict[str, Any]) -> Iterator[str]:
    for key, value in document.items():
        yield key
        if isinstance(value, dict) and key not in ("words", "values", "codes", "classes"):
            yield from _keys(value)


@pytest.mark.parametrize("word", [*sorted(set(_keys(DOCUMENT))), *Reason, *Cause])
def test_the_reference_explains_every_key_reason_and_cause(word: str) -> None:
    """Under the name that files and messages use."""
    assert re.search(rf"`(\S*\.)?{word}(\.\S*)?`", REFERENCE.read_text(encoding="utf-8"))


def test_the_example_of_the_howto_works_as_printed(tmp_path: Path) -> None:
    """Its file is read whole with its mapping, and the judgements agree."""
    page = HOWTO.read_text(encoding="utf-8")
    # The first of each kind: later ones are other examples.
    blocks = dict(reversed(re.findall(r"```(csv|yaml)\n(.*?)```", page, re.DOTALL)))
    file, mapping_file = tmp_path / "rivertown.csv", tmp_path / "rivertown.yaml"
    file.write_text(blocks["csv"], encoding="utf-8")
    mapping_file.write_text(blocks["yaml"], encoding="utf-8")
    mapping = load_mapping(str(mapping_file))
    with open_ledger() as ledger:
        as_of = mapping.moment(mapping.as_of)
        told = document_of(Import(file, mapping, as_of, ledger, Unwatched()).check())
    assert (told["filed"], told["rejected_lines"], told["open"]) == (4, 0, 2)
    assert told["overdue"] == told["overdue_source"] == 2
    assert told["comparison"]["agrees"]
