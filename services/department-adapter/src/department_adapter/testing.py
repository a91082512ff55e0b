"""For tests of this room: facts of the router about one case, and everything outside as fakes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import httpx

from civicloop_contracts import codes
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import parts, router
from civicloop_kit.command import CaseCommand, Reply
from civicloop_kit.jobs import Job
from department_adapter.domain.department import Department, TransportName
from department_adapter.ports import (
    Check,
    Delivery,
    Narrative,
    NarrativeState,
    Put,
    Receipt,
    Registered,
    TaskEntry,
    UpdateEntry,
)

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000001")
# As `civicloop_kit.testing.FakeClock` starts.
START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HANDLER: Final = "aaaaaaaaaaaaaaaa"
KEY: Final = b"k" * 32
SECRET: Final = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - of tests


def at(minutes: float) -> datetime:
    """Return the time *minutes* after the start."""
    return START + timedelta(minutes=minutes)


def task_ref(task_no: int = 1, attempt: int = 1) -> parts.TaskRef:
    """Return a task of the case."""
    task_id = uuid5(CASE_ID, f"{task_no}/{attempt}")
    return parts.TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


def dispatched(
    task_no: int = 1, *, department: str = "water", replay: Replay | None = None
) -> router.TaskDispatched:
    """Return a dispatch at the start."""
    return router.TaskDispatched(
        case_id=CASE_ID,
        occurred_at=START,
        recorded_at=START,
        cause=f"/intake/cases:{CASE_ID}:1",
        replay=replay,
        task=task_ref(task_no),
        department=department,
        role=codes.TaskRole.LEAD if task_no == 1 else codes.TaskRole.ASSIST,
        required=True,
        round=1,
        tier=codes.Tier.SUBDISTRICT,
        channel=codes.Channel.SNAP,
        matter=parts.Matter(standard_ref="demo", kind=codes.MatterKind.MATTER, code="00001"),
        place=parts.Place(division="410105", precision=codes.Precision.EXACT),
        response_due_at=at(60),
        resolution_due_at=at(24 * 60),
        provisional=False,
        return_until=None,
        catalog_version="2026.1",
        calendar_version="2026",
    )


def cancelled(
    task_no: int = 1, *, department: str = "water", replay: Replay | None = None
) -> router.TaskCancelled:
    """Return a cancellation."""
    return router.TaskCancelled(
        case_id=CASE_ID,
        occurred_at=at(5),
        recorded_at=at(5),
        cause=f"/department/handling:{CASE_ID}:1",
        replay=replay,
        task=task_ref(task_no),
        department=department,
        reason=codes.CancelReason.CASE_HANDLED,
    )


def registered(code: str = "water", **fields: Any) -> Registered:
    """Return a department with a webhook."""
    given = {
        "code": code,
        "name_zh": "水利局",
        "name_en": "Water bureau",
        "transport": TransportName.WEBHOOK,
        "url": f"http://{code}.example/hooks",
    }
    return Registered(department=Department(**{**given, **fields}), secrets=(SECRET,))


def entry(department: str = "water", **fields: Any) -> TaskEntry:
    """Return a task as the outside sees it."""
    given: dict[str, Any] = {
        "task_id": task_ref().task_id,
        "case_id": CASE_ID,
        "department": department,
        "role": "lead",
        "state": "delivered",
        "dispatched_at": START,
        "response_due_at": at(60),
        "resolution_due_at": None,
        "updated_at": START,
    }
    return TaskEntry(**{**given, **fields})


def streamed(status: int, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Return an answer whose body comes over a connection, as a real one does."""

    async def body() -> AsyncIterator[bytes]:
        yield b"ok"

    return httpx.Response(status, headers=headers, content=body())


@dataclass(kw_only=True)
class FakeJobs:
    """A queue in memory; ``waiting_jobs`` are claimed in order, a claim does not run out."""

    waiting_jobs: list[Job] = field(default_factory=list)
    asked: list[Mapping[str, int]] = field(default_factory=list)

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Claim up to ``free[queue]`` jobs of each queue."""
        self.asked.append(dict(free))
        left, taken = dict(free), list[Job]()
        for job in tuple(self.waiting_jobs):
            if left.get(job.queue, 0) > 0:
                left[job.queue] -= 1
                self.waiting_jobs.remove(job)
                taken.append(replace(job, expires_at=now + expiry))
        return taken

    async def waiting(self) -> Mapping[str, int]:
        """Return how many jobs each queue has."""
        names = {job.queue for job in self.waiting_jobs}
        return {name: sum(job.queue == name for job in self.waiting_jobs) for name in names}

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""
        return frozenset(await self.waiting())


@dataclass(kw_only=True)
class FakeCommands:
    """Takes commands; answers with what was set, or with an error."""

    reply: Mapping[str, Any] = field(default_factory=dict)
    repeated: bool = False
    error: Exception | None = None
    taken: list[CaseCommand] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    async def submit(self, command: CaseCommand) -> Reply:
        """Keep a command."""
        if self.error is not None:
            raise self.error
        self.taken.append(command)
        return Reply(body=self.reply, repeated=self.repeated)

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Keep commands."""
        self.batches.append(len(commands))
        if self.error is not None:
            return [self.error] * len(commands)
        self.taken.extend(commands)
        return [Reply(body={}, repeated=False) for _ in commands]


@dataclass(kw_only=True)
class FakeDepartments:
    """A registry in memory; ``known`` may lag behind ``real``."""

    real: dict[str, Registered] = field(default_factory=dict)
    shown: dict[str, Registered] | None = None
    disabled: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    async def known(self) -> Mapping[str, Registered]:
        """Return what was shown last."""
        return self.real if self.shown is None else self.shown

    async def reread(self) -> Mapping[str, Registered]:
        """Return what is real."""
        self.shown = None
        return self.real

    async def disable(self, code: str) -> None:
        """Keep the code."""
        self.disabled.append(code)

    async def put(self, department: Department, secret: str | None) -> Put:
        """Keep a department."""
        made = department.code not in self.real
        is_new = secret is not None and department.code not in self.secrets
        if secret is not None and is_new:
            self.secrets[department.code] = secret
        self.real[department.code] = Registered(department=department)
        return Put(made=made, new_secret=is_new)

    async def rotate(self, code: str, secret: str) -> datetime | None:
        """Keep a secret."""
        if self.real[code].department.transport is not TransportName.WEBHOOK:
            return None
        self.secrets[code] = secret
        return START + timedelta(hours=24)


@dataclass(kw_only=True)
class FakeNarratives:
    """Answers with one text for every case, or with an error."""

    error: Exception | None = None
    asked: list[Sequence[UUID]] = field(default_factory=list)

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the text."""
        self.asked.append(case_ids)
        if self.error is not None:
            raise self.error
        told = Narrative(state=NarrativeState.TEXT, text="水管爆裂")
        return dict.fromkeys(case_ids, told)


@dataclass(kw_only=True)
class FakeTransport:
    """Takes deliveries; answers with a receipt, or with the error set for a department."""

    errors: dict[str, Exception] = field(default_factory=dict)
    delivered: list[Delivery] = field(default_factory=list)

    async def deliver(self, registered: Registered, delivery: Delivery) -> Receipt:
        """Keep a delivery."""
        if error := self.errors.get(registered.department.code):
            raise error
        self.delivered.append(delivery)
        return Receipt()


@dataclass(kw_only=True)
class FakeTasks:
    """Tasks in memory."""

    entries: dict[UUID, TaskEntry] = field(default_factory=dict)
    kept: list[UpdateEntry] = field(default_factory=list)

    async def find(self, task_id: UUID) -> TaskEntry | None:
        """Return a task."""
        return self.entries.get(task_id)

    async def updates(self, _task_id: UUID) -> Sequence[UpdateEntry]:
        """Return the updates."""
        return self.kept


@dataclass(kw_only=True)
class FakeKeyring:
    """One key for everybody."""

    error: Exception | None = None

    async def create(self, subjects: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Return the key."""
        if self.error is not None:
            raise self.error
        return dict.fromkeys(subjects, KEY)


@dataclass(kw_only=True)
class FakeProbe:
    """Answers with what was set."""

    checks: tuple[Check, ...] = (Check(name="reachable", ok=True),)

    async def run(self, _registered: Registered, _test_id: UUID) -> tuple[Check, ...]:
        """Return the checks."""
        return self.checks
