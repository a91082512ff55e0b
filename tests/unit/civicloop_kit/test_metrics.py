"""Metrics: one registry, names of one kind, labels that are few."""

import pytest

from civicloop_kit.metrics import METRICS

FEW = {"source", "type", "reason", "topic", "kind", "shard", "route", "status", "worker", "result"}


@pytest.mark.parametrize("name", sorted(vars(METRICS)))
def test_every_metric_is_named_and_described(name: str) -> None:
    """With our prefix, a sentence, and labels that are codes of ours."""
    metric = getattr(METRICS, name)
    assert metric._name.startswith("civicloop_")
    assert metric._documentation.endswith(".")
    assert set(metric._labelnames) <= FEW


def test_no_name_is_used_twice() -> None:
    """Two metrics of one name would hide each other."""
    names = [metric._name for metric in vars(METRICS).values()]
    assert len(names) == len(set(names))
