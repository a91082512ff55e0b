"""One leg of a pair: the rooms start on fresh topics and databases, warm up, work, are measured."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from psycopg import sql

from civicloop_contracts.codes import Service
from civicloop_contracts.topics import load_topics, subscriptions
from civicloop_local import control
from civicloop_local.services import SERVICES
from civicloop_local.testing import fresh_prefix

from .facts import FOLLOWS, see_facts
from .processes import bare_rooms, our_rooms, tree_cpu_seconds
from .reports import batches, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from civicloop_local.testing import Backends

    from .facts import Seen
    from .processes import Rooms
    from .profiling import Profiler

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


Say = Callable[[str], None]


def run_ours(
    backends: Backends, reports: int, say: Say, profiler: Profiler | None = None
) -> tuple[Leg, Seen]:
    """Measure the services; also returns what they sent, checked."""
    with _stage(backends) as (prefix, folder), our_rooms(backends, prefix, folder) as rooms:
        url, token = rooms.url("intake"), rooms.token("channel")

        def hand_in(count: int) -> Callable[[], None]:
            bodies = batches(count)
            return lambda: asyncio.run(send(url, token, bodies))

        leg = _Watch(rooms, say, profiler).measure(OURS, reports, hand_in)
        seen = see_facts(backends, prefix)
        seen.check(WARM_UP + reports)
        return leg, seen


def run_bare(backends: Backends, reports: int, say: Say, seen: Seen) -> Leg:
    """Measure the bare loop on the same facts."""
    with _stage(backends) as (prefix, folder):
        samples = folder / "samples.json"
        seen.write(samples)
        with bare_rooms(backends, prefix, folder, samples) as rooms:

            def order(count: int) -> Callable[[], None]:
                return lambda: rooms.order(count)

            leg = _Watch(rooms, say).measure(BARE, reports, order)
            see_facts(backends, prefix).check(WARM_UP + reports)
            return leg


class _Watch:
    """Starts the work of a leg and sees it end."""

    def __init__(self, rooms: Rooms, say: Say, profiler: Profiler | None = None) -> None:
        self._rooms = rooms
        self._say = say
        self._profiler = profiler
        self._admin = AdminClient({**rooms.backends.admin_settings, "log_level": 2})
        self._last_facts = sum(map(len, next(iter(FOLLOWS["feedback"].values()))))

    def measure(self, kind: str, reports: int, make: Callable[[int], Callable[[], None]]) -> Leg:
        """Warm up, then do the work and return what it took."""
        self._work(WARM_UP, make(WARM_UP), WARM_UP)
        self._drain()
        work = make(reports)
        cpu, updates = self._cpu_seconds(), self._row_updates()
        with self._profiler(self._rooms) if self._profiler else nullcontext():
            seconds = self._work(reports, work, WARM_UP + reports)
        self._drain()
        spent = {name: used - cpu[name] for name, used in self._cpu_seconds().items()}
        return Leg(
            kind=kind,
            cases_per_s=round(reports / seconds, 1),
            cpu_ms={name: round(1000 * used / reports, 3) for name, used in spent.items()},
            row_updates=round((self._row_updates() - updates) / reports, 2),
            peak_mb=self._rooms.peak_mb,
        )

    def _work(self, reports: int, work: Callable[[], None], total: int) -> float:
        """Return the seconds until all cases are closed."""
        began, until = time.monotonic(), time.monotonic() + WITHIN_S
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(work)
            while (closed := self._closed()) < total:
                self._rooms.check()
                if started.done():
                    started.result()
                if time.monotonic() > until:
                    raise NotClosedError(f"{NotClosedError.__doc__} {closed} of {total}")
                self._say(f"{closed - total + reports} of {reports} closed")
                time.sleep(LOOK_EVERY_S)
            return time.monotonic() - began

    def _closed(self) -> int:
        """Return how many cases have left all their facts on the last topic."""
        return sum(self._ends([LAST_TOPIC]).values()) // self._last_facts

    def _drain(self) -> None:
        """Wait until every room has read, saved and reported everything."""
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            ends = self._ends([topic.name for topic in load_topics() if topic.carries_facts])
            if all(self._is_drained(service.name, ends) for service in SERVICES):
                return
            self._rooms.check()
            time.sleep(LOOK_EVERY_S)
        raise NotClosedError(NotClosedError.__doc__)

    def _is_drained(self, room: str, ends: Mapping[tuple[str, int], int]) -> bool:
        prefix = self._rooms.prefix
        group = ConsumerGroupTopicPartitions(f"{prefix}{room}")
        found = self._admin.list_consumer_group_offsets([group])[group.group_id]
        saved = {
            (place.topic, place.partition): place.offset
            for place in found.result(ANSWER_WITHIN_S).topic_partitions
        }
        topics = {prefix + topic.name for topic in subscriptions(Service(room))}
        return all(saved.get(place, 0) >= end for place, end in ends.items() if place[0] in topics)

    def _ends(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        places = [
            TopicPartition(f"{self._rooms.prefix}{topic}", number)
            for topic in topics
            for number in range(PARTITIONS)
        ]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        found = self._admin.list_offsets(dict.fromkeys(places, latest))
        return {
            (place.topic, place.partition): answer.result(ANSWER_WITHIN_S).offset
            for place, answer in found.items()
        }

    def _cpu_seconds(self) -> dict[str, float]:
        backends = {
            part.name: tree_cpu_seconds(part.pid)
            for part in control.status(self._rooms.backends.layout)
            if part.pid is not None
        }
        return self._rooms.cpu_seconds() | backends

    def _row_updates(self) -> int:
        """Return how often the case rows of all rooms were written."""
        databases, total = self._rooms.backends.databases, 0
        for service in SERVICES:
            with psycopg.connect(
                databases.url(service.database, prefix=self._rooms.prefix)
            ) as connection:
                table = self._rooms.case_table
                query = sql.SQL("SELECT coalesce(sum(version), 0) FROM {}")
                row = connection.execute(query.format(sql.Identifier(table))).fetchone()
                total += int(row[0]) if row else 0
        return total


@contextmanager
def _stage(backends: Backends) -> Iterator[tuple[str, Path]]:
    """Give topics and databases that nobody has used, and a folder for logs."""
    prefix = fresh_prefix()
    folder = Path(tempfile.mkdtemp(prefix="civicloop-leg-"))
    backends.create_topics(prefix, partitions=PARTITIONS)
    backends.create_databases(prefix)
    try:
        yield prefix, folder
    finally:
        backends.drop_databases(prefix)
    # The logs stay when a leg fails.
    shutil.rmtree(folder)
