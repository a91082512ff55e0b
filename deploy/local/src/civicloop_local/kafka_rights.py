"""Who may do what on a broker: rights as values, and as Kafka's access lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from confluent_kafka import KafkaException

TIMEOUT_S: Final = 30
SCRAM_ITERATIONS: Final = 4096
ANY: Final = "*"
_PRINCIPAL: Final = "User:"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One allowed operation of one user."""

    user: str
    operation: str
    resource: str
    name: str
    by_prefix: bool = False


def found_rights(admin: AdminClient, user: str | None = None) -> list[AclBinding]:
    """Return every right on the broker, or those of one user."""
    anything: Any = None
    anybody = AclBindingFilter(
        ResourceType.ANY,
        anything,
        ResourcePatternType.ANY,
        anything if user is None else f"{_PRINCIPAL}{user}",
        anything,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    found: list[AclBinding] = admin.describe_acls(anybody).result(timeout=TIMEOUT_S)
    return found


def align_rights(admin: AdminClient, wanted: Iterable[Right], users: Iterable[str]) -> None:
    """Give the wanted rights, and take every other one from the *users*."""
    names = {f"{_PRINCIPAL}{user}" for user in users}
    bindings = {_binding(right) for right in wanted}
    found = found_rights(admin)
    missing = bindings - set(found)
    if missing:
        finish(admin.create_acls(list(missing)))
    take_rights(admin, [a for a in found if a.principal in names and a not in bindings])


def take_rights(admin: AdminClient, surplus: list[AclBinding]) -> None:
    """Take exactly these rights away."""
    if surplus:
        finish(admin.delete_acls([_filter(acl) for acl in surplus]))


def set_passwords(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    """Make users who log in by SCRAM-SHA-512, or give them another password."""
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(user, scram, password.encode())
        for user, password in sorted(passwords.items())
    ]
    finish(admin.alter_user_scram_credentials(changes))


def user_of(acl: AclBinding) -> str:
    """Return whose right it is."""
    return str(acl.principal).removeprefix(_PRINCIPAL)


def finish(futures: Mapping[Any, Any]) -> None:
    """Wait for Kafka's answers; the first refusal is raised."""
    for future in futures.values():
        future.result(timeout=TIMEOUT_S)


def refused(error: KafkaException) -> StackError:
    """Return a refusal of Kafka as one line for people."""
    reason = error.args[0].str() if error.args else "no reason given"
    return StackError(f"Kafka refused ({reason}): see `civicloop logs kafka`")


def _binding(right: Right) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if right.by_prefix else ResourcePatternType.LITERAL
    return AclBinding(
        ResourceType[right.resource],
        right.name,
        pattern,
        f"{_PRINCIPAL}{right.user}",
        ANY,
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def _filter(acl: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        acl.restype,
        acl.name,
        acl.resource_pattern_type,
        acl.principal,
        acl.host,
        acl.operation,
        acl.permission_type,
    )
