"""What the auditor may do on a broker: look, at facts and at how far services are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from civicloop_local.credentials import AUDITOR_USER
from civicloop_local.kafka_rights import Right, align_rights, refused
from civicloop_local.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Groups of its own, so that it can never move a service's position.
AUDITOR_GROUPS: Final = f"{AUDITOR_USER}."


def auditor_rights(fact_topics: Iterable[str], *, prefix: str = "") -> frozenset[Right]:
    """Return the auditor's rights; topics and the services' groups are under a prefix."""
    looks = ("READ", "DESCRIBE")
    topics = {
        Right(AUDITOR_USER, look, "TOPIC", prefix + name) for name in fact_topics for look in looks
    }
    own = {Right(AUDITOR_USER, look, "GROUP", AUDITOR_GROUPS, by_prefix=True) for look in looks}
    positions = {
        Right(AUDITOR_USER, "DESCRIBE", "GROUP", prefix + service.name) for service in SERVICES
    }
    return frozenset(topics | own | positions)


def apply_auditor(
    admin: Mapping[str, str | int | float | bool], fact_topics: Iterable[str], *, prefix: str = ""
) -> None:
    """Give the auditor its rights; without a prefix, also take away every other one.

    Raises:
        StackError: Kafka refused.
    """
    wanted = auditor_rights(fact_topics, prefix=prefix)
    try:
        client = AdminClient({**admin, "log_level": 3})
        align_rights(client, wanted, () if prefix else (AUDITOR_USER,))
    except KafkaException as error:
        raise refused(error) from error
