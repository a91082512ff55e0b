"""Updates of the simulated departments."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from civicloop.simulator.answering import Answering
from civicloop.simulator.desk import Desk
from civicloop.simulator.journal import Journal, read_journal
from civicloop.simulator.script import NO_SCRIPT, Move, Rule, Script

TASK = UUID(int=1)
Handle = Callable[[httpx.Request], httpx.Response]


class City:
    """One department at work."""

    def __init__(
        self,
        path: Path,
        handle: Handle,
        seconds: tuple[float, float] = (0, 0),
        script: Script = NO_SCRIPT,
    ) -> None:
        self.path = path
        self.asked: list[httpx.Request] = []
        self.journal = Journal(path)
        self.desk = Desk(lambda: datetime.now(UTC))

        def keep(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return handle(request)

        client = httpx.AsyncClient(transport=httpx.MockTransport(keep), base_url="http://adapter")
        self.answering = Answering(
            client=client,
            token={"water": "secret-token"}.__getitem__,
            journal=self.journal,
            desk=self.desk,
            seconds=seconds,
            now=lambda: datetime.now(UTC),
            script=script,
            first_wait_s=0.001,
        )

    async def work(self) -> None:
        """Take a task and see it through."""
        body = {
            "type": "task.dispatched",
            "delivery_id": f"{TASK}/dispatch/1",
            "task_id": str(TASK),
            "department": "water",
            "role": "lead",
        }
        self.desk.take(body, "d")
        await self.go_on()

    async def go_on(self) -> None:
        """See what is open through."""
        for work in self.desk.open_work():
            self.answering.begin(work)
        async with asyncio.timeout(10):
            await self.answering.finish()

    @property
    def kinds(self) -> list[str]:
        """What was said."""
        return [json.loads(request.content)["kind"] for request in self.asked]


def taken(_request: httpx.Request) -> httpx.Response:
    """Answer as the adapter does."""
    return httpx.Response(201, json={})


async def test_a_task_is_acknowledged_and_completed(tmp_path: Path) -> None:
    """To its own address, with the department's token; then it is done."""
    city = City(tmp_path / "j", taken)
    await city.work()
    assert (city.kinds[0], city.kinds[-1]) == ("acknowledge", "complete")
    assert {request.url.path for request in city.asked} == {f"/v1/tasks/{TASK}/updates"}
    assert city.asked[0].headers["authorization"] == "Bearer secret-token"
    assert city.desk.open_work() == ()
    last = read_journal(city.path)[-1]
    assert (last["event"], last["final"], last["status"]) == ("answered", True, 201)


async def test_an_update_is_sent_until_it_is_taken(tmp_path: Path) -> None:
    """The same one, through a broken connection, a busy and a broken adapter."""
    faults = iter([httpx.ConnectError("down"), 503, 429, 500])

    def shaky(_request: httpx.Request) -> httpx.Response:
        fault = next(faults, 201)
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(int(str(fault)))

    city = City(tmp_path / "j", shaky)
    await city.work()
    assert city.kinds[:5] == ["acknowledge"] * 5
    assert len({request.content for request in city.asked[:5]}) == 1


@pytest.mark.parametrize("status", [404, 409, 422])
async def test_a_refusal_ends_the_work(tmp_path: Path, status: int) -> None:
    """Nothing more is said about a task that is closed."""
    city = City(tmp_path / "j", lambda _request: httpx.Response(status))
    await city.work()
    assert city.kinds == ["acknowledge"]
    assert city.desk.open_work() == ()


async def test_a_cancelled_task_is_left(tmp_path: Path) -> None:
    """Nothing is said after a cancellation."""

    def cancel(request: httpx.Request) -> httpx.Response:
        city.desk.finish(TASK)
        return taken(request)

    city = City(tmp_path / "j", cancel)
    await city.work()
    assert city.kinds == ["acknowledge"]


async def test_a_restart_says_the_same_again(tmp_path: Path) -> None:
    """Updates have ids: what was said before is repeated, not said anew."""
    first, second = City(tmp_path / "j", taken), City(tmp_path / "k", taken)
    await first.work()
    await second.work()
    assert [r.content for r in first.asked] == [r.content for r in second.asked]


async def test_stopping_leaves_the_rest_for_later(tmp_path: Path) -> None:
    """What is not done stays open."""
    city = City(tmp_path / "j", taken, seconds=(3600, 3600))
    body = {
        "type": "task.dispatched",
        "delivery_id": f"{TASK}/dispatch/1",
        "task_id": str(TASK),
        "department": "water",
        "role": "lead",
    }
    city.desk.take(body, "d")
    (work,) = city.desk.open_work()
    city.answering.begin(work)
    await city.answering.stop()
    assert (city.asked, len(city.desk.open_work())) == ([], 1)


async def test_a_script_decides_what_is_said(tmp_path: Path) -> None:
    """And the journal has each answer."""
    moves = (
        Move(after_s=0, kind="request_extension"),
        Move(after_s=0, kind="return", details={"ground": "wrong_matter"}),
    )
    script = Script(rules=(Rule(steps=moves, department="water"),))
    city = City(tmp_path / "j", taken, script=script)
    await city.work()
    assert city.kinds == ["request_extension", "return"]
    assert json.loads(city.asked[-1].content)["ground"] == "wrong_matter"
    answers = [(entry["kind"], entry["final"]) for entry in read_journal(city.path)]
    assert answers == [("request_extension", False), ("return", True)]


async def test_a_department_that_never_answers_keeps_its_task(tmp_path: Path) -> None:
    """A rule without steps."""
    city = City(tmp_path / "j", taken, script=Script(rules=(Rule(steps=()),)))
    await city.work()
    assert (city.asked, len(city.desk.open_work())) == ([], 1)
