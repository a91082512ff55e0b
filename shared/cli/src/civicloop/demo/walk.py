"""The walk of one report, hop by hop, from the records of its case. Pure but for its own table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from civicloop.audit.records import Sighting
    from civicloop_contracts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One fact of a case: when it was written, where it came from, and where it went.

    ``path`` is edge, handler and rule; ``after`` the time since the walk began.
    """

    at: datetime
    after: timedelta
    topic: str
    sequence: int
    fact: str
    path: tuple[str, ...]
    cause: str
    trace_id: str | None


@cache
def walk_paths() -> Mapping[str, tuple[str, ...]]:
    """Return edge, handler and rule of each fact that the demo shows."""
    table = yaml.safe_load((files(__package__) / "data" / "walk.yaml").read_text("utf-8"))
    return {fact: tuple(path) for fact, path in table.items()}


def hops_of(records: Iterable[Sighting]) -> tuple[Hop, ...]:
    """Return the hops in the order in which they were written."""
    known = {(r.source, r.sequence): r for r in records if r.fact is not None}
    facts = [(record, record.fact) for record in known.values() if record.fact is not None]
    facts.sort(key=lambda pair: (pair[1].recorded_at, pair[0].source, pair[0].sequence))
    return tuple(_hop(record, fact, facts[0][1].recorded_at) for record, fact in facts)


def _hop(record: Sighting, fact: Fact, began: datetime) -> Hop:
    return Hop(
        at=fact.recorded_at,
        after=fact.recorded_at - began,
        topic=record.source,
        sequence=record.sequence,
        fact=type(fact).__name__,
        path=_path(fact),
        cause=fact.cause,
        trace_id=record.trace_id,
    )


def _path(fact: Fact) -> tuple[str, ...]:
    paths, name = walk_paths(), type(fact).__name__
    by_time = paths.get(f"{name}/timer") if fact.cause.startswith("timer:") else None
    return by_time or paths.get(name, ())
