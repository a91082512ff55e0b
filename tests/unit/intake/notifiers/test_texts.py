"""Texts: each notice can be said in each language."""

from itertools import product
from uuid import UUID

import pytest

from intake.domain.notices import TextKey
from intake.notifiers.texts import TEXTS, render
from intake.ports import Language

CASE_ID = UUID(int=7)


@pytest.mark.parametrize(("text", "language"), list(product(TextKey, Language)))
def test_each_text_names_the_case(text: TextKey, language: Language) -> None:
    """The reporter can quote the case."""
    assert str(CASE_ID) in render(text, language, CASE_ID)


def test_no_text_is_left_over() -> None:
    """A text without a notice is dead."""
    assert set(TEXTS) == set(product(TextKey, Language))
