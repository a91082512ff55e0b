"""Try a department's webhook with a sample, and say what is wrong and how to set it right."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx

from department_adapter.adapters.signing import new_secret
from department_adapter.adapters.webhook import Answer, WebhookTransport
from department_adapter.ports import Check, ForbiddenAddressError, Registered, UnknownHostError

# A department that needs longer under no load will time out under some.
QUICK_S: Final = 5.0
TEST_TYPE: Final = "task.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    answer: Answer | None
    fault: str | None
    took_s: float


class WebhookProbe:
    """Sends samples: a signed one, the same again, and one with a forged signature."""

    def __init__(self, transport: WebhookTransport) -> None:
        self._transport = transport

    async def run(self, registered: Registered, test_id: UUID) -> tuple[Check, ...]:
        """Return what works. Checks that need an earlier one that failed are left out."""
        first = await self._try(registered, test_id)
        reached = _reached(first)
        if not reached.ok or first.answer is None:
            return (reached,)
        accepted = _accepted(first.answer)
        if not accepted.ok:
            return (reached, accepted)
        again = await self._try(registered, test_id)
        forged = await self._try(replace(registered, secrets=(new_secret(),)), test_id)
        return (reached, accepted, _quick(first), _repeatable(again), _verified(forged))

    async def _try(self, registered: Registered, test_id: UUID) -> _Attempt:
        loop = asyncio.get_running_loop()
        began, answer, fault = loop.time(), None, None
        message_id = f"{test_id}/test/1"
        payload = _sample(registered.department.code, message_id)
        try:
            answer = await self._transport.post(registered, message_id, payload)
        except (ForbiddenAddressError, UnknownHostError) as error:
            fault = f"{error} Change the address: civicloop department add"
        except (httpx.TimeoutException, TimeoutError):
            fault = "no answer within 10 s: answer first, work afterwards"
        except (httpx.HTTPError, OSError):
            fault = "no connection: check that the server runs, its address, port and certificate"
        return _Attempt(answer=answer, fault=fault, took_s=loop.time() - began)


def _sample(code: str, message_id: str) -> Mapping[str, Any]:
    return {"type": TEST_TYPE, "delivery_id": message_id, "department": code}


def _reached(attempt: _Attempt) -> Check:
    return Check(name="reachable", ok=attempt.answer is not None, fix=attempt.fault)


def _accepted(answer: Answer) -> Check:
    if _is_success(answer):
        return Check(name="accepts_signed", ok=True)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        fix = f"answered {answer.status}: redirects are not followed, register the final address"
    elif answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        fix = (
            f"answered {answer.status}: check that the server has the newest secret "
            "(civicloop department rotate-secret) and verifies the body as received, byte by byte"
        )
    else:
        fix = f'answered {answer.status}: answer 2xx to type "{TEST_TYPE}"'
    return Check(name="accepts_signed", ok=False, fix=fix)


def _quick(attempt: _Attempt) -> Check:
    fix = f"took {attempt.took_s:.1f} s: answer first, work afterwards"
    return _check("answers_quickly", attempt.took_s < QUICK_S, fix)


def _repeatable(attempt: _Attempt) -> Check:
    fix = "the same delivery came twice and the second got no 2xx: accept repeats, apply them once"
    return _check("accepts_repeats", _is_success(attempt.answer), fix)


def _verified(attempt: _Attempt) -> Check:
    refused = attempt.answer is not None and not _is_success(attempt.answer)
    fix = "a forged signature got 2xx: verify webhook-signature and answer 401 when it is wrong"
    return _check("refuses_forged", refused, fix)


def _check(name: str, ok: bool, fix: str) -> Check:
    return Check(name=name, ok=ok, fix=None if ok else fix)


def _is_success(answer: Answer | None) -> bool:
    return answer is not None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
