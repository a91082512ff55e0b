"""Every password and key of a stack: made at its first start, kept in one private file."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from joserfc.jwk import OKPKey

from civicloop_local.errors import StackError
from civicloop_local.files import locked, read_json, write_private
from civicloop_local.services import DATABASES, KEYRING_DATABASE, SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop_local.layout import Layout

ADMIN_USER: Final = "admin"
BROKER_USER: Final = "broker"
SUPERUSER: Final = "postgres"
AUDITOR_ROLE: Final = "auditor"
OTHERS_MAY_READ: Final = 0o077
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The content of the secrets file; its text never shows them."""

    kafka: dict[str, str]
    postgres: dict[str, str]
    keyring_key: str
    idempotency_key: str
    token_key: dict[str, Any]

    def __repr__(self) -> str:
        return "Credentials(...)"

    def with_logins(self, *, kafka: Mapping[str, str], postgres: Mapping[str, str]) -> Credentials:
        """Return the same keys with other users and passwords."""
        return replace(self, kafka=dict(kafka), postgres=dict(postgres))


def load_credentials(layout: Layout) -> Credentials:
    """Return the stack's credentials, making the file or missing entries first.

    Raises:
        StackError: Others may read the file.
    """
    path = layout.secrets_file
    with locked(layout.run / "secrets.lock"):
        if path.exists() and path.stat().st_mode & OTHERS_MAY_READ:
            raise StackError(f"others may read the secrets: run `chmod 600 {path}`")
        known = read_json(path)
        complete = _completed(known)
        if complete != known:
            write_private(path, json.dumps(complete, indent=2))
    return Credentials(**complete)


def kafka_users() -> tuple[str, ...]:
    """Return who may log in to Kafka: the admin, the broker itself and one user per service."""
    return (ADMIN_USER, BROKER_USER, *(service.name for service in SERVICES))


def database_roles() -> tuple[str, ...]:
    """Return who may log in to Postgres: an owner and a serving role per database, and few more."""
    names = (*DATABASES, KEYRING_DATABASE)
    return (SUPERUSER, AUDITOR_ROLE, *names, *(f"{name}_owner" for name in names))


def _completed(known: dict[str, Any]) -> dict[str, Any]:
    return {
        "kafka": {user: _password(known, "kafka", user) for user in kafka_users()},
        "postgres": {role: _password(known, "postgres", role) for role in database_roles()},
        "keyring_key": known.get("keyring_key") or _key(),
        "idempotency_key": known.get("idempotency_key") or _key(),
        "token_key": known.get("token_key") or OKPKey.generate_key("Ed25519").as_dict(private=True),
    }


def _password(known: dict[str, Any], group: str, name: str) -> str:
    return str(known.get(group, {}).get(name) or secrets.token_hex(24))


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
