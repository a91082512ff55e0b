"""The transports that departments are reached by: each passes the same tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from civicloop_kit.jobs import Job, Jobs
from department_adapter.adapters.breakers import Breakers
from department_adapter.adapters.webhook import WebhookTransport
from department_adapter.domain.department import TransportName
from department_adapter.entrypoints.attempts import Attempts
from department_adapter.entrypoints.expiring import ExpiredLeases
from department_adapter.entrypoints.gate import Gate
from department_adapter.entrypoints.leases import LEASE, LeaseDesk
from department_adapter.entrypoints.pull import pull_router
from department_adapter.entrypoints.refusals import REFUSALS
from department_adapter.entrypoints.worker import DueTasks
from department_adapter.store.postgres import PostgresQueues
from department_adapter.testing import cancelled, dispatched, streamed

from .rooms import TASK_ID, Room
from .transport_suite import Body, Reached, TransportSuite

CODES = ("water", "power")
ISSUED_AHEAD = timedelta(days=1)


class Hooked(Reached):
    """A department with a webhook."""

    transport = TransportName.WEBHOOK
    url = "http://water.example/hooks"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.heard: list[Body] = []
        self.status = 200
        breakers = Breakers(threshold=1_000, open_s=1)
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        webhook = WebhookTransport(client, room.clock)
        self.due = DueTasks(
            jobs=room.jobs,
            recorder=room.commands,
            departments=self.registry,
            queues=PostgresQueues(room.database),
            narratives=self.words,
            attempts=Attempts({TransportName.WEBHOOK: webhook}, breakers),
            breakers=breakers,
            clock=room.clock,
            wake=lambda: None,
        )

    async def hear(self) -> list[Body]:
        """Answer 200."""
        return await self._run(200)

    async def miss(self) -> list[Body]:
        """Answer 503."""
        return await self._run(503)

    async def _run(self, status: int) -> list[Body]:
        self.status, self.heard = status, []
        async with asyncio.timeout(30):
            idle = 0
            while idle < 3:
                done = await self.due.deliver_due_tasks()
                await asyncio.sleep(0.005)
                idle = 0 if done or any(self.due.in_flight.values()) else idle + 1
        return self.heard

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(json.loads(request.content))
        return streamed(self.status)


class WatchedJobs:
    """The queue, and whether somebody has looked into it."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.looked = asyncio.Event()

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Claim, and say so."""
        jobs = await self._jobs.claim(free, now, expiry)
        self.looked.set()
        return jobs


class Pulling(Reached):
    """A department that comes for its deliveries over HTTP, as curl does."""

    transport = TransportName.PULL

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        queues = PostgresQueues(room.database)
        self.expired = ExpiredLeases(queues=queues, recorder=room.commands, clock=room.clock)
        self.watched = WatchedJobs(room.jobs)
        self.desk = LeaseDesk(
            gate=Gate(self.registry, self.tasks),
            departments=self.registry,
            jobs=self.watched,
            queues=queues,
            tasks=self.tasks,
            narratives=self.words,
            commands=room.commands,
            expired=self.expired,
            clock=room.clock,
        )
        self._key = OKPKey.generate_key("Ed25519")
        app = make_app(
            "department-adapter",
            [pull_router(self.desk)],
            REFUSALS,
            tokens=TokenVerifier(json.dumps(self._key.as_dict(private=False))),
            health=Health(),
            max_body_bytes=16_384,
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://adapter"
        )

    async def hear(self) -> list[Body]:
        """Lease, keep, send the receipt; until nothing comes."""
        heard: list[Body] = []
        while leases := await self.lease():
            for code, lease in leases:
                answer = await self.receipt(code, lease["lease_id"])
                assert answer.status_code == 200
                heard.append(lease["delivery"])
        return heard

    async def miss(self) -> list[Body]:
        """Lease, and send no receipt within the minute."""
        leases = await self.lease()
        self.room.clock.move(LEASE)
        assert await self.expired.record() == len(leases)
        return [lease["delivery"] for _, lease in leases]

    async def lease(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what is handed out to each department that is let in."""
        leases = []
        for code in CODES:
            path = f"/v1/departments/{code}/leases"
            answer = await self.client.post(path, json={}, headers=self.headers(code))
            if answer.status_code == 200:
                leases += [(code, lease) for lease in answer.json()["leases"]]
        return leases

    async def wait_for_expiry(self) -> list[Mapping[str, Any]]:
        """Ask while all is leased, let the leases run out, and return what comes then."""
        path, headers = "/v1/departments/water/leases", self.headers("water")
        self.watched.looked.clear()
        body = {"wait_s": 0.5}
        asked = asyncio.ensure_future(self.client.post(path, json=body, headers=headers))
        await asyncio.wait_for(self.watched.looked.wait(), 10)
        self.room.clock.move(LEASE)
        self.desk.wake()
        return list((await asyncio.wait_for(asked, 10)).json()["leases"])

    async def receipt(self, code: str, lease_id: str) -> httpx.Response:
        """Send a receipt."""
        path = f"/v1/departments/{code}/leases/{lease_id}/receipt"
        return await self.client.post(path, headers=self.headers(code))

    def headers(self, code: str, issued_at: datetime | None = None) -> Mapping[str, str]:
        """Return the headers of a department whose token was just made."""
        role, now = f"department:{code}", datetime.now().astimezone()
        claims = {
            "iss": ISSUER,
            "sub": "desk",
            "roles": [role],
            "iat": int((issued_at or now).timestamp()),
            "exp": int((now + ISSUED_AHEAD).timestamp()),
        }
        token = jwt.encode({"alg": "Ed25519"}, claims, self._key, algorithms=["Ed25519"])
        return {"Authorization": f"Bearer {token}"}


class TestWebhook(TransportSuite):
    """We go to the department."""

    @pytest.fixture
    async def department(self, room: Room) -> Hooked:
        """Return it, registered."""
        made = Hooked(room)
        await made.register()
        return made


class TestPull(TransportSuite):
    """The department comes to us."""

    @pytest.fixture
    async def department(self, room: Room) -> AsyncIterator[Pulling]:
        """Return it, registered."""
        made = Pulling(room)
        await made.register()
        yield made
        await made.client.aclose()

    async def test_looking_is_no_attempt(self, department: Pulling) -> None:
        """What waits is seen as often as anybody likes, and handed out as if nobody had looked."""
        await department.room.tell(dispatched())
        path = "/v1/departments/water/leases"
        for _ in range(12):
            seen = await department.client.get(path, headers=department.headers("water"))
            assert [item["leased_until"] for item in seen.json()["waiting"]] == [None]
        assert len(await department.hear()) == 1

    async def test_a_lease_is_held_by_one(self, department: Pulling) -> None:
        """Until it runs out; then it is at its old place, before what was queued later."""
        await department.room.tell(dispatched(1))
        department.room.clock.move(timedelta(seconds=5))
        await department.room.tell(dispatched(2))
        ((_, first), _second) = await department.lease()
        assert await department.lease() == []
        department.room.clock.move(LEASE)
        ((_, again), _later) = await department.lease()
        assert again["delivery"] == first["delivery"]
        assert again["lease_id"] != first["lease_id"]

    async def test_a_receipt_after_the_minute_counts_while_nobody_else_has_it(
        self, department: Pulling
    ) -> None:
        """The department has it, after all; the second receipt is told the same."""
        await department.room.tell(dispatched())
        ((_, lease),) = await department.lease()
        department.room.clock.move(LEASE)
        await department.expired.record()
        answers = [await department.receipt("water", lease["lease_id"]) for _ in range(2)]
        assert [answer.json()["fact"] for answer in answers] == ["applied", "repeated"]
        assert await department.room.told() == ["task.delivered"]

    async def test_a_receipt_for_an_old_lease_is_refused(self, department: Pulling) -> None:
        """Somebody else of the department has the delivery now."""
        await department.room.tell(dispatched())
        ((_, old),) = await department.lease()
        department.room.clock.move(LEASE)
        ((_, new),) = await department.lease()
        assert (await department.receipt("water", old["lease_id"])).status_code == 409
        assert await department.room.told() == []
        assert (await department.receipt("water", new["lease_id"])).status_code == 200

    async def test_a_receipt_for_a_cancelled_task_is_taken(self, department: Pulling) -> None:
        """It tells the state, and the cancellation comes next."""
        await department.room.tell(dispatched())
        ((_, lease),) = await department.lease()
        await department.room.tell(cancelled())
        answer = await department.receipt("water", lease["lease_id"])
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        (told,) = await department.hear()
        assert (told["type"], told["task_id"]) == ("task.cancelled", str(TASK_ID))

    async def test_a_token_from_before_the_removal_opens_nothing(self, department: Pulling) -> None:
        """Also when the code is registered again: that takes a new token."""
        path, before = "/v1/departments/water/leases", department.room.clock.now()
        await department.registry.remove("water")
        fresh, stale = department.headers("water"), department.headers("water", before)
        assert (await department.client.get(path, headers=fresh)).status_code == 401
        await department.register()
        assert (await department.client.get(path, headers=stale)).status_code == 401
        assert (await department.client.get(path, headers=fresh)).status_code == 200

    async def test_ten_leases_that_run_out_while_somebody_waits_park_it(
        self, department: Pulling
    ) -> None:
        """Each is an attempt, also when one long call sees it run out."""
        room = department.room
        await room.tell(dispatched())
        assert len(await department.lease()) == 1
        for left in range(9, -1, -1):
            leases = await department.wait_for_expiry()
            assert len(leases) == (1 if left else 0)
        assert await room.told() == ["delivery.parked"]
