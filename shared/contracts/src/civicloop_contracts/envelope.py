"""CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_*` headers, the fact as JSON value.

Pure: no broker. Header values are UTF-8 bytes; the key is the case id as text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from civicloop_contracts.fact import Fact, Part, ce_id
from civicloop_contracts.facts import BY_TYPE

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
# Kafka knows headers without a value.
Headers = Sequence[tuple[str, bytes | None]]
# One case has one name: a UUID with its hyphens anywhere else would make a second one.
_ID: Final = re.compile(
    r"(/[a-z0-9/-]{1,60}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([1-9][0-9]{0,8})"
)
# W3C Trace Context, version 00; anything else is no trace of ours.
_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_NEW_MEMBER: Final = "enum"


_OTHER_CASE: Final = "case_id contradicts ce_id"


class EnvelopeError(ValueError):
    """A record's headers are not those of a CloudEvent of ours."""


class BodyError(ValueError):
    """A record's value does not fit its event type."""


class NewerCodeError(BodyError):
    """A record of a known type has a code that this version does not know: a newer one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers of one record say."""

    source: str
    type: str
    case_id: UUID
    sequence: int
    traceparent: str | None

    @property
    def id(self) -> str:
        """The id of the fact, which others name as their cause."""
        return ce_id(self.source, self.case_id, self.sequence)


class _Addressed(Part):
    """The one field that every version of every fact has."""

    case_id: UUID


def headers_of(envelope: Envelope, recorded_at: datetime) -> list[tuple[str, bytes]]:
    """Return the Kafka headers of a fact."""
    headers = [
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_id", envelope.id.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_time", recorded_at.isoformat().encode()),
        ("ce_subject", str(envelope.case_id).encode()),
        ("ce_sequence", str(envelope.sequence).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent.encode()))
    return headers


def read_envelope(headers: Headers) -> Envelope:
    """Return the envelope of a record.

    Raises:
        EnvelopeError: An attribute is missing, is not UTF-8, or contradicts the id.
    """
    attributes = dict(headers)
    match = _ID.fullmatch(_text(attributes, "ce_id"))
    if match is None:
        message = "ce_id is missing or is not <source>:<case id>:<sequence>"
        raise EnvelopeError(message)
    source, case_id, sequence = match.groups()
    if _text(attributes, "ce_source") != source or _text(attributes, "ce_sequence") != sequence:
        message = "ce_source or ce_sequence contradicts ce_id"
        raise EnvelopeError(message)
    type_ = _text(attributes, "ce_type")
    if not type_:
        message = "ce_type is missing"
        raise EnvelopeError(message)
    return Envelope(
        source=source,
        type=type_,
        case_id=UUID(case_id),
        sequence=int(sequence),
        traceparent=_traceparent(_text(attributes, "traceparent")),
    )


def traceparent_of(headers: Headers) -> str | None:
    """Return the trace that a record belongs to, also when its other headers are unreadable."""
    for name, value in headers:
        if name == "traceparent":
            return _traceparent((value or b"").decode(errors="replace"))
    return None


def read_fact(envelope: Envelope, value: bytes) -> Fact | None:
    """Return the fact in *value*, or None for a type that this version does not know.

    Raises:
        NewerCodeError: Nothing is wrong with it but codes that this version does not know.
        BodyError: The value does not fit the type, or is about another case.
    """
    model = BY_TYPE.get(envelope.type)
    if model is None:
        return None
    try:
        fact = model.model_validate_json(value)
    except ValidationError as error:
        raise _body_error(error, envelope, value) from error
    if fact.case_id != envelope.case_id:
        raise BodyError(_OTHER_CASE)
    return fact


def value_of(fact: Fact) -> bytes:
    """Return the JSON value of a fact, as sent: what equals its default is left out."""
    return fact.model_dump_json(exclude_defaults=True).encode()


def _text(attributes: Mapping[str, bytes | None], name: str) -> str:
    try:
        return (attributes.get(name) or b"").decode()
    except UnicodeDecodeError as error:
        message = "a header is not UTF-8"
        raise EnvelopeError(message) from error


def _traceparent(text: str) -> str | None:
    return text if _TRACEPARENT.fullmatch(text) else None


def _body_error(error: ValidationError, envelope: Envelope, value: bytes) -> BodyError:
    if any(item["type"] != _NEW_MEMBER for item in error.errors(include_url=False)):
        return BodyError(_places(error))
    if _Addressed.model_validate_json(value).case_id != envelope.case_id:
        return BodyError(_OTHER_CASE)
    return NewerCodeError(_places(error))


def _places(error: ValidationError) -> str:
    # Places and kinds of error only: the offending input could hold anything.
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'value'}: {item['type']}"
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    )
