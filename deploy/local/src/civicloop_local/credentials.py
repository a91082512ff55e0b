"""Every password and key of a stack: made at its first start, kept in one private file."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from joserfc.jwk import OKPKey

from civicloop_local.errors import StackError
from civicloop_local.files import locked, write_private
from civicloop_local.services import DATABASES, KEYRING_DATABASE, SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from civicloop_local.layout import Layout

ADMIN_USER: Final = "admin"
BROKER_USER: Final = "broker"
SUPERUSER: Final = "postgres"
AUDITOR_ROLE: Final = "auditor"
AUDITOR_USER: Final = "auditor"
OTHERS_MAY_READ: Final = 0o077
KEY_BYTES: Final = 32
# What a first start makes once for ever: without it nothing that was kept can be opened again.
KEYS: Final = ("keyring_key", "idempotency_key", "token_key")
FOUNDERS: Final = {"kafka": (ADMIN_USER, BROKER_USER), "postgres": (SUPERUSER,)}


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
    """Return the stack's credentials, making the file or entries of new users first.

    Raises:
        StackError: Others may read the file, it is damaged, or it is gone and the data is not.
    """
    with locked(layout.run / "secrets.lock"):
        known = _known(layout)
        complete = _completed(known)
        if complete != known:
            write_private(layout.secrets_file, json.dumps(complete, indent=2))
    return Credentials(**{field.name: complete[field.name] for field in fields(Credentials)})


def kafka_users() -> tuple[str, ...]:
    """Return who may log in to Kafka: the admin, the broker, an auditor, one user per service."""
    return (ADMIN_USER, BROKER_USER, AUDITOR_USER, *(service.name for service in SERVICES))


def database_roles() -> tuple[str, ...]:
    """Return who may log in to Postgres: an owner and a serving role per database, and few more."""
    names = (*DATABASES, KEYRING_DATABASE)
    return (SUPERUSER, AUDITOR_ROLE, *names, *(f"{name}_owner" for name in names))


def _known(layout: Layout) -> dict[str, Any]:
    """Return what the file holds, nothing before the first start."""
    path = layout.secrets_file
    if not path.exists():
        if (layout.data("postgres") / "PG_VERSION").exists():
            raise StackError(
                f"{path} is gone and the data that it opens is not: put its backup there, "
                "or run `civicloop reset` to begin without the data"
            )
        return {}
    if path.stat().st_mode & OTHERS_MAY_READ:
        raise StackError(f"others may read the secrets: run `chmod 600 {path}`")
    try:
        known = json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path, "it is no JSON") from error
    if fault := _fault(known):
        raise _damaged(path, fault)
    return dict(known)


def _fault(known: Any) -> str:
    """Say what an existing file lacks that no later start may make up."""
    if not isinstance(known, dict):
        return "it is no JSON object"
    lost = [name for name in KEYS if not known.get(name)]
    for group, names in FOUNDERS.items():
        users = known.get(group)
        if not isinstance(users, dict):
            return f"it has no {group}"
        lost += [f"{group}.{name}" for name in names if not users.get(name)]
    return f"it has no {', '.join(lost)}" if lost else ""


def _damaged(path: Path, fault: str) -> StackError:
    return StackError(
        f"{path} is damaged ({fault}) and was left as it is: put its backup there, "
        "or run `civicloop reset` to begin without the data"
    )


def _completed(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known, and what is not known yet beside it."""
    wanted = {"kafka": kafka_users(), "postgres": database_roles()}
    passwords = {
        group: {name: secrets.token_hex(24) for name in names} | _given(known.get(group, {}))
        for group, names in wanted.items()
    }
    return {**(known or _new_keys()), **passwords}


def _given(users: Mapping[str, str]) -> dict[str, str]:
    return {name: password for name, password in users.items() if password}


def _new_keys() -> dict[str, Any]:
    return {
        "keyring_key": _key(),
        "idempotency_key": _key(),
        "token_key": OKPKey.generate_key("Ed25519").as_dict(private=True),
    }


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
