"""The only place where the parts of the department adapter are joined."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.department import DepartmentFact
from civicloop_kit.auth import principal_ref
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from civicloop_kit.sealing import Sealer
from civicloop_kit.worker import Worker
from department_adapter import handlers, wire
from department_adapter.adapters.addresses import AddressGuard
from department_adapter.adapters.breakers import Breakers
from department_adapter.adapters.narratives import IntakeNarratives
from department_adapter.adapters.probe import WebhookProbe
from department_adapter.adapters.replay import REPLAY_PRINCIPAL, ReplayTransport
from department_adapter.adapters.signing import new_secret
from department_adapter.adapters.webhook import WebhookTransport, webhook_client
from department_adapter.domain.commands import (
    AbandonTask,
    RecordDelivery,
    RecordUpdate,
    ReleaseTask,
)
from department_adapter.domain.department import TransportName
from department_adapter.domain.errors import AdapterError
from department_adapter.domain.model import CaseTasks
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints import expiring, leaving, overdue, stream
from department_adapter.entrypoints.attempts import Attempts
from department_adapter.entrypoints.departments import DepartmentDesk, department_router
from department_adapter.entrypoints.expiring import ExpiredLeases
from department_adapter.entrypoints.gate import Gate
from department_adapter.entrypoints.http import TaskDesk, task_router
from department_adapter.entrypoints.leases import LeaseDesk
from department_adapter.entrypoints.leaving import LeftTasks
from department_adapter.entrypoints.overdue import OverdueCancellations
from department_adapter.entrypoints.parked import parked_router
from department_adapter.entrypoints.pull import pull_router
from department_adapter.entrypoints.refusals import REFUSALS
from department_adapter.entrypoints.worker import WORKER, DueTasks
from department_adapter.ports import CancelDeliveries, Narratives, QueueDelivery, QueueNotice
from department_adapter.settings import AdapterSettings
from department_adapter.store.effects import write_effects
from department_adapter.store.postgres import PostgresQueues, PostgresTasks
from department_adapter.store.registry import PostgresDepartments

# How late a retry may be; what is new wakes the worker.
LOOK_EVERY_S: Final = 0.5
# Only after a restart in the middle of a removal is anything found that nobody woke us for.
LOOK_FOR_LEFT_EVERY_S: Final = 5.0
# A cancellation waits for days: a minute more does not matter.
LOOK_FOR_OVERDUE_EVERY_S: Final = 60.0


class NoKeyringError(Exception):
    """The keyring is not configured: set CIVICLOOP_KEYRING_URL and CIVICLOOP_KEYRING_KEY."""


def main() -> None:
    """Run the service until it is told to stop."""
    run(Service.DEPARTMENT_ADAPTER, AdapterSettings, build)


def build(settings: AdapterSettings, kit: Kit) -> Parts[CaseTasks]:
    """Join the parts.

    Raises:
        NoKeyringError: Departments' words would have no key.
    """
    if kit.keyring is None:
        raise NoKeyringError(NoKeyringError.__doc__)

    def wake() -> None:
        for woken in (deliveries, left, leases):
            woken.wake()

    registry = PostgresDepartments(
        kit.database, Sealer(settings.keyring_key, b"department-secrets"), kit.clock
    )
    breakers = Breakers(threshold=settings.breaker_threshold, open_s=settings.breaker_open_s)
    guard = AddressGuard(allow_private=settings.allow_private_webhooks)
    webhook = WebhookTransport(webhook_client(guard), kit.clock)
    narratives = IntakeNarratives(kit.http_client, settings.intake_url, settings.service_token_file)
    tasks, queues = PostgresTasks(kit.database), PostgresQueues(kit.database)
    gate = Gate(registry, tasks)
    due = _due_tasks(settings, kit, registry, narratives, breakers, webhook, wake)
    expired = ExpiredLeases(queues=queues, recorder=kit.commands, clock=kit.clock)
    leases = LeaseDesk(
        gate=gate,
        departments=registry,
        jobs=kit.jobs,
        queues=queues,
        tasks=tasks,
        narratives=narratives,
        commands=kit.commands,
        expired=expired,
        clock=kit.clock,
    )
    deliveries = Worker(WORKER, due.deliver_due_tasks, idle_s=LOOK_EVERY_S)
    left = Worker(
        leaving.WORKER,
        LeftTasks(tasks=tasks, recorder=kit.commands).park,
        idle_s=LOOK_FOR_LEFT_EVERY_S,
    )
    cancellations = OverdueCancellations(
        queues=queues, recorder=kit.commands, clock=kit.clock, policy=settings.retry_policy
    )
    late = Worker(overdue.WORKER, cancellations.give_up, idle_s=LOOK_FOR_OVERDUE_EVERY_S)
    departments = DepartmentDesk(
        registry=registry,
        addresses=guard,
        breakers=breakers,
        probe=WebhookProbe(webhook),
        waiting=kit.jobs,
        in_flight=lambda: due.in_flight,
        new_secret=new_secret,
        clock=kit.clock,
        wake=wake,
    )
    updates = TaskDesk(
        gate=gate,
        commands=kit.commands,
        tasks=tasks,
        keyring=kit.keyring,
        key=settings.idempotency_key,
        wake=wake,
    )
    return Parts(
        room=make_room(settings.retry_policy, wake),
        routers=[
            task_router(updates),
            parked_router(tasks),
            department_router(departments),
            pull_router(leases),
        ],
        refusals=REFUSALS,
        workers=[deliveries, left, Worker(expiring.WORKER, expired.record), late],
    )


def make_room(policy: RetryPolicy, wake: Callable[[], None]) -> Room[CaseTasks]:
    """Return this room's part of the hot path; *wake* is called when deliveries were queued."""
    return Room(
        service=Service.DEPARTMENT_ADAPTER,
        source=DepartmentFact.source,
        state_type=CaseTasks,
        new_state=_new_state,
        on_fact=stream.routes(),
        to_contract=wire.to_contract,
        on_command={
            RecordUpdate: handlers.record_update,
            RecordDelivery: partial(handlers.record_delivery, policy=policy),
            ReleaseTask: handlers.release_task,
            AbandonTask: partial(handlers.abandon_task, policy=policy),
        },
        refusals=(AdapterError,),
        write_effects=write_effects,
        saved=partial(_wake_for_deliveries, wake),
    )


def _due_tasks(
    settings: AdapterSettings,
    kit: Kit,
    registry: PostgresDepartments,
    narratives: Narratives,
    breakers: Breakers,
    webhook: WebhookTransport,
    wake: Callable[[], None],
) -> DueTasks:
    replay = ReplayTransport(principal_ref(REPLAY_PRINCIPAL, settings.idempotency_key))
    return DueTasks(
        jobs=kit.jobs,
        recorder=kit.commands,
        departments=registry,
        queues=PostgresQueues(kit.database),
        narratives=narratives,
        attempts=Attempts({TransportName.WEBHOOK: webhook, TransportName.REPLAY: replay}, breakers),
        breakers=breakers,
        clock=kit.clock,
        wake=wake,
    )


def _new_state(case_id: UUID) -> CaseTasks:
    return CaseTasks(case_id=case_id)


def _wake_for_deliveries(wake: Callable[[], None], effects: Sequence[object]) -> None:
    kinds = QueueDelivery | QueueNotice | CancelDeliveries
    if any(isinstance(effect, kinds) for effect in effects):
        wake()
