"""The HTTP side of every service: one way to fail, one way to measure, one way to be looked at."""

import json
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civicloop_kit import tracing
from civicloop_kit.admission import PROBES, Crowd, Gate, Limits, Opening
from civicloop_kit.auth import TokenVerifier, public
from civicloop_kit.command import CommandFailedError, KeyReusedError, OverloadedError
from civicloop_kit.described import describe_problems
from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.health import Health
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.problems import Problem, respond

IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,128}$")
]
# Status and code per domain error of a room.
Refusals = Mapping[type[Exception], tuple[int, str]]
_SERVER_ERRORS: Final = (
    (KeyReusedError, 409, "idempotency_key_reused"),
    (OverloadedError, 429, "overloaded"),
    (UnavailableError, 503, "unavailable"),
    (TooManyHeldError, 503, "unavailable"),
    (CommandFailedError, 500, "internal"),
)
# A path holds what a caller sent as field names: told back, but not without end.
MAX_PATH_CHARS: Final = 120
MAX_ERRORS: Final = 100
_LIMITS: Final = Limits()
_log = get_logger(__name__)


def digest_of(request: BaseModel) -> bytes:
    """Return the digest of a request's meaning: the same however it was written."""
    canonical = json.dumps(request.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return sha256(canonical.encode(errors="surrogatepass")).digest()


def problem_of(error: Exception, refusals: Refusals) -> Problem:
    """Return what to tell the caller; an error that nobody foresaw tells nothing."""
    if isinstance(error, Problem):
        return error
    for kind, (status, code) in refusals.items():
        if isinstance(error, kind):
            return Problem(status, code, str(error) or (kind.__doc__ or ""))
    for kind, status, code in _SERVER_ERRORS:
        if isinstance(error, kind):
            return Problem(status, code, kind.__doc__ or "")
    _log.error("request_failed", error=type(error).__name__, exc_info=error)
    return Problem(500, "internal", "something is broken here; it has been logged")


def validation_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Return the path and kind of each fault; never the value, which may be somebody's."""
    return [
        {
            "path": "/".join(str(part) for part in item["loc"])[:MAX_PATH_CHARS],
            "code": str(item["type"]),
        }
        for item in errors[:MAX_ERRORS]
    ]


def make_app(  # noqa: PLR0913 - what a service's doors are made of
    service: str,
    routers: Sequence[APIRouter],
    refusals: Refusals,
    *,
    tokens: TokenVerifier,
    health: Health,
    max_body_bytes: int,
    limits: Limits = _LIMITS,
    opening: Opening | None = None,
) -> FastAPI:
    """Return the application of a service, probes and metrics included.

    *opening* None: all doors are open from the start.
    """
    app = FastAPI(
        title=f"Civicloop {service}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.tokens = tokens
    included = [*routers, _operations(health)]
    for router in included:
        app.include_router(router)
    _add_error_handlers(app, refusals)
    describe_problems(app)
    # The last one added is the first to see a request.
    app.add_middleware(
        Gate,
        routes=[route for router in included for route in router.routes],
        tokens=tokens,
        opening=opening or Opening(),
        max_body_bytes=max_body_bytes,
        limits=limits,
    )
    app.add_middleware(Crowd, max_requests=limits.max_requests)
    app.add_middleware(Observed, app_routes=app)
    return app


class Observed:
    """Measure and trace every request, under the name of its route; answer what nobody foresaw.

    Raised further, an error would be logged by the server with whatever its message quotes.
    """

    def __init__(self, app: ASGIApp, app_routes: FastAPI) -> None:
        self._app = app
        self._title = app_routes.title

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and record how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in PROBES:
            await self._answer(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def recorded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        incoming = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        try:
            with tracing.request(incoming, f"{self._title} {scope['method']}") as traceparent:
                scope.setdefault("state", {})["traceparent"] = traceparent
                await self._answer(scope, receive, recorded)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            METRICS.requests.labels(route, str(status)).inc()
            METRICS.request_seconds.labels(route).observe(time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - whatever it is, its caller gets an answer
            problem = problem_of(error, {})
            # A half-sent answer cannot be taken back: the server ends the connection.
            if not begun:
                await respond(problem)(scope, receive, send)


def traceparent_of(request: Request) -> str | None:
    """Return the `traceparent` that a command of this request passes on."""
    return getattr(request.state, "traceparent", None)


def _operations(health: Health) -> APIRouter:
    router = APIRouter(dependencies=[Depends(public)], tags=["operations"])

    @router.get("/livez", summary="The loop turns")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", summary="Dependencies answer and work moves on")
    async def readyz(response: Response) -> dict[str, Any]:
        faults = await health.faults()
        if faults:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "not ready" if faults else "ready", "faults": faults}

    @router.get("/metrics", summary="Prometheus metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _add_error_handlers(app: FastAPI, refusals: Refusals) -> None:
    async def on_invalid(_request: Request, error: Exception) -> Response:
        known = error.errors() if isinstance(error, RequestValidationError) else []
        errors = validation_errors(known)
        return respond(Problem(422, "invalid", "the request does not fit its schema", errors))

    async def on_http(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        phrase = HTTPStatus(status).phrase
        response = respond(Problem(status, phrase.lower().replace(" ", "_"), phrase))
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    async def on_error(_request: Request, error: Exception) -> Response:
        return respond(problem_of(error, refusals))

    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for kind in (Problem, *refusals, *(kind for kind, _, _ in _SERVER_ERRORS)):
        app.add_exception_handler(kind, on_error)
