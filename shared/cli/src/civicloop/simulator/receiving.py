"""The webhook of the simulated departments: verify, write down, sync, answer; work afterwards."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from civicloop.simulator.credentials import Secrets
from civicloop.simulator.desk import DISPATCHED, Desk, Took
from civicloop.simulator.journal import Event, Journal
from civicloop.simulator.modes import Manners
from civicloop.simulator.plan import Work

_FIELDS: Final = ("type", "delivery_id", "department")


class Receiver:
    """Takes deliveries; ``work`` is told of each task that is new."""

    def __init__(
        self,
        *,
        codes: frozenset[str],
        secrets: Secrets,
        journal: Journal,
        desk: Desk,
        manners: Manners,
        work: Callable[[Work], None],
    ) -> None:
        self._codes = codes
        self._secrets = secrets
        self._journal = journal
        self._desk = desk
        self._manners = manners
        self._work = work

    async def receive(self, request: Request) -> Response:
        """Answer one delivery."""
        code = str(request.path_params["code"])
        if code not in self._codes:
            return JSONResponse({"error": "nobody here"}, HTTPStatus.NOT_FOUND)
        raw = await request.body()
        message_id = request.headers.get("webhook-id", "unknown")
        if not self._is_signed(code, raw, request.headers):
            await self._refuse(code, message_id, "signature")
            return JSONResponse({"error": "signature"}, HTTPStatus.UNAUTHORIZED)
        body = _read(raw)
        if body is None or body["department"] != code:
            await self._refuse(code, message_id, "content")
            return JSONResponse({"error": "content"}, HTTPStatus.BAD_REQUEST)
        if answer := self._manners.instead_of_applying(code):
            await self._refuse(code, message_id, "mode")
            return answer
        await self._apply(body, raw)
        return await self._manners.after_applying(str(body["delivery_id"]))

    async def _apply(self, body: Mapping[str, Any], raw: bytes) -> None:
        took, entries = self._desk.take(body, sha256(raw).hexdigest())
        try:
            await self._journal.append(entries)
        except OSError:
            if took is Took.NEW:
                self._desk.undo(body)
            raise
        if took is Took.NEW and body["type"] == DISPATCHED:
            work = self._desk.work(UUID(body["task_id"]))
            if work is not None:
                self._work(work)

    async def _refuse(self, code: str, message_id: str, reason: str) -> None:
        entry = {
            "event": Event.REFUSED,
            "at": datetime.now(UTC).isoformat(),
            "department": code,
            "delivery_id": message_id,
            "reason": reason,
        }
        await self._journal.append([entry])

    def _is_signed(self, code: str, raw: bytes, headers: Mapping[str, str]) -> bool:
        secret = self._secrets.secret(code)
        if secret is None:
            return False
        try:
            Webhook(secret).verify(raw, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True


def make_app(receive: Callable[[Request], Awaitable[Response]]) -> Starlette:
    """Return the application: `/hooks/{code}` per department."""
    return Starlette(routes=[Route("/hooks/{code}", receive, methods=["POST"])])


def _read(raw: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) and all(field in body for field in _FIELDS) else None
