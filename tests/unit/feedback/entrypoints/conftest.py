"""The HTTP side of feedback over fakes: what was asked is kept, what is answered is set."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.unit.feedback.telling import at

from civicloop_contracts.codes import Service
from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.command import CaseCommand, KeyReusedError, Reply
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from feedback.domain.indicators import COUNTS, Counts
from feedback.entrypoints.http import REFUSALS, case_router
from feedback.entrypoints.indicators import indicator_router
from feedback.ports import CountQuery, Judgement, WaitingCase

KEY: Final = b"k" * 32
MAX_BODY_BYTES: Final = 4_096
TRACEPARENT: Final = f"00-{'a' * 32}-{'b' * 16}-00"
_SIGNING_KEY: Final = OKPKey.generate_key("Ed25519")


class StandingClock:
    """A clock that shows the start of the story."""

    def now(self) -> Any:
        """Return the start."""
        return at(0)


@dataclass(kw_only=True)
class Doors:
    """The application and its fakes; it is its own command port and read model."""

    reply: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    waiting: Sequence[WaitingCase] = ()
    judgements: Sequence[Judgement] = ()
    commands: list[CaseCommand] = field(default_factory=list)
    queries: list[CountQuery] = field(default_factory=list)
    client: httpx.AsyncClient | None = None

    async def submit(self, command: CaseCommand) -> Reply:
        """Keep a command; a key stands for one digest, as in the kit."""
        self._fail()
        if command.request is not None:
            key = command.request.key
            same = [c for c in self.commands if c.request and c.request.key == key]
            if any(c.asked != command.asked for c in same):
                raise KeyReusedError
        self.commands.append(command)
        return Reply(body=self.reply, repeated=False)

    async def list_waiting(
        self, after: UUID | None, limit: int, tier: str | None = None
    ) -> Sequence[WaitingCase]:
        """Return a page of what was set."""
        self._fail()
        asked = [case for case in self.waiting if tier in {None, case.tier}]
        return [case for case in asked if after is None or case.case_id > after][:limit]

    async def list_judgements(
        self, run: str, after: UUID | None, limit: int
    ) -> Sequence[Judgement]:
        """Return a page of what was set."""
        self._fail()
        assert run
        return [item for item in self.judgements if after is None or item.case_id > after][:limit]

    async def count_cases(self, query: CountQuery) -> Sequence[Counts]:
        """Return three closed of four, in two groups."""
        self._fail()
        self.queries.append(query)
        values = {**dict.fromkeys(COUNTS, 0), "closed": 3, "due_to_close": 4}
        return [
            Counts(group=None, total=True, values=values),
            Counts(group="410105", total=False, values=values),
            Counts(group=None, total=False, values=dict.fromkeys(COUNTS, 0)),
        ]

    async def get(self, path: str, *, role: str | None) -> httpx.Response:
        """Ask as somebody with *role*."""
        assert self.client is not None
        return await self.client.get(path, headers=token_header(role))

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        role: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send as somebody with *role*."""
        assert self.client is not None
        return await self.client.post(
            path, json=body, headers={**token_header(role), **(headers or {})}
        )

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


def token_header(role: str | None) -> dict[str, str]:
    """Return the header of a caller `desk-1` with *role*."""
    if role is None:
        return {}
    now = int(time.time())
    claims = {"sub": "desk-1", "roles": [role], "iss": ISSUER, "iat": now, "exp": now + 60}
    return {
        "Authorization": "Bearer "
        + jwt.encode({"alg": "Ed25519"}, claims, _SIGNING_KEY, algorithms=["Ed25519"])
    }


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    """The application of feedback over fakes."""
    doors = Doors()
    app = make_app(
        Service.FEEDBACK,
        [case_router(doors, doors, KEY), indicator_router(doors, StandingClock())],
        REFUSALS,
        tokens=TokenVerifier(json.dumps(_SIGNING_KEY.as_dict(private=False))),
        health=Health(),
        max_body_bytes=MAX_BODY_BYTES,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://feedback", headers={"traceparent": TRACEPARENT}
    ) as client:
        doors.client = client
        yield doors
