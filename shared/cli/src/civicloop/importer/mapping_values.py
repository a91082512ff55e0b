"""The values that a mapping is made of, each with the check that belongs to it.

Every message names the fix; `mapping_files` puts the key's path before it.
"""

import codecs
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from civicloop.importer.causes import Cause
from civicloop_contracts.codes import Channel, MatterKind, Precision
from civicloop_contracts.fact import DepartmentCode

# A leap day in the afternoon: a format that writes it out and reads it back loses no date.
PROBE: Final = datetime(2024, 2, 29, 13, 45, 7, tzinfo=UTC)

# The department under which the adapter plays imported histories.
REPLAY_CODE: Final = "replay"


class KeepOrReject(StrEnum):
    """What to do with a row that can be imported all the same."""

    KEEP = "keep"
    REJECT = "reject"


def normalize(text: str) -> str:
    """Return text as it is compared: no white space at its ends, inner runs one space."""
    return " ".join(text.split())


def refuse_shared(first: Collection[str], second: Collection[str]) -> None:
    """Check that two lists have no word in common.

    Raises:
        ValueError: They have.
    """
    shared = set(first) & set(second)
    if shared:
        raise ValueError(f"{min(shared)!r} stands in both lists: keep it in one")


def refuse_repeats(codes: Collection[str], reserved: str) -> None:
    """Check that each code is given once, and the one for unlisted values never.

    Raises:
        ValueError: A code is given twice, or reserved.
    """
    for code, count in Counter(codes).items():
        if code == reserved:
            raise ValueError(f"code {reserved} stands for unlisted values: take another")
        if count > 1:
            raise ValueError(f"code {code} is given twice: each value needs its own")


def _refuse_twins(value: object) -> object:
    if not isinstance(value, dict):
        return value
    counted = Counter(normalize(key) for key in value if isinstance(key, str))
    twins = [key for key, count in counted.items() if count > 1]
    if twins:
        raise ValueError(f"{twins[0]!r} stands there twice (white space aside): keep one")
    return value


def _check_encoding(name: str) -> str:
    try:
        "a".encode(name)
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"Python knows no text encoding {name!r}: try utf-8 or gb18030") from error
    return codecs.lookup(name).name


def _check_delimiter(character: str) -> str:
    if len(character) != 1 or character in '"\r\n\0':
        raise ValueError('must be one character, such as "," or ";" or "\\t"')
    return character


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        message = f"no time zone {name!r}: give an IANA name, such as Europe/Berlin or UTC"
        raise ValueError(message) from error
    return name


def _check_format(form: str) -> str:
    try:
        back = datetime.strptime(PROBE.strftime(form), form)  # noqa: DTZ007 -- only tried out
    except ValueError as error:
        message = f"{form!r} is no strptime format of a whole date, such as %Y-%m-%d %H:%M:%S"
        raise ValueError(message) from error
    if back.date() != PROBE.date():
        raise ValueError(f"{form!r} must hold year, month and day, such as %Y-%m-%d %H:%M:%S")
    return form


def _refuse_reserved(code: str) -> str:
    if code == REPLAY_CODE:
        raise ValueError(f"{code!r} is kept for imported histories: take another code")
    return code


Word = Annotated[str, AfterValidator(normalize)]
OwnDepartmentCode = Annotated[DepartmentCode, AfterValidator(_refuse_reserved)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MappingName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
ClassDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
TypeDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Encoding = Annotated[str, AfterValidator(_check_encoding)]
Delimiter = Annotated[str, AfterValidator(_check_delimiter)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Format = Annotated[str, AfterValidator(_check_format)]
PerThousand = Annotated[int, Field(ge=0, le=1000)]
# A closed list is written as text: that is the only conversion.
Action = Annotated[KeepOrReject, Field(strict=False)]
CauseWord = Annotated[Cause, Field(strict=False)]
ChannelWord = Annotated[Channel, Field(strict=False)]
KindWord = Annotated[MatterKind, Field(strict=False)]
PrecisionWord = Annotated[Precision, Field(strict=False)]
# On a table: white space must not make two keys of one.
NO_TWINS: Final = BeforeValidator(_refuse_twins)
