"""HTTP calls of the demo's people: sent again, under the same key, until they are answered."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx

from civicloop.refusals import code_of
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 3.0
PATIENCE_S: Final = 60.0
TIMEOUT_S: Final = 20.0
# What a service says of something that it has not read of yet, or that is over by now.
OUT_OF_DATE: Final = frozenset(
    {
        "already_merged",
        "case_ended",
        "case_unknown",
        "dispute_settled",
        "handling_unread",
        "merge_under_way",
        "no_pending_request",
        "not_to_call_back",
        "not_to_verify",
        "nothing_in_hand",
        "report_elsewhere",
        "report_unknown",
        "report_withdrawn",
        "task_closed",
        "task_disputed",
        "task_waiting",
        "unknown_case",
        "unknown_dispute",
        "unknown_task",
        "withdrawal_under_way",
    }
)
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Caller:
    """One principal at one service; ``transport`` and ``first_wait_s`` are for tests."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self._url = url
        self._first_wait_s = first_wait_s
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT_S,
            trust_env=False,
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def close(self) -> None:
        """End all connections."""
        await self._client.aclose()

    async def get(self, path: str, **params: str) -> Any:
        """Return the JSON that a GET answers.

        Raises:
            StackError: The service stays away or refuses.
        """
        answer = await self._request("GET", path, params=params)
        return self._accepted(answer)

    async def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Any:
        """Return the JSON that a POST answers.

        Raises:
            StackError: The service stays away or refuses.
        """
        answer = await self._request("POST", path, json=body, headers=headers)
        return self._accepted(answer)

    async def offer(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> bool:
        """POST something that may be out of date; returns whether it was taken.

        Raises:
            StackError: The service stays away, or refuses for another reason.
        """
        answer = await self._request("POST", path, json=body, headers=headers)
        if answer.is_error and code_of(answer) in OUT_OF_DATE:
            return False
        self._accepted(answer)
        return True

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        wait_s, waited_s, reason = self._first_wait_s, 0.0, ""
        while waited_s < PATIENCE_S:
            try:
                answer = await self._client.request(method, path, **options)
            except httpx.HTTPError as error:
                reason = type(error).__name__
            else:
                if answer.status_code not in _BUSY:
                    return answer
                reason = str(answer.status_code)
            await asyncio.sleep(wait_s)
            waited_s += wait_s
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        raise StackError(f"{self._url}{path} does not answer ({reason}): see `civicloop status`")

    def _accepted(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json()
        code = code_of(answer) or "no problem document"
        where = f"{answer.request.method} {answer.request.url.path}"
        raise StackError(
            f"{where} was refused ({answer.status_code}, {code}): see `civicloop logs`"
        )
