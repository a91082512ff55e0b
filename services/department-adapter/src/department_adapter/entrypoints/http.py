"""HTTP for departments: updates of their tasks, and what became of them."""

import dataclasses
import hmac
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civicloop_kit.auth import Principal, principal_ref, requires
from civicloop_kit.command import CaseCommand, KeyedRequest, Reply
from civicloop_kit.http import digest_of, traceparent_of
from civicloop_kit.ids import uuid7
from civicloop_kit.vault import seal
from department_adapter.domain.commands import Answer, RecordUpdate, ReleaseTask, Remark
from department_adapter.domain.model import TaskState
from department_adapter.entrypoints.bodies import (
    ReleasedView,
    TaskView,
    UpdateAnswer,
    UpdateBody,
    UpdatesView,
    UpdateView,
)
from department_adapter.entrypoints.gate import Gate
from department_adapter.ports import TaskEntry, Tasks

Department = Annotated[Principal, Depends(requires("department"))]
Reader = Annotated[Principal, Depends(requires("department", "operator"))]


class Submits(Protocol):
    """Where commands go (`civicloop_kit.commands.Commands`)."""

    async def submit(self, command: CaseCommand) -> Reply:
        """Run a command; returns when it is saved."""


class SubjectKeys(Protocol):
    """Where a remark gets its key (`civicloop_kit.vault.Keyring`)."""

    async def create(self, subjects: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Make and keep a key per subject."""


class TaskDesk:
    """Takes departments' updates; *key* makes the keyed hashes that facts and states hold."""

    def __init__(
        self,
        *,
        gate: Gate,
        commands: Submits,
        tasks: Tasks,
        keyring: SubjectKeys,
        key: bytes,
        wake: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._commands = commands
        self._tasks = tasks
        self._wake = wake
        self._keyring = keyring
        self._key = key

    async def task(self, task_id: UUID, caller: Principal) -> TaskEntry:
        """Return a task that the caller may see.

        Raises:
            NoSuchTaskError: Unknown, or another department's.
        """
        return await self._gate.task(task_id, caller, "operator")

    async def updates(self, task_id: UUID, caller: Principal) -> UpdatesView:
        """Return what became of a task's updates."""
        entry = await self.task(task_id, caller)
        updates = await self._tasks.updates(task_id)
        return UpdatesView(
            task_id=task_id,
            state=entry.state,
            updates=tuple(
                UpdateView(
                    update_id=item.update_id,
                    kind=item.kind,
                    fact="applied" if item.applied else "repeated",
                    state=item.state,
                    occurred_at=item.occurred_at,
                    recorded_at=item.recorded_at,
                )
                for item in updates
            ),
        )

    async def post(
        self, task_id: UUID, body: UpdateBody, caller: Principal, traceparent: str | None
    ) -> Reply:
        """Record an update; returns when it is saved."""
        entry = await self._gate.task(task_id, caller)
        answer = Answer(
            kind=body.kind,
            handler=principal_ref(caller.name, self._key),
            occurred_at=body.occurred_at,
            progress=body.progress,
            result=body.result,
            ground=body.ground,
            suspension=body.suspension,
            review_at=body.review_at,
            remark=await self._sealed(body.remark),
        )
        update = RecordUpdate(
            update_id=body.update_id, task_id=task_id, department=entry.department, answer=answer
        )
        return await self._commands.submit(
            CaseCommand(
                case_id=entry.case_id,
                body=update,
                # Update ids are the department's, whoever of it sends them.
                principal=f"department:{entry.department}",
                request=KeyedRequest(
                    key=str(body.update_id), target=str(task_id), digest=digest_of(body)
                ),
                traceparent=traceparent,
                # Source: protocol.md, 1: an update is known as long as its task.
                known_for_ever=True,
            )
        )

    async def release(
        self, task_id: UUID, caller: Principal, traceparent: str | None
    ) -> ReleasedView:
        """Have what is parked of a task tried now, as if it had never failed."""
        entry = await self._gate.task(task_id, caller, "operator")
        reply = await self._commands.submit(
            CaseCommand(
                case_id=entry.case_id,
                body=ReleaseTask(task_id=task_id),
                principal=caller.name,
                traceparent=traceparent,
            )
        )
        self._wake()
        return ReleasedView(task_id=task_id, state=TaskState(reply.body["state"]))

    async def _sealed(self, text: str | None) -> Remark | None:
        if text is None:
            return None
        # A fresh id for each try: a key is made once, and a repeat must not seal with a lost one.
        remark_id = uuid7()
        key = (await self._keyring.create([remark_id]))[remark_id]
        words = hmac.digest(self._key, b"words\0" + text.encode(), sha256).hex()[:16]
        return Remark(
            remark_id=remark_id, sealed=seal(key, text.encode(), remark_id.bytes), words=words
        )


def task_router(desk: TaskDesk) -> APIRouter:
    """Return the endpoints for tasks."""
    router = APIRouter(prefix="/v1/tasks", tags=["tasks"])

    @router.post(
        "/{task_id}/updates",
        status_code=HTTPStatus.CREATED,
        summary="Acknowledge (签收), progress, complete (处置), return (退单), ask (延期, 挂起)",
        responses={200: {"model": UpdateAnswer, "description": "Known already"}},
    )
    async def post_task_update(
        task_id: UUID, body: UpdateBody, caller: Department, request: Request, response: Response
    ) -> UpdateAnswer:
        reply = await desk.post(task_id, body, caller, traceparent_of(request))
        answer = UpdateAnswer.model_validate(reply.body)
        if reply.repeated or answer.fact == "repeated":
            response.status_code = HTTPStatus.OK
        return answer

    @router.get("/{task_id}/updates", summary="What became of a task's updates")
    async def get_task_updates(task_id: UUID, caller: Reader) -> UpdatesView:
        return await desk.updates(task_id, caller)

    @router.get("/{task_id}", summary="A task, as its department and operators see it")
    async def get_task(task_id: UUID, caller: Reader) -> TaskView:
        return TaskView(**dataclasses.asdict(await desk.task(task_id, caller)))

    @router.post("/{task_id}/release", summary="Have what is parked of a task tried now")
    async def release_task(task_id: UUID, caller: Reader, request: Request) -> ReleasedView:
        return await desk.release(task_id, caller, traceparent_of(request))

    return router
