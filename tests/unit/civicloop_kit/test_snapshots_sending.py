"""Snapshots without Kafka: what is shown of a row, in which transaction, and how often."""

import json
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.showing import PARTITIONS, TOPIC, Bench, row, shown
from tests.unit.civicloop_kit.test_producing import TRACE
from tests.unit.civicloop_kit.test_producing_sending import ACCESS
from tests.unit.civicloop_kit.test_snapshots import Lock, Story

from civicloop_contracts.snapshot import SNAPSHOT_TYPE
from civicloop_kit import snapshots
from civicloop_kit.postgres import CommitUnknownError, UnavailableError
from civicloop_kit.producing import key_hash
from civicloop_kit.snapshots import SnapshotRelay


def at(time_s: float) -> Callable[[], float]:
    """Return a clock that stands."""
    return lambda: time_s


def test_the_newest_state_is_shown_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one transaction: key, value, headers, the time of sending."""
    monkeypatch.setattr(snapshots, "time", at(1_767.25))
    bench = Bench([row(1, TRACE)])
    bench.run_for(0.1)
    ((topic, partition, (record,)),) = bench.producer.sent
    key = str(UUID(int=1)).encode()
    assert (topic, partition) == (TOPIC, key_hash(key) % PARTITIONS)
    assert (record["key"], record["timestamp"]) == (key, 1_767_250)
    assert record["headers"] == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"/feedback/case-snapshots:00000000-0000-0000-0000-000000000001:11"),
        ("ce_source", b"/feedback/case-snapshots"),
        ("ce_type", SNAPSHOT_TYPE.encode()),
        ("content-type", b"application/json"),
        ("traceparent", TRACE.encode()),
    ]
    value = json.loads(record["value"])
    assert (value["version"], value["round"], None in value.values()) == (11, 1, False)
    assert bench.producer.ended == ["committed"]
    assert bench.database.arguments("delete_snapshots") == ([UUID(int=1)], [11])


def test_a_case_without_a_trace_names_none() -> None:
    """An empty header would be no trace either."""
    bench = Bench([row(1)])
    bench.run_for(0.1)
    ((_, _, (record,)),) = bench.producer.sent
    assert [name for name, _ in record["headers"]][-1] == "content-type"


def test_each_case_has_its_partition() -> None:
    """Its snapshots are read in their order."""
    bench = Bench([row(number) for number in range(4, 14)])
    bench.run_for(0.1)
    found = {
        record["key"]: partition for _, partition, part in bench.producer.sent for record in part
    }
    keys = [str(UUID(int=number)).encode() for number in range(4, 14)]
    assert found == {key: key_hash(key) % PARTITIONS for key in keys}
    assert set(found.values()) == {0, 1, 2}
    assert bench.producer.ended == ["committed"]


def test_what_cannot_be_shown_costs_itself_only() -> None:
    """It is forgotten until it changes again; others are shown."""
    bench = Bench([row(1), row(2), row(3), row(4)])
    bench.run_for(0.1)
    assert sum(len(part) for _, _, part in bench.producer.sent) == 2
    (ids, versions) = bench.database.arguments("delete_snapshots")
    assert (ids, versions) == ([UUID(int=number) for number in (1, 2, 3, 4)], [11, 12, 13, 14])


def test_without_anything_to_show_there_is_no_transaction() -> None:
    """Neither Kafka's nor, without a row, the database's."""
    bench = Bench([row(2), row(3)])
    bench.run_for(0.1)
    assert (bench.producer.ended, bench.producer.sent) == ([], [])
    assert "delete_snapshots" in bench.database.names
    bench = Bench()
    bench.run_for(0.1)
    assert set(bench.database.names) == {"take_snapshots"}


def test_a_full_look_is_followed_by_another() -> None:
    """Otherwise there is a pause between two."""
    full = [row(2)] * 1_000
    bench = Bench(full, [row(2)] * 999)
    bench.run_for(2.5)
    assert bench.looked == [0, 0, 1, 2]


def test_what_was_refused_is_not_forgotten() -> None:
    """The transaction is aborted, and made again by another producer."""
    bench = Bench([row(1)], [row(1)])
    bench.producer.refuses = [KafkaError("refused")]
    bench.run_for(0.1)
    assert bench.producer.ended == ["aborted", "committed"]
    assert bench.database.names.count("delete_snapshots") == 1
    assert bench.producer.built == [0, 0.05]


def test_an_unknown_commit_is_no_failure() -> None:
    """Shown again it is the same version."""

    def unknown(*_: object) -> list[dict[str, Any]]:
        raise CommitUnknownError

    bench = Bench([row(1)])
    bench.database.answers["delete_snapshots"] = unknown
    bench.run_for(0.1)
    assert bench.producer.built == [0]


@pytest.mark.parametrize(
    "error", [KafkaConnectionError("away"), ConnectionResetError("cut"), UnavailableError()]
)
def test_whoever_is_away_is_tried_again(error: Exception) -> None:
    """After a longer wait each time."""
    bench = Bench([row(1)])
    bench.producer.fails_at_start = [error, error]
    bench.run_for(0.5)
    assert bench.producer.built == [0, 0.05, 0.15]
    assert bench.producer.ended == ["committed"]


@pytest.mark.parametrize("error", [KafkaError("away"), ConnectionResetError("cut")])
def test_leaving_a_broker_that_is_away_is_no_failure(error: Exception) -> None:
    """The next producer is built all the same."""
    bench = Bench([row(1)])
    bench.producer.fails_at_start = [KafkaConnectionError("away")]
    bench.producer.fails_at_stop = error
    bench.run_for(0.1)
    assert bench.producer.ended == ["committed"]


def test_leaving_does_not_wait_for_a_broker_that_hangs() -> None:
    """A stop has to be done in seconds."""
    bench = Bench()
    bench.producer.hangs = True
    assert bench.run_for(1) == 3


def test_its_transactions_fence_its_predecessors(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the id; stored by all brokers, or not at all."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(snapshots, "AIOKafkaProducer", lambda **given: asked.append(given))
    relay = SnapshotRelay(
        cast("Any", Scripted()),
        ACCESS,
        shown,
        topic=TOPIC,
        transactional_id="feedback-0",
        leadership=cast("Any", Lock(Story(1))),
    )
    relay._make_producer()
    (settings,) = asked
    assert (settings["transactional_id"], settings["acks"]) == ("feedback-0", "all")
    assert settings["request_timeout_ms"] == 10_000
    assert settings["bootstrap_servers"] == ACCESS.bootstrap
