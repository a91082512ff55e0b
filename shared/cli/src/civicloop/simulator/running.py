"""One process of simulated departments, from its journal to its webhook."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import uvicorn

from civicloop.simulator.answering import Answering
from civicloop.simulator.credentials import Secrets
from civicloop.simulator.desk import Desk
from civicloop.simulator.journal import Journal, read_journal
from civicloop.simulator.modes import Manners, Mode
from civicloop.simulator.receiving import Receiver, make_app
from civicloop.simulator.script import NO_SCRIPT, Script
from civicloop_local.errors import StackError

HOST: Final = "127.0.0.1"
REQUEST_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate; ``port`` 0 takes a free one, ``seconds`` is (least, most) per task."""

    codes: Sequence[str]
    port: int
    journal: Path
    secrets: Secrets
    adapter_url: str
    token: Callable[[str], str]
    mode: Mode = Mode.OK
    seconds: tuple[float, float] = (0.0, 2.0)
    script: Script = NO_SCRIPT


async def simulate(simulation: Simulation, listening: Callable[[int], None]) -> None:
    """Run until the process is told to stop; ``listening`` gets the port.

    Raises:
        StackError: The port is taken.
    """
    desk = Desk(_now)
    desk.recall(read_journal(simulation.journal))
    journal = Journal(simulation.journal)
    async with httpx.AsyncClient(
        base_url=simulation.adapter_url, timeout=REQUEST_TIMEOUT_S, trust_env=False
    ) as client:
        answering = Answering(
            client=client,
            token=simulation.token,
            journal=journal,
            desk=desk,
            seconds=simulation.seconds,
            now=_now,
            script=simulation.script,
        )
        receiver = Receiver(
            codes=frozenset(simulation.codes),
            secrets=simulation.secrets,
            journal=journal,
            desk=desk,
            manners=Manners(simulation.mode, simulation.script.down),
            work=answering.begin,
        )
        for work in desk.open_work():
            answering.begin(work)
        try:
            await _serve(receiver, simulation.port, listening)
        finally:
            await answering.stop()
            await journal.close()


async def _serve(receiver: Receiver, port: int, listening: Callable[[int], None]) -> None:
    app = make_app(receiver.receive)
    config = uvicorn.Config(app, host=HOST, port=port, log_level="warning", access_log=False)
    try:
        socket = config.bind_socket()
    except SystemExit as error:
        raise StackError(f"port {port} is taken: give another one with --port") from error
    listening(socket.getsockname()[1])
    await uvicorn.Server(config).serve(sockets=[socket])


def _now() -> datetime:
    return datetime.now(UTC)


def run_simulation(simulation: Simulation, listening: Callable[[int], None]) -> None:
    """Run `simulate` in an event loop of its own."""
    asyncio.run(simulate(simulation, listening))
