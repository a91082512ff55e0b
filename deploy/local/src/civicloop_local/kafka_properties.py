"""How Civicloop's single Kafka node is set: SASL on every listener, access lists on, small.

Source: the settings were measured for this project (design notes, "The embedded stack");
property names are those of Kafka 4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from civicloop_local.credentials import ADMIN_USER, BROKER_USER

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRAM_LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN_LOGIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
SETTINGS: Final = {
    # Who may do what: nothing without an access list, nobody without a password.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{ADMIN_USER};User:{BROKER_USER}",
    "auto.create.topics.enable": "false",
    # One node holds every replica.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Facts are kept for ever; positions for 60 days (protocol.md, 9).
    "log.retention.ms": "-1",
    "offsets.retention.minutes": "86400",
    # Clients are served again about 6 s after a restart instead of 14 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "6000",
    # Small: the defaults are for a machine of its own.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "metadata.log.segment.bytes": "67108864",
}


def server_properties(
    passwords: Mapping[str, str], *, listen: str, reached_at: str, controller: str, folder: str
) -> str:
    """Return the text of `server.properties` for a node that is broker and controller.

    Args:
        passwords: Kafka's users; the broker logs in to itself with its own.
        listen: Where it serves clients, `host:port`.
        reached_at: Where clients reach it, `host:port`.
        controller: Where it reaches its own controller, `host:port`.
        folder: Where it keeps its data.
    """
    login = f'username="{BROKER_USER}" password="{passwords[BROKER_USER]}"'
    allowed = f'user_{BROKER_USER}="{passwords[BROKER_USER]}"'
    values = SETTINGS | {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"CLIENT://{listen},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{reached_at}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.scram-sha-512.sasl.jaas.config": f"{SCRAM_LOGIN} required {login};",
        "listener.name.controller.plain.sasl.jaas.config": (
            f"{PLAIN_LOGIN} required {login} {allowed};"
        ),
        "log.dirs": folder,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def first_users(passwords: Mapping[str, str]) -> list[str]:
    """Return the format tool's arguments for the users that must exist before the first start."""
    return [
        f"--add-scram=SCRAM-SHA-512=[name={user},password={passwords[user]}]"
        for user in (ADMIN_USER, BROKER_USER)
    ]
