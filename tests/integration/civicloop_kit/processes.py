"""Start the small service as a process, watch it, end it."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.integration.civicloop_kit.world import World, until

ROOT = Path(__file__).parents[3]
MODULE = "tests.integration.civicloop_kit.service"


class Process:
    """A started service."""

    def __init__(self, world: World, environment: Mapping[str, str | None]) -> None:
        self.port = _free_port()
        settings = {**world.environment, "CIVICLOOP_HTTP_PORT": str(self.port), **environment}
        self._popen = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=ROOT,
            env={name: value for name, value in settings.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.output = ""
        self._reading = asyncio.get_running_loop().run_in_executor(None, self._read)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    async def ready(self) -> None:
        """Wait until it is ready."""
        async with httpx.AsyncClient() as client:
            await until(lambda: self._is_ready(client))

    async def ended(self, within_s: float = 30.0) -> int:
        """Wait for its end and return its exit code."""
        async with asyncio.timeout(within_s):
            await self._reading
        return self._popen.wait()

    async def kill(self) -> None:
        """End it at once, if it has not ended."""
        self._popen.kill()
        await self._reading
        self._popen.wait()

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        code = self._popen.poll()
        assert code is None, f"ended with {code}: {self.output}"
        try:
            response = await client.get(f"{self.url}/readyz")
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self.output += line.decode()


@asynccontextmanager
async def started(world: World, **environment: str | None) -> AsyncIterator[Process]:
    """Start the service, a setting of None left out; it is gone after the block."""
    changes = {f"CIVICLOOP_{name}": value for name, value in environment.items()}
    process = Process(world, changes)
    try:
        yield process
    finally:
        await process.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
