"""Calls to a service that are made again until it answers: every one of them may be repeated."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx

from civicloop.importer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Pause = Callable[[float], Awaitable[None]]

# About two minutes in all: a service that restarts is back by then.
MAX_TRIES: Final = 18
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 10.0
TIMEOUT_S: Final = 30.0
AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_RESUME: Final = "see `civicloop status`, then run the same command again: it goes on from here"


def pause_before(attempt: int) -> float:
    """Return how many seconds to wait before that try, the second being 1."""
    return min(FIRST_PAUSE_S * 2.0 ** (attempt - 1), LONGEST_PAUSE_S)


class Calls:
    """One service, under a token."""

    def __init__(self, name: str, client: httpx.AsyncClient, pause: Pause) -> None:
        self.name = name
        self.pause = pause
        self._client = client

    async def ask(self, method: str, path: str, **request: Any) -> Any:
        """Return the JSON of a 2xx answer.

        Raises:
            ServiceError: The service refuses, or does not answer.
        """
        trouble, wished_s = "", 0.0
        for attempt in range(MAX_TRIES):
            if attempt:
                await self.pause(max(pause_before(attempt), wished_s))
            try:
                response = await self._client.request(method, path, timeout=TIMEOUT_S, **request)
            except httpx.TransportError as error:
                trouble, wished_s = type(error).__name__, 0.0
                continue
            if response.is_success:
                return response.json()
            trouble, wished_s = f"{response.status_code} {_detail(response)}", _wish(response)
            if response.status_code not in AGAIN:
                raise ServiceError(f"{self.name} refuses {method} {path}: {trouble}")
        raise self.gave_up(trouble)

    def gave_up(self, trouble: str) -> ServiceError:
        """Return the error for a service that stayed in trouble."""
        return ServiceError(f"{self.name} does not answer ({trouble}): {_RESUME}")


def _detail(response: httpx.Response) -> str:
    try:
        document = response.json()
    except ValueError:
        return response.reason_phrase
    return str(document.get("detail", "")) if isinstance(document, dict) else ""


def _wish(response: httpx.Response) -> float:
    """Return how many seconds the service asks us to wait."""
    after = response.headers.get("Retry-After", "")
    return min(float(after), LONGEST_PAUSE_S) if after.isdigit() else 0.0
