"""One leg of a pair: the rooms start on fresh topics and databases, warm up, work, are measured."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from civicloop_contracts.topics import load_topics
from civicloop_local.services import SERVICES
from civicloop_local.testing import fresh_prefix

from .facts import FACT_TYPES, see_facts
from .processes import bare_rooms, our_rooms
from .reports import batches, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from civicloop_local.testing import Backends

    from .facts import Seen
    from .processes import Rooms

PARTITIONS: Final = 12
WARM_UP: Final = 500
LOOK_EVERY_S: Final = 0.05
WITHIN_S: Final = 600.0
ANSWER_WITHIN_S: Final = 10.0
LAST_TOPIC: Final = "feedback.outcomes"
OURS: Final = "ours"
BARE: Final = "bare"


class NotClosedError(Exception):
    """The cases did not close in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one leg came to. Processor time and row updates are per case."""

    kind: str
    cases_per_s: float
    cpu_ms: dict[str, float]
    row_updates: float
    peak_mb: dict[str, float]


Say = "Callable[[str], None]"


def run_ours(backends: Backends, reports: int, say: Callable[[str], None]) -> tuple[Leg, Seen]:
    """Measure the services; also returns what they sent, checked."""
    with _stage(backends) as (prefix, folder), our_rooms(backends, prefix, folder) as rooms:
        watch = _Watch(rooms, say)
        url, token = rooms.url("intake"), rooms.token("channel")
        _work(watch, WARM_UP, lambda: asyncio.run(send(url, token, batches(WARM_UP))))
        bodies = batches(reports)
        leg = watch.measure(OURS, reports, lambda: asyncio.run(send(url, token, bodies)))
        seen = see_facts(backends, prefix)
        seen.check(WARM_UP + reports)
        return leg, seen


def run_bare(backends: Backends, reports: int, seen: Seen, say: Callable[[str], None]) -> Leg:
    """Measure the bare loop on the same facts."""
    with _stage(backends) as (prefix, folder):
        samples = folder / "samples.json"
        seen.write(samples)
        with bare_rooms(backends, prefix, folder, samples) as rooms:
            watch = _Watch(rooms, say)
            _work(watch, WARM_UP, lambda: rooms.order(WARM_UP))
            leg = watch.measure(BARE, reports, lambda: rooms.order(reports))
            see_facts(backends, prefix).check(WARM_UP + reports)
            return leg
