"""The HTTP side of the router over a fake."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.unit.router.conftest import CASE_ID, Bench

from civicloop_contracts.codes import Service
from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.command import CaseCommand, Reply
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from router.domain.case import Case, find_dispute
from router.domain.desk import DisputeRow, RequestRow
from router.domain.rulebook import Rulebook
from router.entrypoints.decisions import decision_router
from router.entrypoints.http import REFUSALS, plan_router
from router.entrypoints.worklists import worklist_router

TRACEPARENT: Final = f"00-{'a' * 32}-{'b' * 16}-00"
_SIGNING_KEY: Final = OKPKey.generate_key("Ed25519")


@dataclass(kw_only=True)
class Doors:
    """The application over one case on the bench, and a desk that holds what it is given."""

    bench: Bench
    case: Case | None = None
    error: Exception | None = None
    client: httpx.AsyncClient | None = None
    disputes: list[DisputeRow] = field(default_factory=list)
    requests: list[RequestRow] = field(default_factory=list)
    asked: list[tuple[UUID | None, int]] = field(default_factory=list)

    async def read_case(self, case_id: UUID) -> Case | None:
        """Return the case that was set, or the one on the bench."""
        if self.error is not None:
            raise self.error
        case = self.case or (self.bench.state if self.bench.said else None)
        return case if case and case.case_id == case_id else None

    async def case_of_task(self, task_id: UUID) -> UUID | None:
        """Look the task up on the bench."""
        case = self.bench.state
        known = {t.ref.task_id for t in case.tasks} | {t.ref.task_id for t in case.waiting}
        return CASE_ID if task_id in known else None

    async def case_of_dispute(self, dispute_id: UUID) -> UUID | None:
        """Look the dispute up on the bench."""
        return CASE_ID if find_dispute(self.bench.state, dispute_id) else None

    async def list_disputes(self, after: UUID | None, limit: int) -> list[DisputeRow]:
        """Return what was set, and keep what was asked."""
        self.asked.append((after, limit))
        return self.disputes

    async def list_requests(self, after: UUID | None, limit: int) -> list[RequestRow]:
        """Return what was set, and keep what was asked."""
        self.asked.append((after, limit))
        return self.requests

    async def submit(self, command: CaseCommand) -> Reply:
        """Run a command on the bench."""
        decision = self.bench.run(command)
        return Reply(body=decision.reply or {}, repeated=False)

    async def get(self, path: str, *, role: str | None) -> httpx.Response:
        """Ask as somebody with *role*."""
        assert self.client is not None
        return await self.client.get(path, headers=token_header(role))

    async def post(self, path: str, body: Any, *, role: str = "superior") -> httpx.Response:
        """Decide as somebody with *role*."""
        assert self.client is not None
        return await self.client.post(path, json=body, headers=token_header(role))


def token_header(role: str | None) -> dict[str, str]:
    """Return the header of a caller with *role*."""
    if role is None:
        return {}
    now = int(time.time())
    claims = {"sub": "desk-1", "roles": [role], "iss": ISSUER, "iat": now, "exp": now + 60}
    token = jwt.encode({"alg": "Ed25519"}, claims, _SIGNING_KEY, algorithms=["Ed25519"])
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def doors(rules: Rulebook, bench: Bench) -> AsyncIterator[Doors]:
    """The application of the router over a fake."""
    doors = Doors(bench=bench)
    app = make_app(
        Service.ROUTER,
        [plan_router(doors, rules), decision_router(doors, doors), worklist_router(doors)],
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
