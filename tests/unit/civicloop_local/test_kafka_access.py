"""Rights: a service writes its own topics and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from civicloop_contracts.topics import load_topics
from civicloop_local.kafka_access import rights_for, topic_settings
from civicloop_local.kafka_rights import Right


@dataclass(frozen=True)
class FakeTopic:
    """A topic file's content."""

    name: str = "intake.cases"
    producer: str = "intake"
    consumers: tuple[str, ...] = ("router",)
    partitions: int = 12
    retention_ms: int | None = None
    compacted: bool = False
    transactional: bool = False


def test_only_the_producer_may_write() -> None:
    """In the real topic files every topic has exactly one writer."""
    topics = load_topics()
    writers = {
        topic.name: {r.user for r in rights_for(topics) if _writes(r) and r.name == topic.name}
        for topic in topics
    }
    assert writers == {topic.name: {str(topic.producer)} for topic in topics}


def test_producer_and_consumers_may_read() -> None:
    """A writer checks its own tail; nobody else reads a topic that does not name them."""
    readers = {r.user for r in rights_for([FakeTopic()]) if _reads_topic(r)}
    assert readers == {"intake", "router"}


def test_a_service_reads_in_its_own_group_only() -> None:
    """The group's name is the service's, with the prefix of a test."""
    groups = {(r.user, r.name) for r in rights_for([], prefix="t1-") if r.resource == "GROUP"}
    assert groups == {
        (name, f"t1-{name}") for name in ("intake", "router", "department-adapter", "feedback")
    }


def test_a_prefix_stands_before_every_name() -> None:
    """Two tests on one broker cannot meet."""
    rights = rights_for([FakeTopic(transactional=True)], prefix="t1-")
    assert all(right.name.startswith("t1-") for right in rights)


def test_transactions_need_a_topic_that_says_so() -> None:
    """Only then its writer may use transactional ids, those that begin with its name."""
    assert not [r for r in rights_for([FakeTopic()]) if r.resource == "TRANSACTIONAL_ID"]
    granted = rights_for([FakeTopic(transactional=True)])
    assert Right("intake", "WRITE", "TRANSACTIONAL_ID", "intake", by_prefix=True) in granted


def test_a_topic_is_kept_as_its_file_says() -> None:
    """For ever, for a time, or the newest per key."""
    assert topic_settings(FakeTopic())["retention.ms"] == "-1"
    assert topic_settings(FakeTopic(retention_ms=5))["retention.ms"] == "5"
    assert topic_settings(FakeTopic(compacted=True))["cleanup.policy"] == "compact"


def _writes(right: Right) -> bool:
    return right.resource == "TOPIC" and right.operation == "WRITE"


def _reads_topic(right: Right) -> bool:
    return right.resource == "TOPIC" and right.operation == "READ"
