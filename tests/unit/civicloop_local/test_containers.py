"""Containers: the node in one has the settings of the embedded one."""

from __future__ import annotations

from civicloop_local.credentials import kafka_users
from civicloop_local.kafka_properties import first_users, server_properties

PASSWORDS = {user: f"password-of-{user}" for user in kafka_users()}


def test_a_node_listens_elsewhere_than_it_is_reached() -> None:
    """Inside a container every address is served; clients get the one outside."""
    text = server_properties(
        PASSWORDS,
        listen="0.0.0.0:1",
        reached_at="host:1",
        controller="127.0.0.1:2",
        folder="/x",
    )
    values = dict(line.split("=", 1) for line in text.splitlines())
    assert values["listeners"] == "CLIENT://0.0.0.0:1,CONTROLLER://127.0.0.1:2"
    assert values["advertised.listeners"] == "CLIENT://host:1"
    assert "PLAINTEXT" not in values["listener.security.protocol.map"].replace("SASL_PLAINTEXT", "")
    assert values["allow.everyone.if.no.acl.found"] == "false"


def test_the_first_users_stand_in_the_format_command() -> None:
    """Nobody could make the first user of a broker that asks for a password."""
    assert [word.split("name=")[1].split(",")[0] for word in first_users(PASSWORDS)] == [
        "admin",
        "broker",
    ]
