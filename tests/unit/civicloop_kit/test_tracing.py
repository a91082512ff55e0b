"""The trace that a case belongs to is passed on, at a price that the hot path can pay."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from civicloop_kit import tracing

UNSAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"
SAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


OTHER = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
CANARY = "13977312244-Wang"
EXPORTER = InMemorySpanExporter()


@pytest.fixture(autouse=True)
def _exporting(monkeypatch: pytest.MonkeyPatch) -> None:
    # Samples no trace by itself: what is exported belongs to a trace that somebody else sampled.
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(0)))
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    # Not by the library's global provider: a process sets that once, and another test may have.
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("civicloop"))


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """Give what is exported."""
    EXPORTER.clear()
    yield EXPORTER
    EXPORTER.clear()


def the_span(exported: InMemorySpanExporter) -> ReadableSpan:
    """Return the only one."""
    (span,) = exported.get_finished_spans()
    return span


def test_the_span_of_a_batch_belongs_to_its_first_record(exported: InMemorySpanExporter) -> None:
    """It is exported because a record in it is, and leads to the others."""
    with tracing.batch("router process", [SAMPLED, OTHER]):
        pass
    span = the_span(exported)
    assert span.context is not None
    assert span.parent is not None
    assert (span.context.trace_id, span.parent.span_id) == (int("a" * 32, 16), int("b" * 16, 16))
    assert [link.context.trace_id for link in span.links] == [int("c" * 32, 16)]


def test_a_batch_without_a_sampled_record_has_no_span(exported: InMemorySpanExporter) -> None:
    """Nobody would look at it."""
    with tracing.batch("router process", []):
        pass
    assert exported.get_finished_spans() == ()


@pytest.mark.parametrize(
    "spanned",
    [
        lambda: tracing.hop(SAMPLED, "router Case"),
        lambda: tracing.request(SAMPLED, "Civicloop test GET"),
        lambda: tracing.batch("router process", [SAMPLED]),
    ],
    ids=["hop", "request", "batch"],
)
def test_a_failure_is_told_by_its_kind_only(
    spanned: Callable[[], AbstractContextManager[object]], exported: InMemorySpanExporter
) -> None:
    """Its message may quote what a person said."""
    with suppress(ValueError), spanned():
        raise ValueError(CANARY)
    span = the_span(exported)
    assert not span.status.is_ok
    assert span.status.description == "ValueError"
    assert CANARY not in span.to_json()


@pytest.mark.parametrize("traceparent", [None, UNSAMPLED])
def test_an_unsampled_hop_passes_on_what_came(traceparent: str | None) -> None:
    """No span is made."""
    with tracing.hop(traceparent, "router Case") as passed_on:
        assert passed_on == traceparent


def test_a_sampled_hop_stays_in_its_trace() -> None:
    """What leaves carries the same trace id."""
    with tracing.hop(SAMPLED, "router Case") as passed_on:
        assert passed_on is not None
        assert passed_on.split("-")[1] == "a" * 32


@pytest.mark.parametrize("header", ["", "nonsense", "00-zz-yy-01"])
def test_a_broken_header_breaks_nothing(header: str) -> None:
    """Whoever sent it."""
    with tracing.request(header, "Civicloop test GET"):
        pass
    with tracing.batch("test process", [header] if header else []):
        pass


def test_only_the_flag_tells_what_is_sampled() -> None:
    """Without a header nothing is."""
    assert tracing.is_sampled(SAMPLED)
    assert not tracing.is_sampled(UNSAMPLED)
    assert not tracing.is_sampled(None)
