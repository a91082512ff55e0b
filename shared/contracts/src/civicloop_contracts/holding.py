"""Which types of records each topic holds."""

from collections.abc import Mapping

from pydantic import BaseModel

from civicloop_contracts.choreography import ANY_WRITER, writers
from civicloop_contracts.facts import FACTS
from civicloop_contracts.snapshot import SNAPSHOT_TYPE, CaseSnapshot
from civicloop_contracts.topics import Topic, load_topics


def public_topics() -> tuple[Topic, ...]:
    """Return the topics that anybody outside may be given."""
    return tuple(topic for topic in load_topics() if topic.classification == "public")


def models_in(topic: Topic) -> Mapping[str, type[BaseModel]]:
    """Return the models of a public topic's records, by their type; restricted ones have none."""
    if topic.classification != "public":
        return {}
    if topic.source is None:
        return {SNAPSHOT_TYPE: CaseSnapshot}
    return {
        fact.event_type(): fact
        for fact in FACTS
        if fact.source == topic.source or writers()[fact] == ANY_WRITER
    }
