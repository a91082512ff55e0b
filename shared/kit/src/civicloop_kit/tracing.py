"""One trace from the HTTP request through every hop, at a price that the hot path can pay.

An unsampled hop makes no span and passes the incoming `traceparent` on; a sampled one makes a span
per record. The sampling decision is the first hop's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_SAMPLED_SUFFIX: Final = "-01"
_MAX_LINKS: Final = 128
# W3C Trace Context: version, trace id, span id, flags.
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_propagator: Final = TraceContextTextMapPropagator()
_tracer: Final = trace.get_tracer("civicloop")


def configure_tracing(service: str, ratio: float, endpoint: str | None) -> None:
    """Sample *ratio* of new traces; export them to *endpoint* (OTLP over HTTP) when given."""
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create({"service.name": service, "service.namespace": "civicloop"}),
    )
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


def is_sampled(traceparent: str | None) -> bool:
    """Tell whether the trace that a header belongs to is recorded."""
    return traceparent is not None and traceparent.endswith(_SAMPLED_SUFFIX)


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the id of a trace; None for what is no trace of ours."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return found[1] if found else None


@contextmanager
def hop(traceparent: str | None, name: str) -> Iterator[str | None]:
    """Give the `traceparent` for what leaves this hop."""
    if not is_sampled(traceparent):
        yield traceparent
        return
    with _span(name, traceparent, SpanKind.CONSUMER) as span:
        yield _header(span)


@contextmanager
def request(traceparent: str | None, name: str) -> Iterator[str | None]:
    """Open the span of an HTTP request, which starts a trace when the caller has none."""
    with _span(name, traceparent, SpanKind.SERVER) as span:
        yield _header(span)


@contextmanager
def batch(name: str, traceparents: list[str]) -> Iterator[None]:
    """Open the span of a batch in the trace of its first sampled record, linked to the others.

    So it is exported whenever a record in it is. There is none where none is sampled.
    """
    if not traceparents:
        yield
        return
    first, *others = traceparents
    attributes: Mapping[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.batch.message_count": len(traceparents),
    }
    links = [_link(value) for value in others[:_MAX_LINKS]]
    with _span(name, first, SpanKind.CONSUMER, links=links, attributes=attributes):
        yield


@contextmanager
def _span(
    name: str,
    traceparent: str | None,
    kind: SpanKind,
    *,
    links: Sequence[Link] = (),
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    """Open a span. Of an error it tells the kind: a message may quote what a person said."""
    parent = _propagator.extract({"traceparent": traceparent or ""})
    with _tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        links=links,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def _link(traceparent: str) -> Link:
    context = _propagator.extract({"traceparent": traceparent})
    return Link(trace.get_current_span(context).get_span_context())


def _header(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")
