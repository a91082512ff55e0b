"""What callers send, in every service: one policy, and its text and times."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError


def _refuse_nul(text: str) -> str:
    # Postgres keeps none: it would fail at the very end, as a bug.
    if "\x00" in text:
        raise PydanticCustomError("string_nul", "NUL is not allowed")
    return text


def _refuse_number(value: object) -> object:
    # A number would be read as seconds since 1970, silently.
    if isinstance(value, str | datetime) or value is None:
        return value
    raise PydanticCustomError("datetime_text", "A time is text, as 2026-05-09T08:00:00+08:00")


# Beside the length of a text that people write.
Text: Final = AfterValidator(_refuse_nul)
Time = Annotated[AwareDatetime, BeforeValidator(_refuse_number)]


class Body(BaseModel):
    """Something that a caller sends.

    Unknown fields are refused: a misspelt one would be ignored in silence. An error does not quote
    what was sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
