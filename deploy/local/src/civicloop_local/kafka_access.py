"""Topics, users and rights, generated from the topic files and the service list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from civicloop_local.kafka_rights import (
    TIMEOUT_S,
    Right,
    align_rights,
    finish,
    found_rights,
    refused,
    set_passwords,
    take_rights,
)
from civicloop_local.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOR_EVER_MS: Final = -1


class Topic(Protocol):
    """What a topic file says, as far as rights and storage depend on it."""

    @property
    def name(self) -> str:
        """The topic's name without a prefix."""

    @property
    def producer(self) -> str:
        """The only service that may write it."""

    @property
    def consumers(self) -> tuple[str, ...]:
        """The services that may read it, besides its writer."""

    @property
    def partitions(self) -> int:
        """How many partitions it is made with."""

    @property
    def retention_ms(self) -> int | None:
        """How long a record is kept, None for ever."""

    @property
    def compacted(self) -> bool:
        """Whether only the newest record per key is kept."""

    @property
    def transactional(self) -> bool:
        """Whether its writer uses Kafka transactions."""


def rights_for(topics: Iterable[Topic], *, prefix: str = "") -> frozenset[Right]:
    """Return every right that the topics and the services call for, and no other.

    A service writes only the topics that name it as producer; it reads those and the topics
    that name it as consumer, in the one consumer group of its own name.
    """
    rights = {Right(service.name, "READ", "GROUP", prefix + service.name) for service in SERVICES}
    for topic in topics:
        name, writer = prefix + topic.name, str(topic.producer)
        rights |= {Right(writer, "WRITE", "TOPIC", name)}
        for reader in {writer, *map(str, topic.consumers)}:
            rights |= {Right(reader, step, "TOPIC", name) for step in ("READ", "DESCRIBE")}
        if topic.transactional:
            own = ("WRITE", "DESCRIBE")
            rights |= {
                Right(writer, step, "TRANSACTIONAL_ID", prefix + writer, by_prefix=True)
                for step in own
            }
    return frozenset(rights)


def topic_settings(topic: Topic) -> dict[str, str]:
    """Return how Kafka keeps a topic."""
    kept = FOR_EVER_MS if topic.retention_ms is None else topic.retention_ms
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(kept),
        "retention.bytes": "-1",
    }


class KafkaAccess:
    """Brings a broker in line with the topic files; every call may be repeated."""

    def __init__(self, settings: Mapping[str, str | int | float | bool]) -> None:
        self._admin = AdminClient({**settings, "log_level": 3})

    def apply(
        self,
        topics: tuple[Topic, ...],
        *,
        prefix: str = "",
        max_partitions: int | None = None,
        exact: bool = True,
    ) -> None:
        """Create topics and rights; with `exact`, also take away the services' other rights.

        Raises:
            StackError: Kafka refused.
        """
        try:
            self._create_topics(topics, prefix, max_partitions)
            self._align_rights(rights_for(topics, prefix=prefix), exact=exact)
        except KafkaException as error:
            raise refused(error) from error

    def set_users(self, passwords: Mapping[str, str]) -> None:
        """Give each user its password.

        Raises:
            StackError: Kafka refused.
        """
        try:
            set_passwords(self._admin, passwords)
        except KafkaException as error:
            raise refused(error) from error

    def drop(self, *, prefix: str) -> None:
        """Remove the topics and rights of a prefix.

        Raises:
            StackError: Kafka refused.
        """
        try:
            names = [
                n for n in self._admin.list_topics(timeout=TIMEOUT_S).topics if _under(prefix, n)
            ]
            if names:
                finish(self._admin.delete_topics(names, operation_timeout=TIMEOUT_S))
            found = found_rights(self._admin)
            take_rights(self._admin, [acl for acl in found if _under(prefix, acl.name)])
        except KafkaException as error:
            raise refused(error) from error

    def _create_topics(
        self, topics: tuple[Topic, ...], prefix: str, max_partitions: int | None
    ) -> None:
        known = self._admin.list_topics(timeout=TIMEOUT_S).topics
        fresh = [
            NewTopic(
                prefix + topic.name,
                num_partitions=min(topic.partitions, max_partitions or topic.partitions),
                replication_factor=1,
                config=topic_settings(topic),
            )
            for topic in topics
            if prefix + topic.name not in known
        ]
        if fresh:
            finish(self._admin.create_topics(fresh, operation_timeout=TIMEOUT_S))
        kept = [topic for topic in topics if prefix + topic.name in known]
        if kept:
            finish(self._admin.incremental_alter_configs([_settled(t, prefix) for t in kept]))

    def _align_rights(self, wanted: frozenset[Right], *, exact: bool) -> None:
        users = tuple(service.name for service in SERVICES)
        align_rights(self._admin, wanted, users if exact else ())


def _under(prefix: str, name: str) -> bool:
    return bool(prefix) and name.startswith(prefix)


def _settled(topic: Topic, prefix: str) -> ConfigResource:
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in topic_settings(topic).items()
    ]
    return ConfigResource(
        ConfigResource.Type.TOPIC, prefix + topic.name, incremental_configs=entries
    )
