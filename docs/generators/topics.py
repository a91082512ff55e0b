"""The page of topics: from the topic files and the facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from civicloop_contracts.envelope import Envelope, headers_of
from civicloop_contracts.holding import models_in
from civicloop_contracts.topics import Topic, load_topics
from generators.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION: Final = """# Topics

One file per topic in `shared/contracts/src/civicloop_contracts/topics`. Topics, access rights and
subscriptions are made from these files: a service writes the topics that name it as producer and
reads those that name it as consumer. It may also read its own, to see at its start whether its
database is older than they are. Each topic has exactly one writer.

**Order** holds per case within one topic, never across topics. `ce_sequence` counts 1, 2, 3 … per
case and source, and a source is a topic, so any reader can tell a repeat (a number it has had)
from a gap (a number that is missing). Delivery is at least once: a reader drops repeats.
"""
RECORD: Final = """## A record

CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the fact as JSON in the value. The
key is the case id as text; that of a dead letter is the letter's own id.
"""
_MEANING: Final = {
    "ce_specversion": "version of CloudEvents",
    "ce_id": "`<source>:<case id>:<sequence>`; the same fact always has the same",
    "ce_source": "stands for the topic",
    "ce_type": "which [fact](facts.md); ends in its version",
    "ce_time": "when the fact was recorded",
    "ce_subject": "the case id",
    "ce_sequence": "counts per case and source, without a hole",
    "content-type": "of the value",
    "traceparent": "the trace that the case belongs to (W3C), where there is one",
}


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, _index(), RECORD, _headers(), *_topics()])


def _index() -> str:
    rows = [
        (
            f"`{topic.name}`",
            topic.producer,
            ", ".join(topic.consumers) or "nobody here",
            topic.classification,
        )
        for topic in load_topics()
    ]
    return table(("topic", "written by", "read by", "classification"), rows)


def _headers() -> str:
    sample = Envelope(source="/", type="", case_id=UUID(int=0), sequence=1, traceparent="00")
    names = [name for name, _ in headers_of(sample, datetime.min.replace(tzinfo=UTC))]
    return table(("header", "meaning"), [(f"`{name}`", _MEANING[name]) for name in names])


def _topics() -> Iterator[str]:
    for topic in load_topics():
        rows = [
            ("source", f"`{topic.source}`" if topic.source else "none: it holds state, not facts"),
            ("key", topic.key),
            ("partitions", topic.partitions),
            ("kept", _kept(topic)),
            ("transactional writer", "yes" if topic.transactional else "no"),
            ("holds", _holds(topic)),
        ]
        yield f"## {topic.name}\n\n{topic.about}\n\n{table(('', ''), rows)}"


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the newest record of each key (compacted)"
    return "for ever" if topic.retention == "forever" else f"{topic.retention} days"


def _holds(topic: Topic) -> str:
    if topic.classification == "restricted":
        return "where an unreadable record is, why, and a digest; never its content"
    names = [model.__name__ for model in models_in(topic).values()]
    return ", ".join(f"[{name}](facts.md#{name.lower()})" for name in names)
