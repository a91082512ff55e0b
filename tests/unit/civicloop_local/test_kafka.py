"""Kafka: nothing open, nothing shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from civicloop_local.credentials import load_credentials
from civicloop_local.kafka import KafkaPart
from civicloop_local.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def part(tmp_path: Path) -> KafkaPart:
    """A broker whose data folder is already formatted."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    layout.data("kafka").mkdir()
    (layout.data("kafka") / "meta.properties").write_text("")
    made = KafkaPart(
        layout=layout,
        credentials=load_credentials(layout),
        java=tmp_path / "java",
        jars=(tmp_path / "kafka.jar",),
        client_port=20001,
        controller_port=20002,
    )
    made.prepare()
    return made


def _properties(part: KafkaPart) -> dict[str, str]:
    lines = (part.layout.run / "kafka" / "server.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_every_listener_asks_for_a_password(part: KafkaPart) -> None:
    """There is no plaintext listener and no anonymous super user."""
    found = _properties(part)
    protocols = [pair.split(":")[1] for pair in found["listener.security.protocol.map"].split(",")]
    assert set(protocols) == {"SASL_PLAINTEXT"}
    assert "ANONYMOUS" not in found["super.users"]
    assert found["allow.everyone.if.no.acl.found"] == "false"


def test_every_listener_is_on_loopback(part: KafkaPart) -> None:
    """Nobody on the network can reach it."""
    listeners = _properties(part)["listeners"].split(",")
    assert all("://127.0.0.1:" in listener for listener in listeners)


def test_no_password_stands_in_a_process_list(part: KafkaPart) -> None:
    """Secrets stand in files of the owner's alone."""
    shown = " ".join(part.command().argv)
    assert not any(password in shown for password in part.credentials.kafka.values())
    private = part.layout.run / "kafka"
    assert all(path.stat().st_mode & 0o077 == 0 for path in private.iterdir())


def test_facts_are_kept_for_ever_unless_a_topic_says_otherwise(part: KafkaPart) -> None:
    """And no topic is made by a typing error."""
    found = _properties(part)
    assert found["log.retention.ms"] == "-1"
    assert found["auto.create.topics.enable"] == "false"


def test_a_port_where_nothing_listens_is_not_ready(part: KafkaPart) -> None:
    """Readiness is an answer, not a started process."""
    assert not part.is_ready()
