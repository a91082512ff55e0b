"""Bearer tokens of a stack: Ed25519 JWTs (RFC 9864), signed with the key from its secrets file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from civicloop_local.credentials import Credentials

ISSUER: Final = "civicloop"
ALGORITHM: Final = "Ed25519"
PLAIN_ROLES: Final = ("channel", "verifier", "superior", "operator", "service")
# Who plays one of these judges other people's work: the name decides whether he may.
NAMED_ROLES: Final = ("verifier", "superior")
DEPARTMENT_ROLE: Final = re.compile(r"department:[a-z][a-z0-9-]{1,31}")


def make_token(
    credentials: Credentials, *, role: str, subject: str | None = None, hours: float
) -> str:
    """Return a signed token for one role; *subject* None: the caller is named like the role.

    Raises:
        StackError: The role does not exist or needs a name, or the token would already be over.
    """
    if role not in PLAIN_ROLES and not DEPARTMENT_ROLE.fullmatch(role):
        raise StackError(f"no role {role!r}: use {', '.join(PLAIN_ROLES)} or department:<code>")
    if not subject and role in NAMED_ROLES:
        raise StackError(f"a {role} is somebody: say who with --sub NAME")
    if hours <= 0:
        raise StackError("a token must last longer than 0 hours: raise --hours")
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "sub": subject or role,
        "roles": [role],
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(hours=hours)).timestamp()),
    }
    key = OKPKey.import_key(credentials.token_key)
    return jwt.encode({"alg": ALGORITHM}, claims, key, algorithms=[ALGORITHM])


def public_key(credentials: Credentials) -> str:
    """Return the key that services verify tokens with, as JWK JSON."""
    return json.dumps(OKPKey.import_key(credentials.token_key).as_dict(private=False))
