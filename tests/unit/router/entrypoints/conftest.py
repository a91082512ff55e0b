"""The HTTP side of the router over a fake."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_contracts.codes import Service
from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from router.domain.case import Case
from router.domain.dispatch import Rulebook
from router.entrypoints.http import REFUSALS, plan_router

TRACEPARENT: Final = f"00-{'a' * 32}-{'b' * 16}-00"
_SIGNING_KEY: Final = OKPKey.generate_key("Ed25519")


@dataclass(kw_only=True)
class Doors:
    """The application and its one case."""

    case: Case | None = None
    error: Exception | None = None
    client: httpx.AsyncClient | None = None

    async def read_case(self, case_id: UUID) -> Case | None:
        """Return the case that was set."""
        if self.error is not None:
            raise self.error
        return self.case if self.case and self.case.case_id == case_id else None

    async def get(self, path: str, *, role: str | None) -> httpx.Response:
        """Ask as somebody with *role*."""
        assert self.client is not None
        return await self.client.get(path, headers=token_header(role))


def token_header(role: str | None) -> dict[str, str]:
    """Return the header of a caller with *role*."""
    if role is None:
        return {}
    now = int(time.time())
    claims = {"sub": "desk-1", "roles": [role], "iss": ISSUER, "iat": now, "exp": now + 60}
    token = jwt.encode({"alg": "Ed25519"}, claims, _SIGNING_KEY, algorithms=["Ed25519"])
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def doors(rules: Rulebook) -> AsyncIterator[Doors]:
    """The application of the router over a fake."""
    doors = Doors()
    app = make_app(
        Service.ROUTER,
        [plan_router(doors, rules)],
        REFUSALS,
        tokens=TokenVerifier(json.dumps(_SIGNING_KEY.as_dict(private=False))),
        health=Health(),
        max_body_bytes=4_096,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://router", headers={"traceparent": TRACEPARENT}
    ) as client:
        doors.client = client
        yield doors
