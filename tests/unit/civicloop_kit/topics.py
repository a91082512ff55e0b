"""A topic and Kafka's consumer of it, as far as a start reads them."""

import asyncio
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition


class Topic:
    """A topic with the records of each partition, the oldest of which may be gone."""

    def __init__(self, *partitions: list[SimpleNamespace], gone: int = 0) -> None:
        self.partitions = partitions
        self.gone = gone
        # What the next consumers meet at their start, one after another.
        self.fails: list[Exception] = []
        self.gives_nothing = 0
        # How many records came after the ends were asked for.
        self.grew_by = 0
        # How many consumers never end.
        self.keeps_leaving = 0
        self.consumers: list[Consumer] = []

    def make(self, **settings: Any) -> "Consumer":
        """Return a consumer that reads here."""
        self.consumers.append(Consumer(self, settings))
        return self.consumers[-1]


class Consumer:
    """Kafka's consumer, two records of a partition at a time."""

    def __init__(self, topic: Topic, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.read: list[tuple[int, int]] = []
        self.waited_ms: set[int] = set()
        self.is_stopped = False
        self._topic = topic
        self._known: set[str] = set()
        self._at: dict[TopicPartition, int] = {}
        self._client = self

    async def start(self) -> None:
        """Connect."""
        if self._topic.fails:
            raise self._topic.fails.pop(0)

    async def stop(self) -> None:
        """Disconnect."""
        if self._topic.keeps_leaving:
            self._topic.keeps_leaving -= 1
            await asyncio.Event().wait()
        self.is_stopped = True

    async def force_metadata_update(self) -> None:
        """Ask."""

    async def add_topic(self, topic: str) -> None:
        """Know a topic from now on."""
        self._known.add(topic)

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Return the numbers of a topic's partitions, None of one that is not known."""
        is_there = topic in self._known and self._topic.partitions
        return set(range(len(self._topic.partitions))) if is_there else None

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the oldest offsets."""
        return dict.fromkeys(places, self._topic.gone)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offsets of what comes next."""
        grew_by, partitions = self._topic.grew_by, self._topic.partitions
        return {at: self._topic.gone + len(partitions[at.partition]) - grew_by for at in places}

    def assign(self, places: list[TopicPartition]) -> None:
        """Read these."""
        self._at = dict.fromkeys(places, -1)

    def assignment(self) -> set[TopicPartition]:
        """Return what is read."""
        return set(self._at)

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Go on there."""
        assert offset >= self._topic.gone
        self._at[place] = offset

    async def position(self, place: TopicPartition) -> int:
        """Return what comes next; of a partition without records Kafka may not say."""
        assert self._topic.partitions[place.partition]
        assert self._at[place] >= 0
        # Another object than that of the end, as over a wire.
        return int(str(self._at[place]))

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        """Return what comes next."""
        self.waited_ms.add(timeout_ms)
        if self._topic.gives_nothing:
            self._topic.gives_nothing -= 1
            return {}
        found = {}
        for place, offset in self._at.items():
            first = offset - self._topic.gone
            found[place] = self._topic.partitions[place.partition][first : first + 2]
            self._at[place] += len(found[place])
            self.read += [(place.partition, offset + index) for index in range(len(found[place]))]
        found = {place: records for place, records in found.items() if records}
        assert found, "asked beyond the end"
        return found
