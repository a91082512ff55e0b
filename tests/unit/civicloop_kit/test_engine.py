"""The parts of a room, joined."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.civicloop_kit.counting import Counter, counting_room, showing_room
from tests.unit.civicloop_kit.memory import START
from tests.unit.civicloop_kit.test_settings import GOOD

from civicloop_kit.engine import Engine, assemble, own_topic
from civicloop_kit.hops import no_hops
from civicloop_kit.postgres import Database
from civicloop_kit.room import Room
from civicloop_kit.settings import ServiceSettings, load_settings
from civicloop_kit.testing import FakeClock


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    """Give what every service is told."""
    for name, value in GOOD.items():
        monkeypatch.setenv(f"CIVICLOOP_{name}", value)
    monkeypatch.setenv("CIVICLOOP_TOPIC_PREFIX", "test.")
    return load_settings(ServiceSettings)


def join(room: Room[Counter], settings: ServiceSettings, **options: Any) -> Engine[Counter]:
    """Join the parts of a room."""
    database = Database("postgresql://nobody@nowhere/none", application="router")
    return assemble(room, settings, database, FakeClock(START), **options)


@pytest.mark.parametrize(
    ("source", "topic"),
    [("/router/tasks", "test.router.tasks"), ("/a/b/c", "test.a.b.c"), ("/a", "test.a")],
)
def test_a_source_has_one_topic(source: str, topic: str) -> None:
    """Its name with dots, behind the prefix of an installation."""
    assert own_topic(replace(counting_room(), source=source), "test.") == topic


async def test_a_room_reads_what_it_subscribes_to(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each topic with the source that writes it, under the names of an installation."""
    asked: dict[str, Any] = {}

    def stream(*_: Any, **options: Any) -> Any:
        asked.update(options)

    monkeypatch.setattr("civicloop_kit.engine.Stream", stream)
    join(counting_room(), settings)
    sources = asked["sources"]
    assert sources["test.intake.cases"] == "/intake/cases"
    assert sources["test.feedback.outcomes"] == "/feedback/outcomes"
    assert (asked["group"], asked["instance"]) == ("test.router", "router-0")


async def test_a_room_that_shows_nothing_has_no_relay_for_it(settings: ServiceSettings) -> None:
    """Facts and letters are sent in any case."""
    engine = join(counting_room(), settings)
    assert (engine.topic, engine.snapshots) == ("test.router.tasks", None)
    assert engine.senders == [engine.facts.run, engine.letters.run]


async def test_a_room_that_shows_has_one(settings: ServiceSettings) -> None:
    """Last of what sends."""
    engine = join(showing_room(), settings)
    assert engine.snapshots is not None
    assert engine.senders == [engine.facts.run, engine.letters.run, engine.snapshots.run]


async def test_hops_are_written_unless_told_otherwise(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the setting."""
    assert join(counting_room(), settings).transactions._write_hops is not no_hops
    monkeypatch.setenv("CIVICLOOP_LOG_HOPS", "false")
    quiet = load_settings(ServiceSettings)
    assert join(counting_room(), quiet).transactions._write_hops is no_hops


async def test_a_producer_may_be_given(settings: ServiceSettings) -> None:
    """Otherwise it is Kafka's."""

    def make() -> Any:
        raise NotImplementedError

    engine = join(counting_room(), settings, make_producer=make)
    assert {engine.facts._make_producer, engine.letters._make_producer} == {make}
    assert callable(join(counting_room(), settings).facts._make_producer)
