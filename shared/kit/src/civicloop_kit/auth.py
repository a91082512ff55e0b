"""Who calls: bearer tokens (Ed25519 JWT), and a role that every endpoint declares."""

import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from civicloop_kit.problems import Problem

ISSUER: Final = "civicloop"
ALGORITHMS: Final = ["Ed25519"]
ROLES: Final = frozenset({"channel", "department", "verifier", "superior", "operator", "service"})
DEPARTMENT_PREFIX: Final = "department:"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}")
_bearer: Final = HTTPBearer(auto_error=False, description="`civicloop token --role ROLE`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller: a person at a desk or a system, and what it may do.

    ``issued_at`` is when its token was made, None where the token does not say.
    """

    name: str
    roles: frozenset[str]
    issued_at: datetime | None = None

    @property
    def department(self) -> str | None:
        """The department that it speaks for."""
        for role in self.roles:
            if role.startswith(DEPARTMENT_PREFIX):
                return role.removeprefix(DEPARTMENT_PREFIX)
        return None

    def plays(self, role: str) -> bool:
        """Tell whether it has a role; `department` stands for any department."""
        return role in self.roles or (role == "department" and self.department is not None)


class TokenVerifier:
    """Checks tokens with the issuer's public key."""

    def __init__(self, public_key: str) -> None:
        self._key = OKPKey.import_key(json.loads(public_key))
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            sub={"essential": True},
            exp={"essential": True},
        )

    def principal(self, token: str | None) -> Principal:
        """Return who presented a token.

        Raises:
            Problem: 401; there is none, it is not ours, not valid or no longer valid.
        """
        if token is None:
            raise _unauthorized("send a bearer token")
        try:
            claims = jwt.decode(token, self._key, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            raise _unauthorized("the token is not valid, or no longer") from error
        name, roles = str(claims["sub"]), claims.get("roles", [])
        if not _NAME.fullmatch(name) or not isinstance(roles, list):
            raise _unauthorized("the token names no principal")
        named = frozenset(str(role) for role in roles)
        if sum(role.startswith(DEPARTMENT_PREFIX) for role in named) > 1:
            raise _unauthorized("the token speaks for more than one department")
        return Principal(name=name, roles=named, issued_at=_time(claims.get("iat")))


def admit(principal: Principal, roles: Sequence[str]) -> None:
    """Let a caller through who has one of *roles*.

    Raises:
        Problem: 403.
    """
    if not any(principal.plays(role) for role in roles):
        raise Problem(403, "forbidden", f"this takes the role {' or '.join(roles)}")


def requires(*roles: str) -> Callable[..., Principal]:
    """Return a dependency that gives the caller if it has one of *roles*; 401 or 403 otherwise."""
    unknown = set(roles) - ROLES
    if unknown or not roles:
        message = f"not a role: {sorted(unknown)}"
        raise ValueError(message)

    def caller(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        # Known already where the gate has asked before the body was read.
        principal: Principal | None = getattr(request.state, "principal", None)
        if principal is None:
            verifier: TokenVerifier = request.app.state.tokens
            principal = verifier.principal(credentials.credentials if credentials else None)
        admit(principal, roles)
        return principal

    caller.declared_roles = roles  # type: ignore[attr-defined]
    return caller


def public() -> None:
    """Declare an endpoint as open to everybody: a dependency that asks nothing."""


def principal_ref(name: str, key: bytes) -> str:
    """Return a principal as facts name it: equal for the same one, unreadable otherwise."""
    return hmac.digest(key, b"principal\0" + name.encode(), sha256).hex()[:16]


def _time(claim: object) -> datetime | None:
    return datetime.fromtimestamp(claim, UTC) if isinstance(claim, int | float) else None


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail)
