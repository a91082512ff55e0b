"""Deliveries for departments that pull: leases, receipts, and what waits.

A lease is a claim that its department holds. Who sends no receipt in time had an attempt that
failed; the delivery is back at its place.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from civicloop_kit.auth import Principal
from civicloop_kit.clock import Clock
from civicloop_kit.command import CaseCommand, KeyedRequest, Reply
from civicloop_kit.jobs import Job, StaleClaimError
from civicloop_kit.logs import get_logger
from department_adapter import wire
from department_adapter.domain.commands import AttemptResult, RecordDelivery
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.domain.errors import AdapterError
from department_adapter.domain.model import TaskState
from department_adapter.entrypoints.attempts import Ended, command_of
from department_adapter.entrypoints.departments import NoSuchDepartmentError
from department_adapter.entrypoints.expiring import ExpiredLeases
from department_adapter.entrypoints.gate import Gate
from department_adapter.entrypoints.lease_bodies import (
    LeaseBody,
    LeasesView,
    LeaseView,
    ReceiptView,
    WaitingListView,
    lease_view,
    receipt_view,
    waiting_view,
)
from department_adapter.entrypoints.recording import MAX_RECORDED, Recorder, record_all
from department_adapter.entrypoints.worker import JobQueue
from department_adapter.ports import (
    Delivery,
    Departments,
    Narrative,
    Narratives,
    NarrativesUnavailableError,
    Queues,
    Tasks,
)

LEASE: Final = timedelta(seconds=60)
# How soon a delivery that another process queued is seen by who waits for it.
LOOK_EVERY_S: Final = 1.0
MAX_LISTED: Final = 200
_log = get_logger(__name__)


class NoPullError(AdapterError):
    """This department does not pull: its deliveries go to its webhook."""


class NoSuchLeaseError(AdapterError):
    """No such lease; a lease of another department is answered the same."""


class LeaseExpiredError(AdapterError):
    """The lease ran out and the delivery is back in its place: lease it again."""


class Submits(Recorder, Protocol):
    """Where commands go (`civicloop_kit.commands.Commands`)."""

    async def submit(self, command: CaseCommand) -> Reply:
        """Run a command; returns when it is saved."""


class LeaseDesk:
    """Hands deliveries out and takes receipts."""

    def __init__(  # noqa: PLR0913 - joined once in main
        self,
        *,
        gate: Gate,
        departments: Departments,
        jobs: JobQueue,
        queues: Queues,
        tasks: Tasks,
        narratives: Narratives,
        commands: Submits,
        expired: ExpiredLeases,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._departments = departments
        self._jobs = jobs
        self._queues = queues
        self._tasks = tasks
        self._narratives = narratives
        self._commands = commands
        self._expired = expired
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that something was queued: whoever waits looks at once."""
        self._woken.set()
        self._woken = asyncio.Event()

    async def lease(self, code: str, body: LeaseBody, caller: Principal) -> LeasesView:
        """Hand out what is due, or wait for it a while.

        Raises:
            RevokedTokenError, NoSuchDepartmentError, NoPullError: The caller gets nothing here.
        """
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + body.wait_s
        while True:
            woken = self._woken
            department = await self._own(code, caller)
            leases = await self._hand_out(department, body.max)
            left_s = give_up_at - loop.time()
            if leases or left_s <= 0:
                return LeasesView(
                    code=code,
                    state=department.state,
                    paused_until=department.paused_until,
                    leases=leases,
                )
            await _wait(woken, min(left_s, LOOK_EVERY_S))

    async def receipt(
        self, code: str, lease_id: str, caller: Principal, traceparent: str | None
    ) -> ReceiptView:
        """Take a receipt: the department has the delivery, and it is over.

        Raises:
            RevokedTokenError, NoSuchDepartmentError, NoSuchLeaseError: Not the caller's.
            NoPullError: Nobody leases what goes to a webhook.
            LeaseExpiredError: Somebody of the department has to lease it again.
        """
        await self._own(code, caller)
        lease = wire.read_lease(lease_id)
        entry = await self._tasks.find(lease.task_id) if lease else None
        if lease is None or entry is None or entry.department != code:
            raise NoSuchLeaseError
        command = _receipt(code, entry.case_id, lease, traceparent)
        try:
            reply = await self._commands.submit(command)
        except StaleClaimError as error:
            if await self._queues.has(lease.delivery_id):
                raise LeaseExpiredError from error
            # An answer to the task, or its end, has settled the delivery before.
            return receipt_view(lease, entry.state, repeated=True)
        return receipt_view(lease, TaskState(reply.body["state"]), repeated=reply.repeated)

    async def waiting(self, code: str, caller: Principal) -> WaitingListView:
        """Return what waits for a department; looking changes nothing.

        Raises:
            RevokedTokenError, NoSuchDepartmentError, NoPullError: There is nothing to see here.
        """
        await self._own(code, caller)
        found = await self._queues.waiting_in(code, MAX_LISTED)
        return WaitingListView(code=code, waiting=tuple(map(waiting_view, found)))

    async def _admit(self, code: str, caller: Principal) -> None:
        await self._gate.admit(caller)
        if caller.department != code and not caller.plays("operator"):
            raise NoSuchDepartmentError

    async def _own(self, code: str, caller: Principal) -> Department:
        await self._admit(code, caller)
        registered = (await self._departments.known()).get(code)
        if registered is None:
            raise NoSuchDepartmentError
        if registered.department.transport is not TransportName.PULL:
            raise NoPullError
        return registered.department

    async def _hand_out(self, department: Department, most: int) -> tuple[LeaseView, ...]:
        if department.state is not DepartmentState.ACTIVE:
            return ()
        # One moment for both: what runs out after it is counted before it is handed out again.
        now = self._clock.now()
        if await self._expired.record(now) >= MAX_RECORDED:
            # As many as fit ran out: there may be more, and none goes out uncounted.
            return ()
        jobs = await self._jobs.claim({department.code: most}, now, LEASE)
        deliveries = {job.job_id: wire.to_delivery(job) for job in jobs}
        narratives = await self._narratives_for(deliveries.values())
        told = [job for job in jobs if _is_told(deliveries[job.job_id], narratives)]
        await self._give_back([job for job in jobs if job not in told])
        return tuple(lease_view(job, deliveries[job.job_id], narratives) for job in told)

    async def _narratives_for(self, deliveries: Iterable[Delivery]) -> Mapping[UUID, Narrative]:
        """Return what reporters said, as far as intake answers."""
        cases = {delivery.case_id for delivery in deliveries if delivery.needs_narrative}
        if not cases:
            return {}
        try:
            return await self._narratives.fetch(list(cases))
        except NarrativesUnavailableError:
            _log.warning("narratives_unavailable", deliveries=len(cases))
            return {}

    async def _give_back(self, jobs: Sequence[Job]) -> None:
        """Let deliveries wait for a reason that is ours; it counts for nobody."""
        ended = (Ended(job=job, result=AttemptResult.WAITED) for job in jobs)
        await record_all(self._commands, [command_of(item) for item in ended])


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return


def _is_told(delivery: Delivery, narratives: Mapping[UUID, Narrative]) -> bool:
    return delivery.case_id in narratives or not delivery.needs_narrative


def _receipt(code: str, case_id: UUID, lease: wire.LeaseId, traceparent: str | None) -> CaseCommand:
    body = RecordDelivery(
        task_id=lease.task_id,
        delivery_id=lease.delivery_id,
        kind=lease.kind,
        claim_no=lease.claim_no,
        result=AttemptResult.DELIVERED,
    )
    return CaseCommand(
        case_id=case_id,
        body=body,
        principal=f"department:{code}",
        # The answer to a receipt may get lost: the second one is answered like the first.
        request=KeyedRequest(key=f"receipt:{lease}", target=str(lease), digest=b""),
        traceparent=traceparent,
    )
