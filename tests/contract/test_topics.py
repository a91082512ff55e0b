"""Topic files, choreography, subscriptions and models tell of the same topics."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from civicloop_contracts import topics as topics_package
from civicloop_contracts.choreography import ANY_WRITER, effects, writers
from civicloop_contracts.codes import Service
from civicloop_contracts.facts import FACTS
from civicloop_contracts.topics import Topic, fact_topic, load_topics, subscriptions

FOLDER = Path(topics_package.__file__).parent
SOURCES = {fact.source for fact in FACTS if fact.source}


def orphans(topics: tuple[Topic, ...], sources: set[str]) -> list[str]:
    """Return the topics that nobody's facts, letters or snapshots go to."""
    return [topic.name for topic in topics if not _is_needed(topic, sources)]


def _is_needed(topic: Topic, sources: set[str]) -> bool:
    if topic.name == f"{topic.producer}.dead-letters":
        return topic.classification == "restricted" and not topic.consumers
    if topic.source is None:
        return topic.compacted and topic.transactional
    return topic.source in sources


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_is_named_like_its_topic(path: Path) -> None:
    """Whoever looks for a topic finds its file."""
    assert yaml.safe_load(path.read_text())["name"] == path.stem


def test_no_topic_is_an_orphan() -> None:
    """Every topic carries facts of ours, dead letters or snapshots."""
    assert orphans(load_topics(), SOURCES) == []


def test_an_orphan_is_found() -> None:
    """A topic whose source no fact has, and one without source that keeps no state."""
    (good, *_) = [topic for topic in load_topics() if topic.carries_facts]
    forgotten = good.model_copy(update={"name": "old.things", "source": "/old/things"})
    unnamed = good.model_copy(update={"name": "no.source", "source": None})
    assert orphans((good, forgotten, unnamed), SOURCES) == ["old.things", "no.source"]


def test_every_service_has_its_dead_letters() -> None:
    """One topic each, that nobody else may read."""
    letters = [topic for topic in load_topics() if topic.name.endswith(".dead-letters")]
    assert {topic.producer for topic in letters} == set(Service)
    assert {topic.partitions for topic in letters} == {1}


def test_a_source_stands_for_one_topic() -> None:
    """Numbers are counted per source: two topics of one would tear them apart."""
    counted = Counter(topic.source for topic in load_topics() if topic.source)
    assert set(counted.values()) == {1}
    for source in SOURCES:
        name = source.strip("/").replace("/", ".")
        assert fact_topic(source).name == name


@pytest.mark.parametrize("service", list(Service))
def test_a_service_reads_nothing_that_does_not_move_it(service: Service) -> None:
    """Each subscription has a fact with an effect there; the rest would be read for nothing."""
    moving = {fact.source for fact, rooms in effects().items() if service in rooms}
    anybodys = {fact for fact, writer in writers().items() if writer == ANY_WRITER}
    moved_by_any = any(service in effects()[fact] for fact in anybodys)
    for topic in subscriptions(service):
        assert topic.source in moving or moved_by_any


def test_a_topic_with_an_unknown_field_is_refused() -> None:
    """A misspelt setting is an error, not a default."""
    good = load_topics()[0].model_dump()
    with pytest.raises(ValueError, match="extra"):
        Topic.model_validate({**good, "retenton": 7})
