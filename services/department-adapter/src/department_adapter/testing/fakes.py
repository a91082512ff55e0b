"""Everything outside of the room, as fakes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from civicloop_kit.command import CaseCommand, Reply
from civicloop_kit.jobs import Job
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.ports import (
    Check,
    Delivery,
    Leased,
    Narrative,
    NarrativeState,
    ParkedEntry,
    Put,
    Queued,
    Receipt,
    Registered,
    TaskEntry,
    UpdateEntry,
)
from department_adapter.testing.facts import KEY, START


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
    out: dict[str, Job] = field(default_factory=dict)
    late: list[Leased] = field(default_factory=list)
    asked_overdue: list[tuple[datetime, datetime]] = field(default_factory=list)

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
        self.out |= {job.job_id: job for job in taken}
        return taken

    async def waiting(self) -> Mapping[str, int]:
        """Return how many jobs each queue has."""
        names = {job.queue for job in self.waiting_jobs}
        return {name: sum(job.queue == name for job in self.waiting_jobs) for name in names}

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""
        return frozenset(await self.waiting())

    async def waiting_in(self, queue: str, limit: int) -> Sequence[Queued]:
        """Return what waits in a queue."""
        jobs = [job for job in (*self.waiting_jobs, *self.out.values()) if job.queue == queue]
        return [
            Queued(
                delivery_id=job.job_id,
                body=job.payload["body"],
                due_at=START,
                leased_until=job.expires_at if job.job_id in self.out else None,
            )
            for job in jobs[:limit]
        ]

    async def has(self, delivery_id: str) -> bool:
        """Tell whether a delivery is still to be made."""
        return delivery_id in {*self.out, *(job.job_id for job in self.waiting_jobs)}

    async def expired(self, now: datetime, limit: int) -> Sequence[Leased]:
        """Return what was claimed and has run out."""
        gone = [job for job in self.out.values() if job.expires_at <= now]
        return [
            Leased(
                delivery_id=job.job_id,
                task_id=job.lane,
                case_id=job.case_id,
                claim_no=job.claim_no,
            )
            for job in gone[:limit]
        ]

    async def overdue(self, ended_by: datetime, now: datetime, limit: int) -> Sequence[Leased]:
        """Return what was set as late, and keep what was asked."""
        self.asked_overdue.append((ended_by, now))
        return self.late[:limit]


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
    revoked: set[str] = field(default_factory=set)
    open_tasks: int = 0
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

    async def admits(self, code: str, _issued_at: datetime | None) -> bool:
        """Tell whether a department was not removed."""
        return code not in self.revoked

    async def pause(self, code: str, until: datetime) -> bool:
        """Pause one that is not disabled."""
        department = self.real[code].department
        if department.state is DepartmentState.DISABLED:
            return False
        paused = replace(department, state=DepartmentState.PAUSED, paused_until=until)
        self.real[code] = Registered(department=paused)
        return True

    async def resume(self, code: str) -> bool:
        """Make one active."""
        if code not in self.real:
            return False
        active = replace(
            self.real[code].department, state=DepartmentState.ACTIVE, paused_until=None
        )
        self.real[code] = Registered(department=active)
        return True

    async def remove(self, code: str) -> int | None:
        """Forget one."""
        if self.real.pop(code, None) is None:
            return None
        self.revoked.add(code)
        return self.open_tasks

    async def put(
        self, department: Department, secret: str | None, *, keep_state: bool = False
    ) -> Put:
        """Keep a department."""
        made = department.code not in self.real
        if keep_state and not made:
            known = self.real[department.code].department
            state, until = known.state, known.paused_until
            department = replace(department, state=state, paused_until=until)
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
    """Answers with one text for every case but those it leaves out, or with an error."""

    error: Exception | None = None
    left_out: set[UUID] = field(default_factory=set)
    asked: list[Sequence[UUID]] = field(default_factory=list)

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the text."""
        self.asked.append(case_ids)
        if self.error is not None:
            raise self.error
        told = Narrative(state=NarrativeState.TEXT, text="水管爆裂")
        return dict.fromkeys(set(case_ids) - self.left_out, told)


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
    waiting: list[ParkedEntry] = field(default_factory=list)
    left_behind: list[TaskEntry] = field(default_factory=list)

    async def find(self, task_id: UUID) -> TaskEntry | None:
        """Return a task."""
        return self.entries.get(task_id)

    async def updates(self, _task_id: UUID) -> Sequence[UpdateEntry]:
        """Return the updates."""
        return self.kept

    async def parked(self, after: UUID | None, limit: int) -> Sequence[ParkedEntry]:
        """Return what is parked."""
        found = [entry for entry in self.waiting if after is None or entry.task_id > after]
        return found[:limit]

    async def left(self, limit: int) -> Sequence[TaskEntry]:
        """Return what departments left."""
        return self.left_behind[:limit]


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
