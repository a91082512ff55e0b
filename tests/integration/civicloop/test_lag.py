"""`civicloop lag` on a real broker: what nobody has applied yet, and since when."""

import time

from confluent_kafka import Consumer, Producer, TopicPartition

from civicloop.lag import read_lags
from civicloop_contracts.codes import Service
from civicloop_contracts.topics import subscriptions
from civicloop_local.testing import Backends, fresh_prefix

OLD_S = 100


def test_lag_is_counted_and_aged_per_service_and_topic(backends: Backends) -> None:
    """Only behind the noted position; the age is that of the oldest record there."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    topic, settings = f"{prefix}intake.cases", backends.admin_settings
    producer = Producer(settings)
    now_ms = int(time.time() * 1000)
    for number in range(3):
        written = now_ms - (OLD_S - number * 10) * 1000
        producer.produce(topic, b"x", key=b"k", partition=0, timestamp=written)
    producer.produce(topic, b"x", key=b"k", partition=1)
    producer.flush()
    _commit(backends, f"{prefix}router", TopicPartition(topic, 0, 1), TopicPartition(topic, 1, 1))
    lags = {(lag.group, lag.topic): lag for lag in read_lags(settings, prefix)}
    assert {group for group, _ in lags} == {f"{prefix}{service}" for service in Service}
    assert len(lags) == sum(len(subscriptions(service)) for service in Service)
    router, feedback = lags[f"{prefix}router", topic], lags[f"{prefix}feedback", topic]
    assert (router.behind, feedback.behind) == (2, 4)
    assert router.seconds is not None
    assert feedback.seconds is not None
    assert OLD_S - 10 <= router.seconds < OLD_S
    assert feedback.seconds >= OLD_S
    others = [lag for (_, name), lag in lags.items() if name != topic]
    assert {(lag.behind, lag.seconds) for lag in others} == {(0, 0.0)}


def _commit(backends: Backends, group: str, *places: TopicPartition) -> None:
    consumer = Consumer({**backends.admin_settings, "group.id": group})
    consumer.commit(offsets=list(places), asynchronous=False)
    consumer.close()
