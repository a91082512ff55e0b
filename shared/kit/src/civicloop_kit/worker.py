"""Run a step again and again: at once while there is work, else when woken or after a while."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from civicloop_kit.backoff import Backoff
from civicloop_kit.logs import get_logger
from civicloop_kit.postgres import ConflictError, UnavailableError

_log = get_logger(__name__)


class Worker:
    """One kind of work beside the stream.

    ``step`` does what there is to do now and returns how much that was. It may be cancelled at any
    await point, so it records nothing that it has not finished.
    """

    def __init__(
        self, name: str, step: Callable[[], Awaitable[int]], *, idle_s: float = 1.0
    ) -> None:
        self.name = name
        self._step = step
        self._idle_s = idle_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be work."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        backoff = Backoff()
        while True:
            self._woken.clear()
            try:
                done = await self._step()
            except (UnavailableError, ConflictError) as error:
                _log.warning("worker_waits", worker=self.name, error=type(error).__name__)
                await backoff.wait()
                continue
            except Exception:  # noqa: BLE001 - a bug costs this case, caller or step only
                _log.exception("worker_failed", worker=self.name)
                await backoff.wait()
                continue
            backoff.reset()
            if not done:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle_s):
                        await self._woken.wait()
