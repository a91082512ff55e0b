"""One process: what its parts are made of, and with which code it ends."""

import asyncio
import gc
import signal
from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi import APIRouter
from structlog.testing import capture_logs
from tests.unit.civicloop_kit.counting import Count, counting_room
from tests.unit.civicloop_kit.memory import Memory
from tests.unit.civicloop_kit.test_settings import GOOD, KEY

from civicloop_contracts.codes import Service
from civicloop_kit import process
from civicloop_kit.command import CaseCommand
from civicloop_kit.commands import Commands
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.process import Kit, LateCommands, PartEndedError, Parts, _Process
from civicloop_kit.settings import ServiceSettings, load_settings
from civicloop_kit.startup import StartRefusedError

KEYRING_URL = "postgresql://nobody@nowhere/keyring"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set what every service is told."""
    for name, value in GOOD.items():
        monkeypatch.setenv(f"CIVICLOOP_{name}", value)
    return monkeypatch


def made(**settings: str) -> _Process:
    """Return the process of the small room."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (GOOD | settings).items():
            patch.setenv(f"CIVICLOOP_{name}", value)
        return _Process(Service.ROUTER, load_settings(ServiceSettings))


async def test_commands_wait_for_the_engine() -> None:
    """Who asks too early is told to come again."""
    late, memory, case_id = LateCommands(), Memory(), UUID(int=1)
    command = CaseCommand(case_id=case_id, body=Count(), principal="tester")
    with pytest.raises(UnavailableError):
        await late.submit(command)
    with pytest.raises(UnavailableError):
        await late.submit_all([command])
    late.join(Commands(memory.transactions(), b"s" * 32))
    await late.submit(command)
    await late.submit_all([command])
    assert memory.counted(case_id) == 2


@pytest.mark.parametrize(
    ("given", "url"),
    [({}, None), ({"KEYRING_URL": KEYRING_URL}, KEYRING_URL)],
    ids=["without", "with"],
)
def test_a_keyring_is_a_database_of_its_own(given: dict[str, str], url: str | None) -> None:
    """With two connections; a service without one opens none."""
    database = made(**given)._keyring_database()
    assert (database.url if database else None) == url
    assert database is None or (database._size, database._application) == (2, "router")


@pytest.mark.parametrize(
    ("given", "has_keyring"),
    [
        ({"KEYRING_URL": KEYRING_URL, "KEYRING_KEY": KEY}, True),
        ({"KEYRING_URL": KEYRING_URL}, False),
        ({"KEYRING_KEY": KEY}, False),
    ],
)
def test_a_keyring_needs_database_and_key(given: dict[str, str], has_keyring: bool) -> None:
    """One of them alone opens nothing."""
    one, other = made(**given), cast("Any", object())
    kit = one._kit(other, one._keyring_database(), other)
    assert (kit.keyring is not None) is has_keyring


async def test_a_room_is_built_with_what_the_process_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight connections, a client that follows nobody elsewhere, and signals that only stop."""
    one, kits, ran = made(KEYRING_URL=KEYRING_URL), list[Kit](), list[object]()
    parts = Parts(room=counting_room(), routers=[])

    def build(_settings: Any, kit: Kit) -> Parts[Any]:
        kits.append(kit)
        return parts

    async def run(*given: object) -> None:
        ran.extend(given)
        loop = asyncio.get_running_loop()
        assert loop.remove_signal_handler(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        await one._stopping.wait()
        raise process._StoppedError

    monkeypatch.setattr(one, "_run", run)
    with capture_logs() as logs:
        await one.serve(build)
    (kit,) = kits
    assert ran[:2] == [parts, kit]
    assert (kit.database._size, kit.database.url) == (8, GOOD["DATABASE_URL"])
    assert not kit.http_client.follow_redirects
    assert kit.http_client.timeout.read == 5
    assert [line["event"] for line in logs] == ["stopped_before_start"]


class Closing:
    """A database that notes that it was closed."""

    def __init__(self, closed: list[str], name: str) -> None:
        self._closed = closed
        self._name = name

    async def close(self) -> None:
        """Disconnect."""
        self._closed.append(self._name)


@pytest.mark.parametrize("given", [{}, {"KEYRING_URL": KEYRING_URL}])
async def test_every_database_is_closed_at_the_end(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring's, too, where there is one; also after a failure."""
    closed: list[str] = []

    def database(_url: str, *, application: str, size: int) -> Closing:
        return Closing(closed, f"{application} {size}")

    def build(_settings: Any, _kit: Kit) -> Parts[Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(process, "Database", database)
    with pytest.raises(ZeroDivisionError):
        await made(**given).serve(build)
    assert closed == ["router 8", "router 2"][: 1 + len(given)]


@pytest.mark.parametrize(
    ("error", "code"),
    [(StartRefusedError("run this"), "run this"), (PartEndedError(), 1)],
    ids=["refused", "a part ended"],
)
@pytest.mark.usefixtures("environment")
def test_the_end_of_a_process_has_a_code(
    error: Exception, code: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is said without a trace; a part that ended asks for a new start."""

    def run(step: Coroutine[Any, Any, None]) -> None:
        step.close()
        raise error

    monkeypatch.setattr(process, "uvloop", SimpleNamespace(run=run))
    monkeypatch.setattr(process, "configure_logs", lambda *_: None)
    monkeypatch.setattr(process, "configure_tracing", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        process.run(Service.ROUTER, ServiceSettings, lambda _settings, _kit: cast("Any", None))
    assert ended.value.code == code


async def test_a_server_leaves_signals_and_logs_to_the_process() -> None:
    """Three seconds for answers; no line per request, which would hold paths and addresses."""
    one = made(HTTP_PORT="8123")
    server = one._server(Parts(room=counting_room(), routers=[]), APIRouter())
    assert (server.config.host, server.config.port) == ("127.0.0.1", 8123)
    assert (server.config.access_log, server.config.log_config) == (False, None)
    assert server.config.timeout_graceful_shutdown == 3
    before = signal.getsignal(signal.SIGTERM)
    with server.capture_signals():
        assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def _own_collector() -> Iterator[None]:
    """Give the collector back as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_own_collector")
def test_the_collector_works_less_often_once_all_is_there() -> None:
    """What lives as long as the process is searched no more."""
    process._calm_collector()
    assert gc.get_threshold() == (50_000, 20, 50)
    assert gc.get_freeze_count() > 0
