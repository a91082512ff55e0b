"""One service, one process, one event loop: its parts start and stop together."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic

import httpx
import uvicorn
import uvloop
from fastapi import APIRouter

from civicloop_contracts.codes import Service
from civicloop_kit.admission import Opening, Phase
from civicloop_kit.auth import TokenVerifier
from civicloop_kit.checks import add_checks, database_check, rests
from civicloop_kit.clock import Clock, SystemClock
from civicloop_kit.command import CaseCommand, Reply
from civicloop_kit.commands import Commands
from civicloop_kit.engine import Engine, assemble, own_topic
from civicloop_kit.health import Health
from civicloop_kit.held import LOOK_EVERY_S, HeldWatch
from civicloop_kit.held_reads import HeldReads
from civicloop_kit.http import Refusals, make_app
from civicloop_kit.jobs import Jobs
from civicloop_kit.logs import configure_logs, get_logger, log_loop_errors
from civicloop_kit.operations import Operations
from civicloop_kit.operator_doors import OPERATOR_REFUSALS, operator_router
from civicloop_kit.positions import saved_positions
from civicloop_kit.postgres import Database, UnavailableError
from civicloop_kit.replies import FORGET_EVERY_S, ReplySweeper
from civicloop_kit.room import Room, S
from civicloop_kit.settings import ServiceSettings, SettingsT, load_settings
from civicloop_kit.startup import (
    StartRefusedError,
    check_schema,
    check_topics_not_ahead,
    expected_migrations,
    open_database,
    shipped_migrations,
)
from civicloop_kit.tracing import configure_tracing
from civicloop_kit.vault import Keyring
from civicloop_kit.watchdog import Watchdog
from civicloop_kit.worker import Worker

# Together with closing what is open this stays below 20 s, whatever does not answer.
STOP_WITHIN_S: Final = 9.0
# Python's own thresholds search the objects of each batch again and again: measured, a third of the
# processor time of a service under load.
COLLECT_AFTER: Final = (50_000, 20, 50)
ANSWER_WITHIN_S: Final = 3
_log = get_logger(__name__)


class PartEndedError(Exception):
    """A part ended by itself, and the process with it: it is started anew."""


class _StoppedError(Exception):
    """The process was told to stop before it had started."""


class LateCommands:
    """The commands of a room, for parts of it that are made before its engine is."""

    def __init__(self) -> None:
        self._real: Commands[Any] | None = None

    def join(self, commands: Commands[Any]) -> None:
        """Say which."""
        self._real = commands

    async def submit(self, command: CaseCommand) -> Reply:
        """Run a command (`Commands.submit`)."""
        return await self._joined.submit(command)

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Run commands together (`Commands.submit_all`)."""
        return await self._joined.submit_all(commands)

    @property
    def _joined(self) -> Commands[Any]:
        if self._real is None:
            raise UnavailableError(UnavailableError.__doc__)
        return self._real


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What a room is built with."""

    database: Database
    jobs: Jobs
    clock: Clock
    http_client: httpx.AsyncClient
    keyring: Keyring | None
    commands: LateCommands


@dataclass(frozen=True, kw_only=True)
class Parts(Generic[S]):
    """What a room is made of."""

    room: Room[S]
    routers: Sequence[APIRouter]
    refusals: Refusals = field(default_factory=dict)
    workers: Sequence[Worker] = ()


Build = Callable[[SettingsT, Kit], Parts[Any]]


def run(service: Service, kind: type[SettingsT], build: Build[SettingsT]) -> None:
    """Run a service until it is told to stop."""
    settings = load_settings(kind)
    configure_logs(service, settings.log_format)
    configure_tracing(service, settings.trace_ratio, settings.otlp_endpoint)
    try:
        uvloop.run(_Process(service, settings).serve(build))
    except StartRefusedError as error:
        sys.exit(str(error))
    except PartEndedError:
        sys.exit(1)


class _Process:
    """The parts of one running service."""

    def __init__(self, service: Service, settings: ServiceSettings) -> None:
        self._service = service
        self._settings = settings
        self._stopping = asyncio.Event()
        self._health = Health()
        self._dependencies = Health()
        self._opening = Opening(Phase.STARTING)

    async def serve(self, build: Callable[[Any, Kit], Parts[Any]]) -> None:
        log_loop_errors()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self._stopping.set)
        database = Database(
            self._settings.database_url.get_secret_value(), application=str(self._service), size=8
        )
        keyring_database = self._keyring_database()
        opened = [database, *([keyring_database] if keyring_database else [])]
        async with httpx.AsyncClient(follow_redirects=False, timeout=5.0) as http_client:
            try:
                kit = self._kit(database, keyring_database, http_client)
                await self._run(build(self._settings, kit), kit, keyring_database)
            except _StoppedError:
                _log.info("stopped_before_start")
            finally:
                await asyncio.gather(*(one.close() for one in opened))

    async def _start(
        self, room: Room[Any], database: Database, keyring_database: Database | None
    ) -> None:
        """Check what has to fit, while probes are answered; then reading doors, then all open."""
        await open_database(database, "CIVICLOOP_DATABASE_URL")
        await check_schema(database, expected_migrations(type(self._settings)))
        if keyring_database is not None:
            await open_database(keyring_database, "CIVICLOOP_KEYRING_URL")
            needed = shipped_migrations("civicloop_kit", "keyring_migrations")
            await check_schema(keyring_database, needed, name="keyring")
        self._opening.phase = Phase.READING
        topic = own_topic(room, self._settings.topic_prefix)
        await check_topics_not_ahead(database, self._settings.kafka, topic, room.source)

    async def _unless_ended(
        self, serving: asyncio.Task[None], step: Coroutine[Any, Any, None]
    ) -> None:
        """Do a step that may wait for ever for a broker or a database, while HTTP is served.

        Raises:
            _StoppedError: The process was told to stop.
            PartEndedError: HTTP is served no more.
        """
        loop = asyncio.get_running_loop()
        task, stop = loop.create_task(step), loop.create_task(self._stopping.wait())
        await asyncio.wait([task, stop, serving], return_when=asyncio.FIRST_COMPLETED)
        is_done = task.done()
        await _cancel([stop] if is_done else [task, stop])
        if is_done:
            task.result()
        elif serving.done():
            raise PartEndedError(PartEndedError.__doc__)
        else:
            raise _StoppedError

    def _keyring_database(self) -> Database | None:
        url = self._settings.keyring_url
        if url is None:
            return None
        return Database(url.get_secret_value(), application=str(self._service), size=2)

    def _kit(
        self, database: Database, keyring_database: Database | None, client: httpx.AsyncClient
    ) -> Kit:
        settings = self._settings
        keyring = None
        if keyring_database is not None and settings.keyring_key is not None:
            keyring = Keyring(keyring_database, settings.keyring_key)
        return Kit(
            database=database,
            jobs=Jobs(database, f"{self._service}-{settings.replica}"),
            clock=SystemClock(),
            http_client=client,
            keyring=keyring,
            commands=LateCommands(),
        )

    async def _run(self, parts: Parts[Any], kit: Kit, keyring_database: Database | None) -> None:
        engine = assemble(parts.room, self._settings, kit.database, kit.clock)
        self._health.add("start", self._opening.check)
        add_checks(self._health, kit.database, engine)
        self._dependencies.add("database", database_check(kit.database))
        operations = Operations(engine.transactions)
        server = self._server(parts, operator_router(HeldReads(kit.database), operations))
        serving = asyncio.create_task(server.serve())
        try:
            await self._unless_ended(
                serving, self._start(parts.room, kit.database, keyring_database)
            )
        except BaseException:
            await _stop_serving(server, serving)
            raise
        kit.commands.join(engine.commands)
        self._opening.phase = Phase.OPEN
        _calm_collector()
        await self._run_until_stopped(
            server,
            serving,
            self._working(parts, kit, engine, operations),
            [sender() for sender in engine.senders],
            engine,
        )

    def _working(
        self, parts: Parts[Any], kit: Kit, engine: Engine[Any], operations: Operations[Any]
    ) -> list[Coroutine[Any, Any, None]]:
        """Return what reads and decides, beside the doors."""
        timers = Worker("timers", engine.timers.fire_due)
        retries = Worker("operations", operations.step, idle_s=LOOK_EVERY_S)
        operations.wake = retries.wake
        held = Worker("held", HeldWatch(kit.database, kit.clock).look, idle_s=LOOK_EVERY_S)
        replies = Worker(
            "replies", ReplySweeper(kit.database, kit.clock).forget_old, idle_s=FORGET_EVERY_S
        )
        watchdog = Watchdog(
            engine.stream,
            engine.batches,
            self._dependencies,
            lambda: rests(engine),
            partial(saved_positions, kit.database),
        )
        workers = [worker.run() for worker in (*parts.workers, timers, held, retries, replies)]
        return [engine.stream.run(), watchdog.run(), *workers]

    async def _run_until_stopped(
        self,
        server: uvicorn.Server,
        serving: asyncio.Task[None],
        working: list[Coroutine[Any, Any, None]],
        sending: list[Coroutine[Any, Any, None]],
        engine: Engine[Any],
    ) -> None:
        """Stop in the order of need: accepting, reading, deciding, then what sends it."""
        loop = asyncio.get_running_loop()
        senders = [loop.create_task(part) for part in sending]
        workers = [loop.create_task(part) for part in working]
        stop = loop.create_task(self._stopping.wait())
        parts = [*senders, *workers, serving]
        done, _ = await asyncio.wait([*parts, stop], return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping")
        server.should_exit = True
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await asyncio.wait([serving])
                await _cancel(workers)
                await engine.commands.drain()
                await engine.facts.flush()
        await _cancel([*parts, stop])
        if stop not in done:
            for task in done:
                _log.error("part_ended", exc_info=task.exception())
            raise PartEndedError(PartEndedError.__doc__)

    def _server(self, parts: Parts[Any], operators: APIRouter) -> uvicorn.Server:
        settings = self._settings
        app = make_app(
            self._service,
            [*parts.routers, operators],
            {**parts.refusals, **OPERATOR_REFUSALS},
            tokens=TokenVerifier(settings.token_public_key),
            health=self._health,
            max_body_bytes=settings.max_body_bytes,
            opening=self._opening,
        )
        config = uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=ANSWER_WITHIN_S,
        )
        server = uvicorn.Server(config)
        # Signals are the process's: the server stops first, but not alone.
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        return server


async def _stop_serving(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await asyncio.wait([serving], timeout=STOP_WITHIN_S)
    await _cancel([serving])


def _calm_collector() -> None:
    """Search what lives as long as the process no more, and what is new less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _no_signals() -> Iterator[None]:
    yield
