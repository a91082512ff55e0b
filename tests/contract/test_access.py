"""Kafka's access rules are what the topic files say."""

import pytest

from civicloop_contracts.codes import Service
from civicloop_contracts.topics import load_topics, subscriptions
from civicloop_local.kafka_access import rights_for

RIGHTS = rights_for(load_topics())


def allowed(service: Service, operation: str) -> set[str]:
    """Return the topics on which a service may do something."""
    return {
        right.name
        for right in RIGHTS
        if (right.user, right.operation, right.resource) == (service, operation, "TOPIC")
    }


@pytest.mark.parametrize("service", list(Service))
def test_a_service_writes_its_own_topics_only(service: Service) -> None:
    """The one writer of a topic is its producer."""
    own = {topic.name for topic in load_topics() if topic.producer == service}
    assert allowed(service, "WRITE") == own


@pytest.mark.parametrize("service", list(Service))
def test_a_service_reads_what_it_subscribes_to_and_its_own(service: Service) -> None:
    """Its own topics are read at start, to find out whether its database is an old one."""
    own = {topic.name for topic in load_topics() if topic.producer == service}
    read = {topic.name for topic in subscriptions(service)}
    assert allowed(service, "READ") == own | read


def test_each_service_has_one_group_of_its_own_name() -> None:
    """Nobody can move another service's offsets."""
    groups = {(right.user, right.name) for right in RIGHTS if right.resource == "GROUP"}
    assert groups == {(service, service) for service in Service}
