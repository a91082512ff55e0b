"""The topics: one file each, read by everything that creates, guards or subscribes to one."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from civicloop_contracts.codes import Service

MS_PER_DAY = 86_400_000


class Topic(BaseModel):
    """One topic: who writes it, who reads it, how it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z.-]{2,60}$")]
    about: str
    source: Annotated[str, Field(pattern=r"^/[a-z/-]{2,60}$")] | None
    producer: Service
    consumers: tuple[Service, ...]
    key: Literal["case id", "letter id"]
    partitions: Annotated[int, Field(ge=1)]
    retention: Literal["forever"] | Annotated[int, Field(ge=1, description="days")]
    compacted: bool
    transactional: bool
    classification: Literal["public", "restricted"]

    @property
    def retention_ms(self) -> int | None:
        """How long Kafka keeps a record, or None for ever."""
        return None if self.retention == "forever" else int(self.retention) * MS_PER_DAY

    @property
    def carries_facts(self) -> bool:
        """Whether it is one of the topics that the rooms exchange."""
        return self.source is not None and self.classification == "public"


@cache
def load_topics() -> tuple[Topic, ...]:
    """Return all topics, sorted by name."""
    folder = files(__name__)
    documents = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    loaded = (Topic.model_validate(yaml.safe_load(entry.read_text())) for entry in documents)
    return tuple(sorted(loaded, key=lambda topic: topic.name))


def fact_topic(source: str) -> Topic:
    """Return the topic that a source stands for.

    Raises:
        KeyError: No topic has that source.
    """
    for topic in load_topics():
        if topic.source == source:
            return topic
    raise KeyError(source)


def subscriptions(service: Service) -> tuple[Topic, ...]:
    """Return the topics of facts that a service reads."""
    return tuple(topic for topic in load_topics() if service in topic.consumers)
