"""How far behind each service is: records, and seconds since the oldest that it has not applied.

Services note their positions in Kafka about once a second, for this only; the truth is in their
databases. So a lag below two seconds is no lag.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, TopicPartition

from civicloop.topics import TIMEOUT_S, kafka_errors
from civicloop_contracts.codes import Service
from civicloop_contracts.topics import subscriptions
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from confluent_kafka import Message

MS_PER_S: Final = 1000
# Metrics of the relay, by shard.
_WAITING: Final = re.compile(r"^civicloop_outbox_facts\{[^}]*\} (\S+)$", re.MULTILINE)
_AGE: Final = re.compile(r"^civicloop_outbox_age_seconds\{[^}]*\} (\S+)$", re.MULTILINE)

Settings = dict[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far one consumer group is behind in one topic; ``seconds`` None: not known."""

    group: str
    topic: str
    behind: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Facts of a service that the broker has not confirmed, and the age of the oldest."""

    service: str
    facts: int
    seconds: float


def read_lags(settings: Mapping[str, str | int | float | bool], prefix: str = "") -> list[Lag]:
    """Return the lag of every service in every topic that it reads.

    Raises:
        StackError: Kafka does not answer, or a topic is missing.
    """
    return [lag for service in Service for lag in _lags_of(dict(settings), service, prefix)]


def outbox_in(service: str, metrics: str) -> Outbox:
    """Return what waits to be sent, from a service's metrics."""
    facts = sum(float(value) for value in _WAITING.findall(metrics))
    ages = [float(value) for value in _AGE.findall(metrics)]
    return Outbox(service=service, facts=int(facts), seconds=round(max(ages, default=0.0), 1))


def _lags_of(settings: Settings, service: Service, prefix: str) -> Iterator[Lag]:
    group = f"{prefix}{service}"
    own: Settings = {"group.id": group, "enable.auto.commit": False, "auto.offset.reset": "error"}
    with closing(Consumer(settings | own | {"log_level": 2})) as consumer, kafka_errors():
        topics = [f"{prefix}{topic.name}" for topic in subscriptions(service)]
        behind = _behind(consumer, _places(consumer, topics))
        ages = _ages(consumer, [place for place, count in behind.items() if count])
    for topic in topics:
        yield Lag(
            group=group,
            topic=topic,
            behind=sum(count for (name, _, _), count in behind.items() if name == topic),
            seconds=_rounded(ages.get(topic, 0.0)),
        )


def _places(consumer: Consumer, topics: Iterable[str]) -> list[TopicPartition]:
    known = consumer.list_topics(timeout=TIMEOUT_S).topics
    missing = [topic for topic in topics if topic not in known]
    if missing:
        raise StackError(f"there is no topic {missing[0]}: run `civicloop migrate`")
    return [TopicPartition(topic, number) for topic in topics for number in known[topic].partitions]


def _behind(consumer: Consumer, places: list[TopicPartition]) -> dict[tuple[str, int, int], int]:
    """Return how many records lie behind each position."""
    found = {}
    for place in consumer.committed(places, timeout=TIMEOUT_S):
        low, high = consumer.get_watermark_offsets(
            TopicPartition(place.topic, place.partition), timeout=TIMEOUT_S
        )
        # A partition of which nothing was applied yet has no position.
        position = max(place.offset, low)
        found[place.topic, place.partition, position] = max(0, high - position)
    return found


def _ages(consumer: Consumer, places: Iterable[tuple[str, int, int]]) -> dict[str, float | None]:
    """Return the age of the oldest record at these positions, by topic; None where unread."""
    waiting = {(topic, partition): offset for topic, partition, offset in places}
    if not waiting:
        return {}
    ages: defaultdict[str, float] = defaultdict(float)
    now = time.time()
    consumer.assign([TopicPartition(*place, offset) for place, offset in waiting.items()])
    deadline = time.monotonic() + TIMEOUT_S
    while waiting and time.monotonic() < deadline:
        message = consumer.poll(1.0)
        if message is None or message.error() is not None:
            continue
        topic, partition = message.topic() or "", message.partition() or 0
        if waiting.pop((topic, partition), None) is not None:
            ages[topic] = max(ages[topic], now - _written_at(message))
            consumer.pause([TopicPartition(topic, partition)])
    # The oldest record of a topic may be in the partition that was not read in time.
    return ages | dict.fromkeys(topic for topic, _ in waiting)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _written_at(message: Message) -> float:
    """Return when a record was written, in seconds."""
    return message.timestamp()[1] / MS_PER_S
