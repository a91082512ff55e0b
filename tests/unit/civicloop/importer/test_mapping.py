"""The mapping's model: what it takes, and what makes two mappings the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.civicloop.importer.conftest import DOCUMENT, changed_document, changed_mapping

from civicloop.importer.mapping import Mapping


def test_words_are_compared_without_outer_and_double_white_space() -> None:
    """However they were typed into the mapping."""
    mapping = changed_mapping("channels.words", {" by   phone ": "hotline"})
    assert list(mapping.channels.words) == ["by phone"]


def test_a_moment_is_written_in_the_first_format() -> None:
    """And in the mapping's zone."""
    mapping = Mapping.model_validate(DOCUMENT)
    assert mapping.moment("2024-06-01 00:00:00") == datetime(2024, 5, 31, 22, tzinfo=UTC)
    with pytest.raises(ValueError, match="'2024-02-29 13:45:07'"):
        mapping.moment("01.06.2024")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("agreement.max_per_1000", 0),
        ("on_time_flag.on_time", ["YES"]),
        ("columns.on_time_flag", None),
    ],
)
def test_what_is_compared_does_not_change_what_is_imported(path: str, value: Any) -> None:
    """A changed flag word makes no new cases."""
    assert changed_mapping(path, value).digest() == Mapping.model_validate(DOCUMENT).digest()


@pytest.mark.parametrize(
    ("path", "value"), [("columns.due_at", None), ("channels.default", "snap"), ("name", "b")]
)
def test_what_is_imported_changes_the_digest(path: str, value: Any) -> None:
    """Another reading of the same file is another run."""
    assert changed_mapping(path, value).digest() != Mapping.model_validate(DOCUMENT).digest()


@pytest.mark.parametrize("part", sorted(DOCUMENT))
def test_every_key_must_be_there(part: str) -> None:
    """There is no hidden default."""
    with pytest.raises(ValueError, match=part):
        Mapping.model_validate(changed_document(part, ...))


def test_the_code_of_imported_histories_is_nobody_elses() -> None:
    """The adapter would refuse to add such a department."""
    with pytest.raises(ValueError, match="take another code"):
        Mapping.model_validate(
            changed_document(
                "departments.values", {"PW": {"code": "replay", "en": "Works", "zh": "工务"}}
            )
        )
