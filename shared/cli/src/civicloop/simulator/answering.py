"""The updates of the simulated departments: sent by HTTP until the adapter has them."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from civicloop.simulator.desk import Desk
from civicloop.simulator.journal import Event, Journal
from civicloop.simulator.plan import Step, Work, plan
from civicloop.simulator.script import NO_SCRIPT, Script

FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 5.0
# Enough to keep up with a storm, few enough to leave the adapter room for others.
MAX_AT_ONCE: Final = 16
_SERVER_ERRORS: Final = HTTPStatus.INTERNAL_SERVER_ERROR
_SEND_AGAIN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


class Answering:
    """Handles tasks: each on its own plan, a bounded number of requests at once."""

    def __init__(  # noqa: PLR0913 - joined once in running
        self,
        *,
        client: httpx.AsyncClient,
        token: Callable[[str], str],
        journal: Journal,
        desk: Desk,
        seconds: tuple[float, float],
        now: Callable[[], datetime],
        script: Script = NO_SCRIPT,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self._client = client
        self._token = token
        self._journal = journal
        self._desk = desk
        self._seconds = seconds
        self._now = now
        self._script = script
        self._first_wait_s = first_wait_s
        self._places = asyncio.Semaphore(MAX_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, work: Work) -> None:
        """Start on a task."""
        task = asyncio.get_running_loop().create_task(self._handle(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait until everything is said."""
        await asyncio.gather(*self._running)

    async def stop(self) -> None:
        """Leave everything as it is; a restart goes on from the journal."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _handle(self, work: Work) -> None:
        waited = 0.0
        steps = plan(work, self._script, self._seconds)
        for step in steps:
            await asyncio.sleep(step.after_s - waited)
            waited = step.after_s
            if self._desk.work(work.task_id) is None:
                return
            status = await self._send(work, step)
            is_final = step is steps[-1] or status >= HTTPStatus.BAD_REQUEST
            await self._journal.append([self._entry(work, step, status, is_final=is_final)])
            if is_final:
                self._desk.finish(work.task_id)
                return

    async def _send(self, work: Work, step: Step) -> int:
        """Send an update until it is taken or refused; returns the status."""
        wait_s = self._first_wait_s
        while True:
            async with self._places:
                status = await self._post(work, step.update)
            if status is not None:
                return status
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _post(self, work: Work, update: Mapping[str, Any]) -> int | None:
        """Return the status, or None when it has to be sent again."""
        try:
            response = await self._client.post(
                f"/v1/tasks/{work.task_id}/updates",
                json=update,
                headers={"Authorization": f"Bearer {self._token(work.department)}"},
            )
        except httpx.HTTPError:
            return None
        status = response.status_code
        return None if status in _SEND_AGAIN or status >= _SERVER_ERRORS else status

    def _entry(
        self, work: Work, step: Step, status: int, *, is_final: bool
    ) -> Mapping[str, object]:
        return {
            "event": Event.ANSWERED,
            "at": self._now().isoformat(),
            "department": work.department,
            "delivery_id": work.delivery_id,
            "task_id": str(work.task_id),
            "update_id": step.update["update_id"],
            "kind": step.kind,
            "status": status,
            "final": is_final,
        }
