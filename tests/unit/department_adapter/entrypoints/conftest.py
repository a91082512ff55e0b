"""The application over fakes, and tokens for its callers."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping

import httpx
import pytest
from fastapi.routing import APIRoute
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from civicloop_kit.testing import FakeClock
from civicloop_kit.tracing import configure_tracing
from department_adapter.adapters.addresses import AddressGuard
from department_adapter.adapters.breakers import Breakers
from department_adapter.adapters.signing import new_secret
from department_adapter.entrypoints.departments import DepartmentDesk, department_router
from department_adapter.entrypoints.expiring import ExpiredLeases
from department_adapter.entrypoints.gate import Gate
from department_adapter.entrypoints.http import TaskDesk, task_router
from department_adapter.entrypoints.leases import LeaseDesk
from department_adapter.entrypoints.parked import parked_router
from department_adapter.entrypoints.pull import pull_router
from department_adapter.entrypoints.refusals import REFUSALS
from department_adapter.testing import (
    KEY,
    START,
    FakeCommands,
    FakeDepartments,
    FakeJobs,
    FakeKeyring,
    FakeNarratives,
    FakeProbe,
    FakeTasks,
    entry,
    registered,
)

MAX_BODY_BYTES = 16_384
Headers = Callable[..., Mapping[str, str]]


@pytest.fixture(scope="session")
def signing_key() -> OKPKey:
    """Return a key that signs tokens."""
    return OKPKey.generate_key("Ed25519")


@pytest.fixture(scope="session", autouse=True)
def _tracing() -> None:
    """Trace as the process does, without an exporter."""
    configure_tracing("department-adapter", 0.0, None)


class Doors:
    """The application and what is behind it."""

    def __init__(self, public_key: str) -> None:
        self.commands = FakeCommands()
        self.tasks = FakeTasks(entries={entry().task_id: entry()})
        self.keyring = FakeKeyring()
        self.departments = FakeDepartments(real={"water": registered()})
        self.jobs = FakeJobs()
        self.probe = FakeProbe()
        self.woken = 0
        self.clock = FakeClock(START)
        self.narratives = FakeNarratives()
        gate = Gate(self.departments, self.tasks)
        tasks = TaskDesk(
            gate=gate,
            commands=self.commands,
            tasks=self.tasks,
            keyring=self.keyring,
            key=KEY,
            wake=self._wake,
        )
        self.leases = LeaseDesk(
            gate=gate,
            departments=self.departments,
            jobs=self.jobs,
            queues=self.jobs,
            tasks=self.tasks,
            narratives=self.narratives,
            commands=self.commands,
            expired=ExpiredLeases(queues=self.jobs, recorder=self.commands, clock=self.clock),
            clock=self.clock,
        )
        departments = DepartmentDesk(
            registry=self.departments,
            addresses=AddressGuard(allow_private=True),
            breakers=Breakers(threshold=5, open_s=30),
            probe=self.probe,
            waiting=self.jobs,
            new_secret=new_secret,
            clock=self.clock,
            in_flight=lambda: {"water": 2},
            wake=self._wake,
        )
        routers = [
            task_router(tasks),
            parked_router(self.tasks),
            department_router(departments),
            pull_router(self.leases),
        ]
        # An application hides the routes of the routers that it includes.
        self.routes = [r for router in routers for r in router.routes if isinstance(r, APIRoute)]
        self.app = make_app(
            "department-adapter",
            routers,
            REFUSALS,
            tokens=TokenVerifier(public_key),
            health=Health(),
            max_body_bytes=MAX_BODY_BYTES,
        )

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def doors(signing_key: OKPKey) -> Doors:
    """Return the application over fakes."""
    return Doors(json.dumps(signing_key.as_dict(private=False)))


@pytest.fixture
def headers(signing_key: OKPKey) -> Headers:
    """Return a function that makes the headers of a caller with a role."""

    def make(role: str = "department:water", name: str = "desk-1") -> Mapping[str, str]:
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": name, "roles": [role], "iat": now, "exp": now + 600}
        token = jwt.encode({"alg": "Ed25519"}, claims, signing_key, algorithms=["Ed25519"])
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
async def client(doors: Doors) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the application."""
    transport = httpx.ASGITransport(app=doors.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://adapter") as client:
        yield client
