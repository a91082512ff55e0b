"""HTTP for operators: the registry of departments."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Response

from civicloop_contracts.fact import DepartmentCode
from civicloop_kit.auth import requires
from civicloop_kit.clock import Clock
from civicloop_kit.ids import uuid7
from civicloop_kit.logs import get_logger
from department_adapter.domain.department import Department, TransportName, check_pause
from department_adapter.domain.errors import AdapterError
from department_adapter.entrypoints.department_bodies import (
    CheckView,
    DepartmentBody,
    DepartmentsView,
    DepartmentView,
    PauseBody,
    ProbeView,
    RemovedView,
    SecretView,
)
from department_adapter.ports import Addresses, Breakers, Probe, Registered, Registry
from department_adapter.wire import REPLAY_QUEUE

Code = Annotated[DepartmentCode, Path(description="A department's code.")]
_log = get_logger(__name__)


class NoSuchDepartmentError(AdapterError):
    """No such department: add it with `civicloop department add`."""


class NoWebhookError(AdapterError):
    """The department has no webhook: it has neither a secret nor an address to test."""


class DisabledError(AdapterError):
    """The department is disabled, so there is nothing to pause: resume it first."""


class ReservedCodeError(AdapterError):
    """This code is kept for imported histories: take another one."""


class Waiting(Protocol):
    """How much waits (`civicloop_kit.jobs.Jobs`)."""

    async def waiting(self) -> Mapping[str, int]:
        """Return how many jobs each queue has that are not parked."""


class DepartmentDesk:
    """Keeps the registry; *wake* tells the worker that there may be something to deliver."""

    def __init__(  # noqa: PLR0913 - joined once in main
        self,
        *,
        registry: Registry,
        addresses: Addresses,
        breakers: Breakers,
        probe: Probe,
        waiting: Waiting,
        in_flight: Callable[[], Mapping[str, int]],
        new_secret: Callable[[], str],
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._addresses = addresses
        self._breakers = breakers
        self._probe = probe
        self._waiting = waiting
        self._in_flight = in_flight
        self._new_secret = new_secret
        self._clock = clock
        self._wake = wake

    async def put(self, code: str, body: DepartmentBody) -> tuple[DepartmentView, bool]:
        """Make or change a department; returns it and whether it is new.

        Raises:
            ReservedCodeError, ForbiddenAddressError, UnknownHostError: Nothing was changed.
        """
        if code == REPLAY_QUEUE:
            raise ReservedCodeError
        if body.url is not None:
            await self._addresses.check(body.url)
        is_webhook = body.transport is TransportName.WEBHOOK
        secret = self._new_secret() if is_webhook else None
        department = Department(code=code, **body.model_dump(exclude_none=True))
        put = await self._registry.put(department, secret, keep_state=body.state is None)
        _log.info("department_put", department=code, made=put.made)
        self._wake()
        view = await self.view(code)
        return view.model_copy(update={"secret": secret if put.new_secret else None}), put.made

    async def views(self) -> tuple[DepartmentView, ...]:
        """Return the registry."""
        waiting = await self._waiting.waiting()
        return tuple(
            self._view(registered.department, waiting)
            for registered in (await self._registry.reread()).values()
        )

    async def view(self, code: str) -> DepartmentView:
        """Return one department.

        Raises:
            NoSuchDepartmentError: There is none.
        """
        registered = await self._find(code)
        return self._view(registered.department, await self._waiting.waiting())

    async def rotate(self, code: str) -> SecretView:
        """Give a webhook a new secret.

        Raises:
            NoSuchDepartmentError, NoWebhookError: There is nothing to rotate.
        """
        await self._find(code)
        secret = self._new_secret()
        until = await self._registry.rotate(code, secret)
        if until is None:
            raise NoWebhookError
        _log.info("department_secret_rotated", department=code)
        return SecretView(code=code, secret=secret, previous_valid_until=until)

    async def pause(self, code: str, until: datetime) -> DepartmentView:
        """Leave a department alone for a while; its deliveries wait at their place.

        Raises:
            NoSuchDepartmentError, DisabledError, ImpossiblePauseError: Nothing was changed.
        """
        await self._find(code)
        check_pause(until, self._clock.now())
        if not await self._registry.pause(code, until):
            raise DisabledError
        _log.info("department_paused", department=code)
        return await self.view(code)

    async def resume(self, code: str) -> DepartmentView:
        """Try a department again, at once.

        Raises:
            NoSuchDepartmentError: There is none.
        """
        if not await self._registry.resume(code):
            raise NoSuchDepartmentError
        _log.info("department_resumed", department=code)
        self._wake()
        return await self.view(code)

    async def remove(self, code: str) -> RemovedView:
        """Forget a department; what it has open is parked right after.

        Raises:
            NoSuchDepartmentError: There is none.
        """
        left = await self._registry.remove(code)
        if left is None:
            raise NoSuchDepartmentError
        _log.warning("department_removed", department=code, open_tasks=left)
        self._wake()
        return RemovedView(code=code, open_tasks=left)

    async def probe(self, code: str) -> ProbeView:
        """Try a webhook with samples.

        Raises:
            NoSuchDepartmentError, NoWebhookError: There is nothing to try.
        """
        registered = await self._find(code)
        if registered.department.transport is not TransportName.WEBHOOK:
            raise NoWebhookError
        checks = await self._probe.run(registered, uuid7())
        views = tuple(CheckView(**dataclasses.asdict(check)) for check in checks)
        return ProbeView(code=code, ok=all(check.ok for check in checks), checks=views)

    async def _find(self, code: str) -> Registered:
        registered = (await self._registry.reread()).get(code)
        if registered is None:
            raise NoSuchDepartmentError
        return registered

    def _view(self, department: Department, waiting: Mapping[str, int]) -> DepartmentView:
        return DepartmentView(
            **dataclasses.asdict(department),
            breaker=self._breakers.state(department.code),
            in_flight=self._in_flight().get(department.code, 0),
            waiting=waiting.get(department.code, 0),
        )


def department_router(desk: DepartmentDesk) -> APIRouter:
    """Return the endpoints for the registry."""
    operator = Depends(requires("operator"))
    router = APIRouter(prefix="/v1/departments", tags=["departments"], dependencies=[operator])

    @router.get("", summary="The registry of departments")
    async def get_departments() -> DepartmentsView:
        return DepartmentsView(departments=await desk.views())

    @router.get("/{code}", summary="A department: how it is reached, how it is with it now")
    async def get_department(code: Code) -> DepartmentView:
        return await desk.view(code)

    @router.put(
        "/{code}",
        summary="Make or change a department; a new webhook's secret is shown this once",
        responses={201: {"model": DepartmentView, "description": "Made"}},
    )
    async def put_department(
        code: Code, body: DepartmentBody, response: Response
    ) -> DepartmentView:
        view, made = await desk.put(code, body)
        response.status_code = HTTPStatus.CREATED if made else HTTPStatus.OK
        return view

    @router.post("/{code}/rotate-secret", summary="A new secret; the old one signs on for 24 h")
    async def rotate_department_secret(code: Code) -> SecretView:
        return await desk.rotate(code)

    @router.post(
        "/{code}/pause", summary="Leave a department alone for a while; it keeps its place"
    )
    async def pause_department(code: Code, body: PauseBody) -> DepartmentView:
        return await desk.pause(code, body.until)

    @router.post("/{code}/resume", summary="Try a paused or disabled department again, at once")
    async def resume_department(code: Code) -> DepartmentView:
        return await desk.resume(code)

    @router.delete("/{code}", summary="Forget a department: its open tasks go elsewhere")
    async def remove_department(code: Code) -> RemovedView:
        return await desk.remove(code)

    @router.post("/{code}/test", summary="Send samples to a webhook and say what to set right")
    async def test_department(code: Code) -> ProbeView:
        return await desk.probe(code)

    return router
