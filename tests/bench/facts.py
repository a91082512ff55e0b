"""What one case leaves on the topics, and who makes which fact of which.

The bare loop sends what ours was seen to send: the same facts, with the same bytes but the ids.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
from confluent_kafka import Consumer, TopicPartition

from civicloop_contracts.topics import load_topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from civicloop_local.testing import Backends

TYPE_HEADER: Final = "ce_type"
FILED: Final = "civicloop.case.filed.v1"
CLOSED: Final = "civicloop.case.closed.v1"
# Per room and fact read: the steps that follow, each one update of the case's row and its facts.
Steps = tuple[tuple[str, ...], ...]
FOLLOWS: Final[dict[str, dict[str, Steps]]] = {
    "intake": {},
    "router": {
        FILED: (("civicloop.task.dispatched.v1",),),
        "civicloop.task.completed.v1": (("civicloop.case.handled.v1",),),
    },
    "department-adapter": {
        "civicloop.task.dispatched.v1": (
            (
                "civicloop.task.delivered.v1",
                "civicloop.task.acknowledged.v1",
                "civicloop.task.completed.v1",
            ),
        ),
    },
    "feedback": {
        "civicloop.case.handled.v1": (
            ("civicloop.verification.requested.v1",),
            ("civicloop.case.verified.v1",),
            ("civicloop.satisfaction.recorded.v1", CLOSED),
        ),
    },
}
FACT_TYPES: Final = frozenset(
    {FILED}
    | {
        type_
        for follows in FOLLOWS.values()
        for steps in follows.values()
        for step in steps
        for type_ in step
    }
)
READ_WITHIN_S: Final = 10.0


class OtherFactsError(Exception):
    """A case did not leave the facts that the bare loop sends: look at `tests.bench.facts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One fact as it was sent; ``topic`` is without prefix."""

    topic: str
    value: dict[str, Any]
    headers: list[tuple[str, str]]
    bytes: int


@dataclass(slots=True, kw_only=True)
class Seen:
    """What is on the topics: how often each type, and one sample of each."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, Sample] = field(default_factory=dict)

    @property
    def bytes_per_case(self) -> int:
        """Keys, values and headers of all facts of one case."""
        return sum(sample.bytes for sample in self.samples.values())

    @property
    def reads_per_case(self) -> int:
        """How often a fact of one case is read by a room."""
        readers = {topic.name: len(topic.consumers) for topic in load_topics()}
        return sum(readers[sample.topic] for sample in self.samples.values())

    def check(self, cases: int) -> None:
        """Make sure that every case left each fact once.

        Raises:
            OtherFactsError: It did not.
        """
        expected = dict.fromkeys(FACT_TYPES, cases)
        if dict(self.counts) != expected:
            differing = {
                type_: (count, expected.get(type_, 0))
                for type_ in sorted(self.counts.keys() | expected.keys())
                if (count := self.counts[type_]) != expected.get(type_, 0)
            }
            raise OtherFactsError(f"{OtherFactsError.__doc__} seen, expected: {differing}")

    def write(self, path: Path) -> None:
        """Keep the samples for the bare loop."""
        path.write_bytes(orjson.dumps({k: asdict(v) for k, v in self.samples.items()}))


def see_facts(backends: Backends, prefix: str) -> Seen:
    """Read all fact topics of a prefix."""
    seen = Seen()
    for topic in load_topics():
        if topic.carries_facts:
            for message in _messages(backends, f"{prefix}{topic.name}"):
                _see(seen, topic.name, message)
    return seen


def _see(seen: Seen, topic: str, message: Any) -> None:
    headers = message.headers() or []
    type_ = dict(headers)[TYPE_HEADER].decode()
    seen.counts[type_] += 1
    if type_ not in seen.samples:
        sizes = [len(name) + len(value) for name, value in headers]
        seen.samples[type_] = Sample(
            topic=topic,
            value=orjson.loads(message.value()),
            headers=[(name, value.decode()) for name, value in headers],
            bytes=len(message.key()) + len(message.value()) + sum(sizes),
        )


def _messages(backends: Backends, topic: str) -> Iterator[Any]:
    settings = {**backends.admin_settings, "group.id": f"bench-{uuid4()}"}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    try:
        numbers = consumer.list_topics(topic, timeout=READ_WITHIN_S).topics[topic].partitions
        places = [TopicPartition(topic, number, 0) for number in numbers]
        left = sum(consumer.get_watermark_offsets(p, timeout=READ_WITHIN_S)[1] for p in places)
        consumer.assign(places)
        while left > 0 and (messages := consumer.consume(500, READ_WITHIN_S)):
            left -= len(messages)
            yield from messages
    finally:
        consumer.close()
