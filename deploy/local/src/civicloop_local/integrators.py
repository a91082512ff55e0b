"""Integrators: outsiders who read public topics, as users of the broker.

An integrator NAME logs in as `integrator-NAME`. It may read and describe the topics that it was
given, use consumer groups whose names begin with `integrator-NAME.`, and nothing else.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ResourceType,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
)

from civicloop_contracts.topics import load_topics
from civicloop_local.errors import StackError
from civicloop_local.kafka_rights import (
    TIMEOUT_S,
    Right,
    align_rights,
    finish,
    found_rights,
    refused,
    set_passwords,
    take_rights,
    user_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

USER_PREFIX: Final = "integrator-"
PASSWORD_BYTES: Final = 24
# No dot: it ends the name in a group, so that nobody's prefix covers somebody else's groups.
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrator:
    """An outsider who may read some public topics."""

    name: str
    topics: tuple[str, ...]

    @property
    def user(self) -> str:
        """Who it logs in as."""
        return user_named(self.name)

    @property
    def group_prefix(self) -> str:
        """What the name of each of its consumer groups begins with."""
        return f"{self.user}."


def user_named(name: str) -> str:
    """Return the user of an integrator.

    Raises:
        StackError: It is no name.
    """
    if NAME.fullmatch(name) is None:
        raise StackError(f"{name!r} is no name: take small letters, digits and hyphens")
    return f"{USER_PREFIX}{name}"


def public_topics() -> tuple[str, ...]:
    """Return the topics that may be given to an integrator."""
    return tuple(topic.name for topic in load_topics() if topic.classification == "public")


def checked_topics(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the topics asked for, each once.

    Raises:
        StackError: None is asked for, there is no such topic, or it is restricted.
    """
    known = {topic.name: topic.classification for topic in load_topics()}
    may_have = f"an integrator may have {', '.join(public_topics())}"
    found = tuple(dict.fromkeys(name for name in asked if name))
    for name in found:
        if name not in known:
            raise StackError(f"there is no topic {name}: {may_have}")
        if known[name] != "public":
            raise StackError(f"{name} is restricted: {may_have}")
    if not found:
        raise StackError(f"no topic is named: {may_have}")
    return found


def rights_of(integrator: Integrator, *, prefix: str = "") -> frozenset[Right]:
    """Return everything that an integrator may do; `prefix` stands before its topics' names."""
    topics = {
        Right(integrator.user, step, "TOPIC", prefix + name)
        for name in integrator.topics
        for step in ("READ", "DESCRIBE")
    }
    groups = Right(integrator.user, "READ", "GROUP", integrator.group_prefix, by_prefix=True)
    return frozenset({groups, *topics})


class IntegratorAccess:
    """The integrators of a broker; every call may be repeated."""

    def __init__(
        self, settings: Mapping[str, str | int | float | bool], *, prefix: str = ""
    ) -> None:
        self._admin = AdminClient({**settings, "log_level": 3})
        self._prefix = prefix

    def add(
        self,
        integrator: Integrator,
        keep: Callable[[str], None],
        *,
        new_password: bool = False,
    ) -> bool:
        """Give an integrator exactly its rights, and a password unless it has one.

        `keep` gets a new password before Kafka does: one that nobody could keep is never set.

        Returns:
            Whether the password is new.

        Raises:
            StackError: Kafka refused.
        """
        try:
            align_rights(self._admin, rights_of(integrator, prefix=self._prefix), [integrator.user])
            if integrator.user in self._users() and not new_password:
                return False
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            keep(password)
            set_passwords(self._admin, {integrator.user: password})
        except KafkaException as error:
            raise refused(error) from error
        return True

    def all(self) -> tuple[Integrator, ...]:
        """Return every integrator, also one that was added or removed by half.

        Raises:
            StackError: Kafka refused.
        """
        try:
            topics: dict[str, set[str]] = {user: set() for user in self._users()}
            for acl in found_rights(self._admin):
                if user_of(acl).startswith(USER_PREFIX):
                    own = topics.setdefault(user_of(acl), set())
                    if acl.restype == ResourceType.TOPIC:
                        own.add(acl.name.removeprefix(self._prefix))
        except KafkaException as error:
            raise refused(error) from error
        return tuple(
            Integrator(name=user.removeprefix(USER_PREFIX), topics=tuple(sorted(names)))
            for user, names in sorted(topics.items())
        )

    def remove(self, name: str) -> bool:
        """Take an integrator's rights and its login; returns whether there was anything.

        Raises:
            StackError: Kafka refused.
        """
        user = user_named(name)
        try:
            # The rights first: who is logged in already is refused from now on.
            rights = found_rights(self._admin, user)
            take_rights(self._admin, rights)
            known = user in self._users()
            if known:
                gone: list[UserScramCredentialAlteration] = [
                    UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
                ]
                finish(self._admin.alter_user_scram_credentials(gone))
        except KafkaException as error:
            raise refused(error) from error
        return known or bool(rights)

    def _users(self) -> frozenset[str]:
        every: Any = self._admin.describe_user_scram_credentials()
        found = every.result(timeout=TIMEOUT_S)
        return frozenset(user for user in found if user.startswith(USER_PREFIX))
