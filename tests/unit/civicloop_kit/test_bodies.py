"""What every body refuses."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from civicloop_kit.bodies import Body, Text, Time


class Words(Body):
    """A small body."""

    words: Annotated[str, Text] = ""
    at: Time | None = None


@pytest.mark.parametrize(
    ("sent", "place", "code"),
    [
        ({"word": "a"}, "word", "extra_forbidden"),
        ({"words": "a\x00b"}, "words", "string_nul"),
        ({"at": 1_770_000_000}, "at", "datetime_text"),
        ({"at": 1.5}, "at", "datetime_text"),
        ({"at": "2026-05-09T08:00:00"}, "at", "timezone_aware"),
    ],
)
def test_what_does_not_fit_is_refused(sent: dict[str, Any], place: str, code: str) -> None:
    """Where and how, never what was sent."""
    with pytest.raises(ValidationError) as refusal:
        Words.model_validate(sent)
    (fault,) = refusal.value.errors()
    assert (fault["loc"], fault["type"]) == ((place,), code)
    assert "input_value" not in str(refusal.value)


@pytest.mark.parametrize("at", ["2026-05-09T08:00:00+08:00", datetime(2026, 5, 9, tzinfo=UTC)])
def test_a_time_says_its_zone(at: object) -> None:
    """As text, or as who makes a body in Python has it."""
    body = Words.model_validate({"words": "井盖", "at": at})
    assert body.at == datetime(2026, 5, 9, tzinfo=UTC)
    assert Words.model_validate({"at": None}).at is None


def test_a_body_stays_as_it_was_sent() -> None:
    """Its digest is made of it later."""
    body = Words(words="a")
    with pytest.raises(ValidationError):
        body.words = "b"  # type: ignore[misc]
