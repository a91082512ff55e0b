"""Spans: made for what is sampled only, in the trace of the case, under our names."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from msgspec.structs import replace as changed
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from tests.unit.civicloop_kit.memory import Memory
from tests.unit.civicloop_kit.test_batches import apply, batch, batches

from civicloop_kit import tracing
from civicloop_kit.received import Received

TRACE_ID, PARENT_ID = "a" * 32, "b" * 16
SAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-01"
UNSAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-00"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Collect the spans of a test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def test_a_sampled_hop_is_a_span_of_its_trace(spans: InMemorySpanExporter) -> None:
    """What leaves it names it as its parent."""
    with tracing.hop(SAMPLED, "router ReportAttached") as passed_on:
        pass
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("router ReportAttached", SpanKind.CONSUMER)
    assert span.parent is not None
    assert format(span.parent.span_id, "016x") == PARENT_ID
    assert passed_on == f"00-{TRACE_ID}-{span.context.span_id:016x}-01"


@pytest.mark.parametrize("traceparent", [None, UNSAMPLED])
def test_an_unsampled_hop_makes_no_span(
    spans: InMemorySpanExporter, traceparent: str | None
) -> None:
    """It costs nothing, and the trace goes on."""
    with tracing.hop(traceparent, "router ReportAttached") as passed_on:
        pass
    assert passed_on == traceparent
    assert spans.get_finished_spans() == ()


def test_a_request_starts_a_trace_or_joins_the_callers(spans: InMemorySpanExporter) -> None:
    """Without a header it is the first of its trace."""
    for header in (None, "", SAMPLED):
        with tracing.request(header, "Civicloop intake POST"):
            pass
    first, second, joined = spans.get_finished_spans()
    assert (first.parent, second.parent) == (None, None)
    assert joined.parent is not None
    assert format(joined.context.trace_id, "032x") == TRACE_ID
    assert {span.kind for span in (first, second, joined)} == {SpanKind.SERVER}


def test_a_batch_is_linked_to_its_sampled_records(spans: InMemorySpanExporter) -> None:
    """It says how many they are, and links no more than a span takes."""
    with tracing.batch("router process", [SAMPLED] * 200):
        pass
    (span,) = spans.get_finished_spans()
    assert len(span.links) == 128
    assert {format(link.context.trace_id, "032x") for link in span.links} == {TRACE_ID}
    assert span.attributes is not None
    assert span.attributes["messaging.batch.message_count"] == 200


def test_a_batch_of_unsampled_records_is_no_span(spans: InMemorySpanExporter) -> None:
    """It costs nothing."""
    with tracing.batch("router process", []):
        pass
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize("endpoint", [None, "http://collector:4318/v1/traces"])
def test_spans_are_exported_where_somebody_collects_them(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    """And nowhere else."""
    exported: list[str] = []

    def exporter(*, endpoint: str) -> InMemorySpanExporter:
        exported.append(endpoint)
        return InMemorySpanExporter()

    providers: list[TracerProvider] = []
    monkeypatch.setattr("civicloop_kit.tracing.OTLPSpanExporter", exporter)
    monkeypatch.setattr("civicloop_kit.tracing.BatchSpanProcessor", SimpleSpanProcessor)
    monkeypatch.setattr("opentelemetry.trace.set_tracer_provider", providers.append)
    tracing.configure_tracing("router", 1.0, endpoint)
    (provider,) = providers
    assert exported == ([] if endpoint is None else [endpoint])
    assert provider.resource.attributes["service.name"] == "router"


async def test_the_span_of_a_transaction_counts_what_is_sampled(
    spans: InMemorySpanExporter,
) -> None:
    """Others in it are in no trace that anybody sees."""
    memory = Memory()
    records = [
        _in_trace(record, trace)
        for record, trace in zip(batch(*[UUID(int=7)] * 3), (UNSAMPLED, SAMPLED, None), strict=True)
    ]
    await apply(batches(memory), records)
    (span,) = [span for span in spans.get_finished_spans() if span.name == "router process"]
    assert span.attributes is not None
    assert span.attributes["messaging.batch.message_count"] == 1


def _in_trace(record: Received, traceparent: str | None) -> Received:
    assert record.envelope is not None
    return changed(record, envelope=replace(record.envelope, traceparent=traceparent))
