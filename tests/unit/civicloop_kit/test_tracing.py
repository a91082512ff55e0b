"""The trace that a case belongs to is passed on, at a price that the hot path can pay."""

import pytest

from civicloop_kit import tracing

UNSAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"
SAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


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
