"""The department adapter with departments that answer at once: `python -m tests.bench.departments`.

The rest of the service is its own: claims, breakers, narratives from intake, results in Postgres.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from civicloop_contracts.codes import ResultCode, Service
from civicloop_kit.auth import principal_ref
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.worker import Worker
from department_adapter.adapters.breakers import Breakers
from department_adapter.adapters.narratives import IntakeNarratives
from department_adapter.domain.commands import Answer, UpdateKind
from department_adapter.domain.department import MAX_CONCURRENCY, Department, TransportName
from department_adapter.domain.model import CaseTasks
from department_adapter.entrypoints.attempts import Attempts
from department_adapter.entrypoints.worker import WORKER, DueTasks
from department_adapter.main import LOOK_EVERY_S, make_room
from department_adapter.ports import Delivery, Receipt, Registered
from department_adapter.settings import AdapterSettings
from department_adapter.store.postgres import PostgresQueues

from .reports import DEPARTMENT_BY_CODE

# The id of a delivery says which one it is; this URL is never asked.
_URL: Final = "http://localhost/"


class PromptDepartments:
    """Departments that take every delivery, and have done the work when they have read it."""

    def __init__(self, handler: str) -> None:
        self._receipt = Receipt(
            answers=(
                Answer(kind=UpdateKind.ACKNOWLEDGE, handler=handler),
                Answer(kind=UpdateKind.COMPLETE, handler=handler, result=ResultCode.DONE.value),
            )
        )

    async def deliver(self, _registered: Registered, _delivery: Delivery) -> Receipt:
        """Answer (`DepartmentTransport.deliver`)."""
        return self._receipt


class KnownDepartments:
    """A registry that does not change."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._known = {code: Registered(department=_department(code)) for code in codes}

    async def known(self) -> Mapping[str, Registered]:
        """Return all (`Departments.known`)."""
        return self._known

    async def reread(self) -> Mapping[str, Registered]:
        """Return all (`Departments.reread`)."""
        return self._known

    async def disable(self, code: str) -> None:
        """Refuse: none of them is ever gone."""
        raise NotImplementedError(code)


def build(settings: AdapterSettings, kit: Kit) -> Parts[CaseTasks]:
    """Join the parts as `department_adapter.main` does, but for who is at the other end."""

    def wake() -> None:
        worker.wake()

    handler = principal_ref("bench-handler", settings.idempotency_key)
    breakers = Breakers(threshold=settings.breaker_threshold, open_s=settings.breaker_open_s)
    due = DueTasks(
        jobs=kit.jobs,
        recorder=kit.commands,
        departments=KnownDepartments(list(DEPARTMENT_BY_CODE.values())),
        queues=PostgresQueues(kit.database),
        narratives=IntakeNarratives(
            kit.http_client, settings.intake_url, settings.service_token_file
        ),
        attempts=Attempts({TransportName.WEBHOOK: PromptDepartments(handler)}, breakers),
        breakers=breakers,
        clock=kit.clock,
        wake=wake,
    )
    worker = Worker(WORKER, due.deliver_due_tasks, idle_s=LOOK_EVERY_S)
    return Parts(room=make_room(settings.retry_policy, wake), routers=(), workers=(worker,))


def _department(code: str) -> Department:
    return Department(
        code=code,
        name_zh=code,
        name_en=code,
        transport=TransportName.WEBHOOK,
        url=_URL,
        concurrency=MAX_CONCURRENCY,
    )


if __name__ == "__main__":
    run(Service.DEPARTMENT_ADAPTER, AdapterSettings, build)
