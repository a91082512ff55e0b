"""A record of a fact topic, read as far as the auditor needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from civicloop_contracts.envelope import BodyError, EnvelopeError, read_envelope, read_fact

if TYPE_CHECKING:
    from uuid import UUID

    from civicloop_contracts.envelope import Envelope, Headers
    from civicloop_contracts.fact import Fact

# Version, trace id, span id, flags. Source: W3C Trace Context.
TRACEPARENT_PARTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRecord:
    """What Kafka holds; ``source`` is that of its topic."""

    topic: str
    source: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes

    @property
    def place(self) -> str:
        """Where it lies."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A fact in a topic; ``fault`` says why its value is not the fact that it claims to be."""

    case_id: UUID
    source: str
    sequence: int
    type: str
    value: bytes
    fact: Fact | None
    fault: str | None
    keyed: bool
    trace_id: str | None = None


def read_record(record: TopicRecord) -> Sighting:
    """Return the fact that a record holds.

    Raises:
        EnvelopeError: It is no fact at all, or one of another source.
    """
    envelope = read_envelope(record.headers)
    if envelope.source != record.source:
        raise EnvelopeError(f"ce_source {envelope.source} is not the source of this topic")
    return sighting(envelope, record.value, keyed=record.key == str(envelope.case_id).encode())


def sighting(envelope: Envelope, value: bytes, *, keyed: bool = True) -> Sighting:
    """Return a fact, from a topic or from an outbox."""
    fact, fault = None, None
    try:
        fact = read_fact(envelope, value)
    except BodyError as error:
        fault = str(error)
    return Sighting(
        case_id=envelope.case_id,
        source=envelope.source,
        sequence=envelope.sequence,
        type=envelope.type,
        value=value,
        fact=fact,
        fault=fault,
        keyed=keyed,
        trace_id=_trace_id(envelope.traceparent),
    )


def _trace_id(traceparent: str | None) -> str | None:
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == TRACEPARENT_PARTS else None
