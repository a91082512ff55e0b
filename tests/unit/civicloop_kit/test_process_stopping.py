"""How a process waits for its start, and in which order it stops."""

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from tests.unit.civicloop_kit.counting import counting_room
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.test_process import KEYRING_URL, made

from civicloop_kit import process
from civicloop_kit.admission import Phase
from civicloop_kit.postgres import Database
from civicloop_kit.process import PartEndedError, Parts
from civicloop_kit.startup import StartRefusedError

Step = Coroutine[Any, Any, None]


class Server:
    """Serves until it is told to stop, and a while longer."""

    def __init__(self, *, needs_s: float = 0.0, error: Exception | None = None) -> None:
        self.ended_at: float | None = None
        self._told = asyncio.Event()
        self._needs_s = needs_s
        self._error = error

    @property
    def should_exit(self) -> bool:
        """Whether it was told to stop."""
        return self._told.is_set()

    @should_exit.setter
    def should_exit(self, told: bool) -> None:
        assert told
        self._told.set()

    async def serve(self) -> None:
        """Serve."""
        if self._error is not None:
            raise self._error
        await self._told.wait()
        await asyncio.sleep(self._needs_s)
        self.ended_at = seconds()


class Stop:
    """A process that is told to stop after two seconds; what then happens, in order."""

    def __init__(self, *, needs_s: float = 0.0, drains: bool = True) -> None:
        self.order: list[str] = []
        self.server = Server(needs_s=needs_s)
        self.process = made()
        self.told = True
        self._drains = drains

    def run(self, *parts: Step) -> float:
        """Run until all is stopped; returns how long that took."""

        async def run() -> float:
            if self.told:
                asyncio.get_running_loop().call_later(2, self.process._stopping.set)
            serving = asyncio.create_task(self.server.serve())
            await self.process._run_until_stopped(
                cast("Any", self.server),
                serving,
                [self.part("worker"), *parts],
                [self.part("sender")],
                self._engine(),
            )
            assert serving.done()
            return seconds()

        return hurried(run())

    async def part(self, name: str) -> None:
        """Run until cancelled, and fail at that."""
        try:
            await asyncio.Event().wait()
        finally:
            self.order.append(name)
            raise ZeroDivisionError

    def _engine(self) -> Any:
        return SimpleNamespace(
            commands=SimpleNamespace(drain=self._noting("drained")),
            facts=SimpleNamespace(flush=self._noting("flushed")),
        )

    def _noting(self, word: str) -> Callable[[], Step]:
        async def step() -> None:
            if not self._drains:
                await asyncio.Event().wait()
            self.order.append(word)

        return step


async def ending() -> None:
    """Be a part that ends by itself."""
    await asyncio.sleep(1)


def test_what_accepts_stops_first_and_what_sends_last() -> None:
    """Then nothing new comes, nothing is decided any more, and what was decided is sent."""
    stop = Stop()
    assert stop.run() == 2
    assert stop.order == ["worker", "drained", "flushed", "sender"]


def test_an_answer_that_takes_time_is_waited_for() -> None:
    """Workers work on meanwhile."""
    stop = Stop(needs_s=5)
    assert (stop.run(), stop.server.ended_at) == (7, 7)


@pytest.mark.parametrize(
    ("stop", "order"),
    [
        (Stop(needs_s=60), {"worker", "sender"}),
        (Stop(drains=False), {"worker", "sender"}),
    ],
    ids=["an answer never ends", "the database never answers"],
)
def test_a_stop_has_its_time(stop: Stop, order: set[str]) -> None:
    """After nine seconds all is cancelled, whatever does not answer."""
    assert stop.run() == 11
    assert set(stop.order) == order


@pytest.mark.parametrize("failing", [True, False])
def test_a_part_that_ends_stops_all(*, failing: bool) -> None:
    """In the same order; the log says why, where there was a reason."""
    stop = Stop()
    stop.told = False

    async def fail() -> None:
        await asyncio.sleep(1)
        raise KeyError

    with capture_logs() as logs, pytest.raises(PartEndedError):
        stop.run(fail() if failing else ending())
    assert stop.order == ["worker", "drained", "flushed", "sender"]
    assert [line["event"] for line in logs] == ["stopping", "part_ended"]
    assert isinstance(logs[1]["exc_info"], KeyError) is failing


async def starting(step: Step, server: Server, *, stop_after_s: float | None = None) -> float:
    """Do a step of the start; returns how long it took."""
    one = made()
    if stop_after_s is not None:
        asyncio.get_running_loop().call_later(stop_after_s, one._stopping.set)
    serving = asyncio.create_task(server.serve())
    before = asyncio.all_tasks()
    try:
        await one._unless_ended(serving, step)
    finally:
        server.should_exit = True
        # What waited for it is gone, and HTTP is served on.
        assert asyncio.all_tasks() <= before
    return seconds()


def test_a_start_that_ends_goes_on() -> None:
    """HTTP is served meanwhile and after."""
    server = Server()
    assert hurried(starting(ending(), server)) == 1


def test_a_start_that_is_refused_says_so() -> None:
    """With its own error."""

    async def refuse() -> None:
        raise StartRefusedError

    with pytest.raises(StartRefusedError):
        hurried(starting(refuse(), Server()))


@pytest.mark.parametrize(
    ("server", "error"),
    [(Server(), process._StoppedError), (Server(error=OSError()), PartEndedError)],
    ids=["told to stop", "the port is taken"],
)
def test_a_start_that_waits_is_ended(server: Server, error: type[Exception]) -> None:
    """What it waits for may never come: it is cancelled."""
    left: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append("waits no more")

    with pytest.raises(error):
        hurried(starting(wait(), server, stop_after_s=3))
    assert left == ["waits no more"]


def test_a_start_that_fails_serves_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP ends before the process does; a request that never ends is cut off."""
    server = Server(needs_s=60)
    one = made()

    async def refuse(*_: object) -> None:
        await asyncio.sleep(1)
        raise StartRefusedError

    monkeypatch.setattr(one, "_server", lambda *_: server)
    monkeypatch.setattr(one, "_start", refuse)

    async def run() -> float:
        database = Database("postgresql://nobody@nowhere/none", application="router")
        kit = one._kit(database, None, cast("Any", object()))
        with pytest.raises(StartRefusedError):
            await one._run(Parts(room=counting_room(), routers=[]), kit, None)
        assert server.should_exit
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return seconds()

    assert hurried(run()) == 10


@pytest.mark.parametrize("has_keyring", [True, False])
async def test_a_start_checks_what_there_is(
    monkeypatch: pytest.MonkeyPatch, *, has_keyring: bool
) -> None:
    """Each database with its own tables; reading doors open before the topics are compared."""
    one, checked = made(KEYRING_URL=KEYRING_URL), list[object]()

    async def opened(database: object, setting: str) -> None:
        checked.append((database, setting))

    async def schema(database: object, expected: frozenset[str], *, name: str = "database") -> None:
        checked.append((database, name, "0001.keyring" in expected))

    async def topics(database: object, _access: object, topic: str, source: str) -> None:
        checked.append((database, topic, source, one._opening.phase))

    monkeypatch.setattr(process, "open_database", opened)
    monkeypatch.setattr(process, "check_schema", schema)
    monkeypatch.setattr(process, "check_topics_not_ahead", topics)
    own, keyring = cast("Any", "own"), cast("Any", "keys") if has_keyring else None
    await one._start(counting_room(), own, keyring)
    keys = [("keys", "CIVICLOOP_KEYRING_URL"), ("keys", "keyring", True)]
    assert checked == [
        ("own", "CIVICLOOP_DATABASE_URL"),
        ("own", "database", False),
        *(keys if has_keyring else []),
        ("own", "router.tasks", "/router/tasks", Phase.READING),
    ]
