"""What the test of a webhook finds."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from civicloop_kit.clock import SystemClock
from department_adapter.adapters.addresses import AddressGuard
from department_adapter.adapters.probe import WebhookProbe
from department_adapter.adapters.webhook import WebhookTransport, webhook_client
from department_adapter.ports import Check
from department_adapter.testing import SECRET, registered, streamed

Handle = Callable[[httpx.Request], httpx.Response]


async def probed(handle: Handle) -> dict[str, Check]:
    """Return the checks of a department that answers so."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    probe = WebhookProbe(WebhookTransport(client, SystemClock()))
    return {check.name: check for check in await probe.run(registered(), UUID(int=7))}


def sound(request: httpx.Request) -> httpx.Response:
    """Answer as a department should."""
    try:
        Webhook(SECRET).verify(request.content, dict(request.headers))
    except WebhookVerificationError:
        return streamed(401)
    return streamed(200)


async def test_a_sound_department_passes() -> None:
    """It verifies, it takes repeats, it is quick."""
    checks = await probed(sound)
    assert [check.fix for check in checks.values()] == [None] * 5
    assert all(check.ok for check in checks.values())


async def test_a_department_that_verifies_nothing_is_told() -> None:
    """A forged signature must not pass."""
    checks = await probed(lambda _request: streamed(200))
    assert not checks["refuses_forged"].ok
    assert "webhook-signature" in (checks["refuses_forged"].fix or "")


async def test_a_department_that_refuses_repeats_is_told() -> None:
    """The same delivery may come twice."""
    seen: set[str] = set()

    def once(request: httpx.Request) -> httpx.Response:
        answer = sound(request)
        if request.headers["webhook-id"] in seen and answer.status_code == 200:
            return streamed(409)
        seen.add(request.headers["webhook-id"])
        return answer

    assert not (await probed(once))["accepts_repeats"].ok


@pytest.mark.parametrize(
    ("status", "word"), [(302, "redirect"), (401, "secret"), (404, "2xx"), (500, "2xx")]
)
async def test_each_wrong_answer_has_its_fix(status: int, word: str) -> None:
    """The fix names what to change."""
    checks = await probed(lambda _request: streamed(status))
    assert list(checks) == ["reachable", "accepts_signed"]
    assert word in (checks["accepts_signed"].fix or "")


@pytest.mark.parametrize(
    ("error", "word"), [(httpx.ConnectError("no"), "port"), (httpx.ReadTimeout("slow"), "10 s")]
)
async def test_a_department_that_cannot_be_reached_is_told_why(error: Exception, word: str) -> None:
    """Nothing else is tried then."""

    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    checks = await probed(handle)
    assert list(checks) == ["reachable"]
    assert word in (checks["reachable"].fix or "")


async def test_a_forbidden_address_names_the_command_that_changes_it() -> None:
    """The operator put it there."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["10.0.0.1"]

    async with webhook_client(AddressGuard(allow_private=False, resolve=resolve)) as client:
        probe = WebhookProbe(WebhookTransport(client, SystemClock()))
        (check,) = await probe.run(registered(), UUID(int=7))
    assert "civicloop department add" in (check.fix or "")
