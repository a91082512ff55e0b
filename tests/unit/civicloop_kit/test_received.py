"""Reading a record as far as it can be read: nothing raises, whatever was written."""

from dataclasses import dataclass
from inspect import Parameter, signature
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from tests.unit.civicloop_kit.counting import attached

from civicloop_kit.hops import Hop
from civicloop_kit.received import Received, pack_headers, receive, unpack_headers
from civicloop_kit.rows import OutboxFact
from civicloop_kit.testing.bench import record_of

SOURCES = {"intake.cases": "/intake/cases"}
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass
class Raw:
    """A record as aiokafka delivers it."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    topic: str = "intake.cases"
    partition: int = 1
    offset: int = 5


def good(number: int = 3) -> Raw:
    """Return a record as intake writes it."""
    record = record_of(attached(uuid4()), "/intake/cases", number)
    return Raw(str(record.case_id).encode(), record.value, record.headers)


def read(raw: Raw) -> Received:
    """Read it as this topic's."""
    return receive(raw, SOURCES)


def test_a_good_record_is_read_whole() -> None:
    """Case, number, fact, place: nothing is missing, nothing is wrong."""
    raw = good()
    record = read(raw)
    assert record.case_id == record.fact.case_id if record.fact else None
    assert (record.sequence, record.error) == (3, None)
    assert record.place == ("intake.cases", 1, 5)
    assert (record.source, record.value) == ("/intake/cases", raw.value)


def test_unreadable_headers_leave_the_key() -> None:
    """The case is that of the key; its number is not known."""
    raw = good()
    raw.headers = (*raw.headers, ("traceparent", b"\xff"))
    record = read(raw)
    assert str(record.case_id).encode() == raw.key
    assert (record.envelope, record.fact, record.sequence) == (None, None, None)
    assert record.error == "a header is not UTF-8"


def test_headers_of_others_may_hold_anything() -> None:
    """What somebody else added is not ours to judge."""
    raw = good()
    raw.headers = (*raw.headers, ("x", b"\xff"))
    assert read(raw).sequence == 3


@pytest.mark.parametrize("key", [None, b"", b"\xff\xfe", b"neither"])
def test_without_headers_and_key_there_is_no_case(key: bytes | None) -> None:
    """Nothing names the case."""
    assert read(Raw(key, b"{}", ())).case_id is None


def test_an_unreadable_value_keeps_case_and_number() -> None:
    """The envelope tells where the hole is."""
    raw = good()
    raw.value = None
    record = read(raw)
    assert (record.sequence, record.fact, record.value) == (3, None, b"")
    assert record.error == "value: json_invalid"


def test_a_source_of_another_topic_is_refused() -> None:
    """A record in the wrong topic is not applied under that topic's numbers."""
    assert receive(good(), {"intake.cases": "/router/tasks"}).error == (
        "ce_source is not the source of this topic"
    )


def test_headers_without_content_are_kept() -> None:
    """Kafka knows them; a held record brings them back."""
    raw = good()
    raw.headers = (*raw.headers, ("x-flag", None))
    record = read(raw)
    assert record.headers[-1] == ("x-flag", None)
    assert unpack_headers(pack_headers(record)) == record.headers


@given(
    key=st.none() | st.binary(max_size=40),
    value=st.none() | st.binary(max_size=60),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_sequence", "traceparent", "x"]),
            st.none() | st.binary(max_size=80),
        ),
        max_size=6,
    ),
)
def test_nothing_that_is_written_raises(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    """Any bytes are read, and their headers survive being held."""
    record = read(Raw(key, value, tuple(headers)))
    assert record.error or record.envelope
    assert unpack_headers(pack_headers(record)) == record.headers


@given(value=st.binary(max_size=200))
def test_any_value_under_a_good_envelope_is_read(value: bytes) -> None:
    """It is a fact or it has an error, never an exception."""
    raw = good()
    raw.value = value
    record = read(raw)
    assert (record.fact is None) == (record.error is not None)


@pytest.mark.parametrize("source", ["/a/source", "/z/source"])
def test_a_source_is_the_one_of_its_topic(source: str) -> None:
    """Whichever of the two comes first in the alphabet."""
    assert receive(good(), {"intake.cases": source}).error == (
        "ce_source is not the source of this topic"
    )


@pytest.mark.parametrize("kind", [Received, OutboxFact, Hop])
def test_thousands_of_values_cost_the_collector_nothing(kind: type[Struct]) -> None:
    """They hold no cycle, for nobody changes them."""
    assert kind.__struct_config__.frozen
    assert not kind.__struct_config__.gc


@pytest.mark.parametrize("kind", [Received, OutboxFact])
def test_what_has_many_parts_is_made_by_their_names(kind: type[Struct]) -> None:
    """Nobody mixes up a partition with an offset."""
    parts = signature(kind).parameters.values()
    assert {part.kind for part in parts} == {Parameter.KEYWORD_ONLY}
