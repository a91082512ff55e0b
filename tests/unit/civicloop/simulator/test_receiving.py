"""The webhook of the simulated departments."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from civicloop.simulator.credentials import Secrets
from civicloop.simulator.desk import Desk
from civicloop.simulator.journal import Journal, read_journal
from civicloop.simulator.modes import Manners, Mode
from civicloop.simulator.receiving import Receiver, make_app

if TYPE_CHECKING:
    from civicloop.simulator.plan import Work

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
DELIVERY_ID = f"{UUID(int=1)}/dispatch/1"


class Hooks:
    """One department's webhook and what comes of it."""

    def __init__(self, path: Path, manners: Manners | None = None) -> None:
        self.path = path
        self.faults: list[OSError] = []
        self.journal = Journal(path, self._sync)
        self.begun: list[Work] = []
        self.answered_with: list[int] = []
        receiver = Receiver(
            codes=frozenset({"water"}),
            secrets=Secrets({"water": SECRET}),
            journal=self.journal,
            desk=Desk(lambda: datetime.now(UTC)),
            manners=manners or Manners(Mode.OK),
            work=self.begun.append,
        )
        app = make_app(receiver.receive)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://city")

    async def deliver(
        self,
        body: Mapping[str, Any] | str | None = None,
        *,
        secret: str = SECRET,
        code: str = "water",
    ) -> httpx.Response:
        """Deliver, signed."""
        text = body if isinstance(body, str) else json.dumps(dispatch() | dict(body or {}))
        now = datetime.now(UTC)
        signature = Webhook(secret).sign(DELIVERY_ID, now, text)
        headers = {
            "webhook-id": DELIVERY_ID,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        return await self.client.post(f"/hooks/{code}", content=text, headers=headers)

    def _sync(self, _file: int) -> None:
        if self.faults:
            raise self.faults.pop()

    @property
    def events(self) -> list[str]:
        """What is on disk."""
        return [entry["event"] for entry in read_journal(self.path)]


def dispatch() -> dict[str, Any]:
    """Return a dispatch."""
    return {
        "type": "task.dispatched",
        "delivery_id": DELIVERY_ID,
        "task_id": str(UUID(int=1)),
        "department": "water",
        "role": "lead",
    }


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[Hooks]:
    """Return a department with good manners."""
    made = Hooks(tmp_path / "journal.jsonl")
    yield made
    await made.journal.close()


async def test_a_signed_delivery_is_on_disk_when_it_is_answered(hooks: Hooks) -> None:
    """200, and work begins."""
    answer = await hooks.deliver()
    assert (answer.status_code, hooks.events) == (200, ["received", "applied"])
    assert [work.task_id for work in hooks.begun] == [UUID(int=1)]


async def test_a_repeat_begins_no_second_work(hooks: Hooks) -> None:
    """200 again."""
    await hooks.deliver()
    assert (await hooks.deliver()).status_code == 200
    assert (len(hooks.begun), hooks.events) == (1, ["received", "applied", "received"])


async def test_a_forged_delivery_is_refused(hooks: Hooks) -> None:
    """401; it is on record, and nothing else."""
    forged = "whsec_" + "A" * 43 + "="
    assert (await hooks.deliver(secret=forged)).status_code == 401
    assert (hooks.events, hooks.begun) == (["refused"], [])


async def test_a_delivery_without_signature_is_refused(hooks: Hooks) -> None:
    """401 too, also when the header makes no sense."""
    for headers in ({}, {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "y"}):
        answer = await hooks.client.post("/hooks/water", json=dispatch(), headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("body", ["[]", "{", '{"type": "x"}', {"department": "power"}])
async def test_what_makes_no_sense_is_refused(hooks: Hooks, body: Any) -> None:
    """400: another department's delivery, and whatever is no delivery."""
    assert (await hooks.deliver(body)).status_code == 400


async def test_nobody_is_behind_another_code(hooks: Hooks) -> None:
    """404."""
    assert (await hooks.deliver(code="power")).status_code == 404


async def test_a_disk_that_fails_is_no_receipt(hooks: Hooks) -> None:
    """500, and no work; the same delivery is new when it comes again."""
    hooks.faults.append(OSError(5, "broken"))
    assert (await hooks.deliver()).status_code == 500
    assert hooks.begun == []
    assert (await hooks.deliver()).status_code == 200
    assert len(hooks.begun) == 1


@pytest.mark.parametrize(
    ("mode", "statuses", "applied"),
    [
        (Mode.REFUSE, [400, 400], 0),
        (Mode.ERROR, [500, 500], 0),
        (Mode.GONE, [410, 410], 0),
        (Mode.REDIRECT, [302, 302], 0),
        (Mode.FLAP, [503, 200], 1),
        (Mode.LOST, [503, 200], 1),
        (Mode.HTML, [200, 200], 1),
    ],
)
async def test_bad_manners_are_what_they_are_called(
    tmp_path: Path, mode: Mode, statuses: list[int], applied: int
) -> None:
    """However often it comes, it is applied at most once."""
    hooks = Hooks(tmp_path / "journal.jsonl", Manners(mode))
    assert [(await hooks.deliver()).status_code for _ in statuses] == statuses
    assert hooks.events.count("applied") == applied
    await hooks.journal.close()


@pytest.mark.parametrize("kind", ["reminded", "supplemented", "extended", "escalated"])
async def test_a_notice_is_answered_and_begins_no_work(hooks: Hooks, kind: str) -> None:
    """Applied once, like every delivery."""
    notice = {"type": f"task.{kind}", "delivery_id": f"{UUID(int=1)}/notice/2"}
    await hooks.deliver()
    for _ in range(2):
        assert (await hooks.deliver(notice)).status_code == 200
    assert hooks.events == ["received", "applied", "received", "applied", "received"]
    assert len(hooks.begun) == 1


async def test_a_department_that_is_down_takes_nothing_for_a_while(tmp_path: Path) -> None:
    """503 from its first delivery on; the others are well, and then it is too."""
    clock = [100.0]
    manners = Manners(Mode.OK, {"water": 6.0}, lambda: clock[0])
    hooks = Hooks(tmp_path / "journal.jsonl", manners)
    statuses = []
    for seconds in (0.0, 5.5, 0.5, 9.0):
        clock[0] += seconds
        statuses.append((await hooks.deliver()).status_code)
    assert statuses == [503, 503, 200, 200]
    assert hooks.events == ["refused", "refused", "received", "applied", "received"]
    assert manners.instead_of_applying("power") is None
    await hooks.journal.close()
