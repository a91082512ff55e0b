"""Read the fact topics as an onlooker: no group is joined, no position is kept."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from civicloop.audit.records import TopicRecord
from civicloop_contracts.topics import Topic, load_topics
from civicloop_local.errors import StackError
from civicloop_local.kafka_auditor import AUDITOR_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confluent_kafka import Message

TIMEOUT_S: Final = 15.0
# A read waits so long for a full batch, so the end of a topic costs at most that.
POLL_S: Final = 0.1
BATCH: Final = 5_000
# Without any record for so long the broker is taken for gone.
SILENCE_S: Final = 30.0

Offsets = dict[tuple[str, int], tuple[int, int]]


def fact_topics() -> tuple[Topic, ...]:
    """Return the topics that the rooms exchange facts through."""
    return tuple(topic for topic in load_topics() if topic.carries_facts)


class TopicReader:
    """Reads topics from their beginning; ``prefix`` stands before every topic's name."""

    def __init__(self, settings: Mapping[str, str | int | float | bool], prefix: str = "") -> None:
        self._sources = {prefix + t.name: t.source or "" for t in fact_topics()}
        self._consumer = Consumer(
            {
                **settings,
                "group.id": f"{AUDITOR_GROUPS}onlooker",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "auto.offset.reset": "error",
                "log_level": 2,
            }
        )

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def offsets(self) -> Offsets:
        """Return the first and the next offset of every partition.

        Raises:
            StackError: Kafka does not answer.
        """
        found: Offsets = {}
        with kafka_errors():
            known = self._consumer.list_topics(timeout=TIMEOUT_S).topics
            for name in self._sources:
                if name not in known:
                    raise StackError(f"there is no topic {name}: run `civicloop migrate`")
                for partition in known[name].partitions:
                    spot = TopicPartition(name, partition)
                    low, high = self._consumer.get_watermark_offsets(spot, timeout=TIMEOUT_S)
                    found[name, partition] = (low, high)
        return found

    def read_until(self, offsets: Offsets) -> Iterator[TopicRecord]:
        """Yield every record below the next offsets that *offsets* names.

        Raises:
            StackError: Kafka does not answer.
        """
        waiting = {spot: high for spot, (low, high) in offsets.items() if high > low}
        self._consumer.assign([TopicPartition(*spot, offsets[spot][0]) for spot in waiting])
        heard = time.monotonic()
        while waiting:
            if time.monotonic() - heard > SILENCE_S:
                raise StackError("Kafka sends nothing: see `civicloop status`")
            for message in self._poll(POLL_S):
                heard = time.monotonic()
                record = self._record(message)
                spot = (record.topic, record.partition)
                if spot in waiting and record.offset < waiting[spot]:
                    yield record
            for spot in self._finished(waiting):
                del waiting[spot]
        self._consumer.unassign()

    def follow(self, start: Offsets | None = None) -> None:
        """Begin to follow: from the beginning, or with what comes after *start*.

        Raises:
            StackError: Kafka does not answer.
        """
        known = self.offsets()
        begin = {spot: (start[spot][1] if start else low) for spot, (low, _) in known.items()}
        self._consumer.assign([TopicPartition(*spot, offset) for spot, offset in begin.items()])

    def poll(self, wait_s: float) -> list[TopicRecord]:
        """Return what has come within *wait_s*.

        Raises:
            StackError: Kafka does not answer.
        """
        return [self._record(message) for message in self._poll(wait_s)]

    def _poll(self, wait_s: float) -> list[Message]:
        with kafka_errors():
            messages = self._consumer.consume(BATCH, timeout=wait_s)
            for message in messages:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
            return messages

    def _finished(self, waiting: Mapping[tuple[str, int], int]) -> list[tuple[str, int]]:
        spots = self._consumer.position([TopicPartition(*spot) for spot in waiting])
        return [
            (spot.topic, spot.partition)
            for spot in spots
            if spot.offset >= waiting[spot.topic, spot.partition]
        ]

    def _record(self, message: Message) -> TopicRecord:
        topic, key, value = message.topic() or "", message.key(), message.value()
        headers = message.headers() or []
        pairs = headers.items() if isinstance(headers, dict) else headers
        return TopicRecord(
            topic=topic,
            source=self._sources[topic],
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            key=_bytes(key) if key is not None else None,
            headers=[(name, _bytes(content or b"")) for name, content in pairs],
            value=_bytes(value or b""),
        )


@contextmanager
def kafka_errors() -> Iterator[None]:
    """Turn what Kafka's client says into one line with its fix."""
    try:
        yield
    except KafkaException as error:
        cause = error.args[0] if error.args else None
        reason = cause.str() if isinstance(cause, KafkaError) else str(error)
        raise StackError(f"Kafka does not answer ({reason}): see `civicloop status`") from error


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
