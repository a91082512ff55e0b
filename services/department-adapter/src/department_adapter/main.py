"""The only place where the parts of the department adapter are joined."""

from functools import partial
from uuid import UUID

from civicloop_contracts.codes import Service
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
from department_adapter.adapters.webhook import WebhookTransport, webhook_client
from department_adapter.domain.commands import RecordDelivery, RecordUpdate
from department_adapter.domain.department import TransportName
from department_adapter.domain.errors import AdapterError
from department_adapter.domain.model import CaseTasks
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints import stream
from department_adapter.entrypoints.attempts import Attempts
from department_adapter.entrypoints.departments import DepartmentDesk, department_router
from department_adapter.entrypoints.http import REFUSALS, TaskDesk, task_router
from department_adapter.entrypoints.worker import WORKER, DueTasks
from department_adapter.settings import AdapterSettings
from department_adapter.store.postgres import PostgresQueues, PostgresTasks, write_effects
from department_adapter.store.registry import PostgresDepartments

SOURCE = "/department/handling"
