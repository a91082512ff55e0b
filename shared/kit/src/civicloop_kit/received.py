"""One record from a topic, read as far as it can be read. Nothing here raises."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import msgspec

from civicloop_contracts.envelope import (
    BodyError,
    Envelope,
    EnvelopeError,
    NewerCodeError,
    read_envelope,
    read_fact,
)
from civicloop_contracts.fact import Fact

# Topic, partition and offset.
Place = tuple[str, int, int]
# Kafka knows headers without a value.
Headers = tuple[tuple[str, bytes | None], ...]


class RawRecord(Protocol):
    """What aiokafka delivers."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Received(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record, decoded and validated.

    ``envelope`` is None when the headers are unreadable; ``fact`` is None when the value is, or
    when the type is not known here (then ``error`` is None too). ``newer`` tells why the fact of a
    known type cannot be read by this release: a code that only a newer one knows. ``case_id`` is
    None only when neither headers nor key tell the case: a dead letter.
    """

    topic: str
    partition: int
    offset: int
    headers: Headers
    value: bytes
    source: str
    case_id: UUID | None
    envelope: Envelope | None
    fact: Fact | None
    error: str | None
    newer: str | None = None

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.topic, self.partition, self.offset

    @property
    def sequence(self) -> int | None:
        """The number of the fact in its case and source, when the headers tell."""
        return self.envelope.sequence if self.envelope else None

    @property
    def digest(self) -> str:
        """SHA-256 of the value, hexadecimal."""
        return sha256(self.value).hexdigest()


def receive(raw: RawRecord, sources: Mapping[str, str]) -> Received:
    """Read a record of a topic whose source is ``sources[raw.topic]``."""
    source = sources[raw.topic]
    value = raw.value or b""
    try:
        envelope = _envelope(raw, source)
    except EnvelopeError as error:
        return _received(raw, source, value, _case_in_key(raw.key), None, None, str(error))
    try:
        fact = read_fact(envelope, value)
    except NewerCodeError as error:
        found = _received(raw, source, value, envelope.case_id, envelope, None, None)
        return msgspec.structs.replace(found, newer=f"a newer release's code: {error}")
    except BodyError as error:
        return _received(raw, source, value, envelope.case_id, envelope, None, str(error))
    return _received(raw, source, value, envelope.case_id, envelope, fact, None)


def pack_headers(record: Received) -> bytes:
    """Return the headers as bytes: they may hold what no text column takes."""
    return msgspec.msgpack.encode(record.headers)


def unpack_headers(packed: bytes) -> Headers:
    """Return headers that `pack_headers` packed."""
    return msgspec.msgpack.decode(packed, type=Headers)


def _envelope(raw: RawRecord, source: str) -> Envelope:
    envelope = read_envelope(raw.headers)
    if envelope.source != source:
        message = "ce_source is not the source of this topic"
        raise EnvelopeError(message)
    return envelope


def _received(
    raw: RawRecord,
    source: str,
    value: bytes,
    case_id: UUID | None,
    envelope: Envelope | None,
    fact: Fact | None,
    error: str | None,
) -> Received:
    return Received(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        headers=raw.headers or (),
        value=value,
        source=source,
        case_id=case_id,
        envelope=envelope,
        fact=fact,
        error=error,
    )


def _case_in_key(key: bytes | None) -> UUID | None:
    try:
        return UUID((key or b"").decode())
    except ValueError:
        return None
