"""CloudEvents in Kafka's binary mode, there and back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicloop_contracts.envelope import (
    BodyError,
    Envelope,
    EnvelopeError,
    NewerCodeError,
    headers_of,
    read_envelope,
    read_fact,
    traceparent_of,
    value_of,
)
from civicloop_contracts.examples import CASE_ID, RECORDED_AT, example_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import FACTS
from civicloop_contracts.facts.parts import ExternalClock

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
ENVELOPE = Envelope(
    source="/intake/cases",
    type="civicloop.case.filed.v1",
    case_id=CASE_ID,
    sequence=3,
    traceparent=None,
)


def changed(**changes: bytes | None) -> list[tuple[str, bytes]]:
    """Return good headers with changes; None takes one away."""
    headers: dict[str, Any] = {**dict(headers_of(ENVELOPE, RECORDED_AT)), **changes}
    return [(name, value) for name, value in headers.items() if value is not None]


@given(sequence=st.integers(min_value=1, max_value=999_999_999), case_id=st.uuids())
def test_what_is_written_is_read(sequence: int, case_id: Any) -> None:
    """Headers carry source, type, case and number without loss."""
    envelope = Envelope(
        source="/router/tasks",
        type="t",
        case_id=case_id,
        sequence=sequence,
        traceparent=TRACE,
    )
    assert read_envelope(headers_of(envelope, RECORDED_AT)) == envelope


@pytest.mark.parametrize(
    "headers",
    [
        [],
        changed(ce_id=None),
        changed(ce_id=b"nonsense"),
        changed(ce_id=b"/intake/cases:019f2f6a:3"),
        changed(ce_id=b"/intake/cases:------------------------------------:3"),
        changed(ce_id=b"/intake/cases:019f2f6a5c1e7d3b9a426f0d8f3e2b71----:3"),
        changed(ce_id=f"/intake/cases:{CASE_ID}:03".encode(), ce_sequence=b"03"),
        changed(ce_id=f"/intake/cases:{CASE_ID}:0".encode(), ce_sequence=b"0"),
        changed(ce_id=f"/intake/cases:{CASE_ID}:3\n".encode()),
        changed(ce_source=b"/router/tasks"),
        changed(ce_sequence=b"4"),
        changed(ce_type=None),
        changed(ce_type=b"\xff\xfe"),
    ],
)
def test_headers_that_are_not_ours_are_refused(headers: list[tuple[str, bytes]]) -> None:
    """Missing, contradicting and undecodable attributes have a clear error."""
    with pytest.raises(EnvelopeError):
        read_envelope(headers)


def test_a_header_without_content_is_an_empty_one() -> None:
    """Kafka knows headers that have a name only."""
    headers = [*headers_of(ENVELOPE, RECORDED_AT), ("x-flag", None)]
    assert read_envelope(headers) == ENVELOPE
    with pytest.raises(EnvelopeError):
        read_envelope([("ce_id", None)])


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff", b"00-a-b-01", TRACE.encode() + b"\n"])
def test_what_is_no_trace_is_left_out(content: bytes) -> None:
    """It would reach the database, or another service's tracer."""
    assert traceparent_of([("traceparent", content)]) is None
    if content != b"\xff":
        assert read_envelope(changed(traceparent=content)) == ENVELOPE


def test_the_trace_of_an_unreadable_record_is_known() -> None:
    """A dead letter stays in the trace of what led to it."""
    assert traceparent_of([("x", b"\xff"), ("traceparent", TRACE.encode())]) == TRACE
    assert traceparent_of([("traceparent", None)]) is None
    assert traceparent_of([]) is None


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_every_fact_survives_the_topic(fact: type[Fact]) -> None:
    """What a writer sends is what a reader gets."""
    example = example_of(fact)
    envelope = Envelope(
        source="/x/y",
        type=fact.event_type(),
        case_id=example.case_id,
        sequence=1,
        traceparent=None,
    )
    assert read_fact(envelope, value_of(example)) == example


def test_a_deadline_that_is_null_on_purpose_survives() -> None:
    """No clock is not the same as nothing said about a clock."""
    example = example_of(FACTS[0])
    filed = example.model_copy(update={"clock": ExternalClock(due_at=None)})
    assert read_fact(ENVELOPE, value_of(filed)) == filed


def test_an_unknown_type_is_no_error() -> None:
    """A newer writer's fact is passed over."""
    assert read_fact(replace(ENVELOPE, type="civicloop.x.y.v9"), b"{}") is None


def test_a_code_of_a_newer_writer_is_told_apart() -> None:
    """Where it stands is said, not what it is: the reader decides whether it can do without."""
    body = value_of(example_of(FACTS[0])).replace(b'"snap"', b'"telepathy"')
    with pytest.raises(NewerCodeError) as caught:
        read_fact(ENVELOPE, body)
    assert "channel" in str(caught.value)
    assert "telepathy" not in str(caught.value)


def test_a_new_code_beside_a_fault_is_a_fault() -> None:
    """No upgrade would make such a body readable."""
    body = value_of(example_of(FACTS[0])).replace(b'"snap"', b'"telepathy"')
    with pytest.raises(BodyError) as caught:
        read_fact(ENVELOPE, body.replace(b'"410105001"', b'"somewhere"'))
    assert not isinstance(caught.value, NewerCodeError)


def test_a_new_code_about_another_case_is_refused() -> None:
    """It would be held for the wrong case."""
    body = value_of(example_of(FACTS[0])).replace(b'"snap"', b'"telepathy"')
    with pytest.raises(BodyError, match="contradicts"):
        read_fact(ENVELOPE, body.replace(b"019f2f6a-5c1e", b"019f2f6a-5c1f"))


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b"{}", b"\x00", b'{"case_id": "\\ud800"}', b"[" * 10_000],
)
def test_a_body_that_does_not_fit_is_refused_without_quoting_it(value: bytes) -> None:
    """Broken, deeply nested and foreign bodies are named by place and kind."""
    with pytest.raises(BodyError):
        read_fact(ENVELOPE, value)


def test_an_error_never_quotes_the_value() -> None:
    """What was sent could be about a person."""
    secret = "13977312244-Wang"
    body = value_of(example_of(FACTS[0])).replace(b'"410105001"', f'"{secret}"'.encode())
    with pytest.raises(BodyError) as caught:
        read_fact(ENVELOPE, body)
    assert secret not in str(caught.value)
    assert "division" in str(caught.value)


def test_a_body_about_another_case_is_refused() -> None:
    """Key, headers and body tell of one case."""
    other = value_of(example_of(FACTS[0])).replace(b"019f2f6a-5c1e", b"019f2f6a-5c1f")
    with pytest.raises(BodyError, match="contradicts"):
        read_fact(ENVELOPE, other)
