"""What a request has to pass before anything of it is read: the crowd, the start, the token, size.

A stranger's body is never read, and what is read of all others together has a limit.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPMethod, HTTPStatus
from typing import Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security.utils import get_authorization_scheme_param
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civicloop_kit.auth import TokenVerifier, admit
from civicloop_kit.problems import Problem, respond

# Asked by machines that watch, also while everything else is refused.
PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_READS: Final = frozenset({HTTPMethod.GET, HTTPMethod.HEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process takes at once, and how long it waits for a body."""

    max_requests: int = 2_000
    max_buffered_bytes: int = 64 << 20
    body_within_s: float = 20.0


class Phase(IntEnum):
    """How far a service has started."""

    # Not even the schema is known to fit.
    STARTING = 0
    # The database fits; whether it is an older one than the topics is not known: decide nothing.
    READING = 1
    OPEN = 2


class Opening:
    """Which doors are open: none, those that only read, all."""

    def __init__(self, phase: Phase = Phase.OPEN) -> None:
        self.phase = phase

    def admit(self, method: str) -> None:
        """Let a request through.

        Raises:
            Problem: 503; it is too early.
        """
        needed = Phase.READING if method in _READS else Phase.OPEN
        if self.phase < needed:
            raise Problem(503, "unavailable", "the service is starting; try the same again")

    async def check(self) -> str | None:
        """Tell what the start waits for, None when it is over."""
        waits = {
            Phase.STARTING: "the schema is not checked yet",
            Phase.READING: "the topics are not checked yet",
        }
        return waits.get(self.phase)


class Crowd:
    """Refuse what comes while too many are being served."""

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        self._app = app
        self._left = max_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or 503."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        if self._left <= 0:
            await _refuse(Problem(503, "busy", "too many requests"), scope, receive, send)
            return
        self._left -= 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._left += 1


class Gate:
    """Ask who calls before the body is read; what leads nowhere is answered unread."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[BaseRoute],
        tokens: TokenVerifier,
        opening: Opening,
        max_body_bytes: int,
        limits: Limits,
    ) -> None:
        self._app = app
        self._bodies = Bodies(app, max_bytes=max_body_bytes, limits=limits)
        self._routes = [route for route in routes if isinstance(route, APIRoute)]
        self._tokens = tokens
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or 401, 403, 503."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = self._route(scope)
        if route is None:
            await self._app(scope, _nothing, send)
            return
        try:
            self._enter(scope, route)
        except Problem as problem:
            scope["route"] = route
            await _refuse(problem, scope, receive, send)
            return
        await self._bodies(scope, receive, send)

    def _route(self, scope: Scope) -> APIRoute | None:
        return next((r for r in self._routes if r.matches(scope)[0] is Match.FULL), None)

    def _enter(self, scope: Scope, route: APIRoute) -> None:
        declared = list(_declared(route.dependant))
        if not declared:
            return
        self._opening.admit(scope["method"])
        principal = self._tokens.principal(_token(scope))
        for roles in declared:
            admit(principal, roles)
        # The endpoint's own lock need not read the token again.
        scope.setdefault("state", {})["principal"] = principal


class Bodies:
    """Read a body before anything works on it, within the limits of one and of all together."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, limits: Limits) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._within_s = limits.body_within_s
        self._left = limits.max_buffered_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, or 408, 413, 503."""
        messages: deque[Message] = deque()
        try:
            await self._read(scope, receive, messages)
        except Problem as problem:
            self._left += _size(messages)
            await _refuse(problem, scope, receive, send)
            return
        size = _size(messages)

        async def replayed() -> Message:
            return messages.popleft() if messages else await receive()

        try:
            await self._app(scope, replayed, send)
        finally:
            self._left += size

    async def _read(self, scope: Scope, receive: Receive, messages: deque[Message]) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._within_s):
                while not messages or messages[-1].get("more_body"):
                    messages.append(await receive())
                    self._left -= _size([messages[-1]])
                    self._check(messages)
        except TimeoutError as error:
            raise Problem(408, "too_slow", f"send a body within {self._within_s:g} s") from error

    def _check(self, messages: Sequence[Message]) -> None:
        if _size(messages) > self._max_bytes:
            raise self._too_large()
        if self._left < 0:
            raise Problem(503, "busy", "too many bodies at once")

    def _too_large(self) -> Problem:
        return Problem(413, "too_large", f"at most {self._max_bytes} bytes")


def _size(messages: Iterable[Message]) -> int:
    return sum(len(message.get("body", b"")) for message in messages)


def _declared(dependant: Dependant) -> Iterator[tuple[str, ...]]:
    roles = getattr(dependant.call, "declared_roles", None)
    if roles:
        yield roles
    for inner in dependant.dependencies:
        yield from _declared(inner)


async def _nothing() -> Message:
    """Give an empty body in place of one that nobody asked for."""
    return {"type": "http.request", "body": b"", "more_body": False}


def _token(scope: Scope) -> str | None:
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, token = get_authorization_scheme_param(header)
    return token if scheme.lower() == "bearer" and token else None


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in place of the service; a body that nobody reads ends its connection."""
    response = respond(problem)
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if announced or problem.status == HTTPStatus.REQUEST_TIMEOUT:
        response.headers["Connection"] = "close"
    await response(scope, receive, send)
