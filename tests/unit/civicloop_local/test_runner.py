"""Runner: in order of need, again after a death, never after a stop."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from civicloop_local.errors import StackError
from civicloop_local.parts import Command, StepPart
from civicloop_local.processes import find
from civicloop_local.runner import Runner
from civicloop_local.state import PartState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WAIT_S = 20


@dataclass
class FakePart:
    """A part that runs a small Python program."""

    folder: Path
    program: str = "input()"
    ready: bool = True
    name: str = "fake"
    needs: tuple[str, ...] = ()
    address: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    look_every_s: float = 0.05
    starts: int = 0
    defect: Exception | None = None

    def prepare(self) -> None:
        """Count the starts."""
        self.starts += 1

    def command(self) -> Command:
        """Run the program; reading from nothing, it waits for its end."""
        waiting = "import time\nwhile True: time.sleep(1)"
        program = self.program if self.program != "input()" else waiting
        return Command(argv=(sys.executable, "-c", program), folder=self.folder, environment={})

    def is_ready(self) -> bool:
        """As told."""
        if self.defect is not None:
            raise self.defect
        return self.ready


@dataclass
class Changes:
    """Tells when the state of a part has become what a test waits for."""

    happened: threading.Condition = field(default_factory=threading.Condition)

    def note(self) -> None:
        """Something changed."""
        with self.happened:
            self.happened.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds."""
        with self.happened:
            assert self.happened.wait_for(condition, timeout=WAIT_S)


@dataclass
class Bench:
    """Makes runners and ends what they started."""

    folder: Path
    changes: Changes = field(default_factory=Changes)
    made: list[Runner] = field(default_factory=list)

    def start(self, part: FakePart | StepPart, *needs: threading.Event) -> Runner:
        """Run a part."""
        runner = Runner(
            part,
            PartState(name=part.name, address=""),
            log_file=self.folder / "part.log",
            needs=needs,
            changed=self.changes.note,
        )
        self.made.append(runner)
        runner.start()
        return runner


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A place for runners."""
    made = Bench(folder=tmp_path)
    yield made
    for runner in made.made:
        runner.finish(grace_s=5)
        runner.join(WAIT_S)


def test_a_part_becomes_ready(bench: Bench) -> None:
    """With its process and the time it took."""
    runner = bench.start(FakePart(bench.folder))
    bench.changes.wait_for(lambda: runner.state.ready)
    assert find(runner.state.process) is not None
    assert runner.state.seconds is not None
    assert runner.state.restarts == 0


def test_a_part_waits_for_what_it_needs(bench: Bench) -> None:
    """Nothing is started before."""
    need = threading.Event()
    part = FakePart(bench.folder)
    runner = bench.start(part, need)
    assert part.starts == 0
    need.set()
    bench.changes.wait_for(lambda: runner.state.ready)
    assert part.starts == 1


def test_a_killed_part_is_started_again(bench: Bench) -> None:
    """It is counted, and its new process is another one."""
    runner = bench.start(FakePart(bench.folder))
    bench.changes.wait_for(lambda: runner.state.ready)
    first = runner.state.process
    victim = find(first)
    assert victim is not None
    victim.kill()
    bench.changes.wait_for(lambda: runner.state.ready and runner.state.process != first)
    assert runner.state.restarts == 1


def test_a_part_that_cannot_run_says_why(bench: Bench) -> None:
    """With the last line that it wrote."""
    runner = bench.start(
        FakePart(bench.folder, program="raise SystemExit('no database')", ready=False)
    )
    bench.changes.wait_for(lambda: runner.state.restarts >= 1)
    assert "no database" in runner.state.failure
    assert not runner.state.ready


def test_a_failed_preparation_is_tried_again(bench: Bench) -> None:
    """What was missing may be there the next time."""
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StackError("not yet")

    runner = bench.start(StepPart(name="step", needs=(), work=work))
    bench.changes.wait_for(lambda: runner.state.ready)
    assert len(tries) == 2
    assert runner.state.failure == ""


def test_a_step_leaves_no_process(bench: Bench) -> None:
    """It is ready when its work is done."""
    runner = bench.start(StepPart(name="step", needs=(), work=lambda: None))
    assert runner.first_ready.wait(WAIT_S)
    runner.join(WAIT_S)
    assert runner.state.process is None
    assert runner.state.ready


def test_a_stopped_part_stays_down(bench: Bench) -> None:
    """Its end is not taken for a death."""
    part = FakePart(bench.folder)
    runner = bench.start(part)
    bench.changes.wait_for(lambda: runner.state.ready)
    runner.finish(grace_s=5)
    runner.join(WAIT_S)
    assert (part.starts, runner.state.ready, runner.state.process) == (1, False, None)


def test_lost_readiness_is_noticed(bench: Bench) -> None:
    """And its return; nobody has to ask, and nothing is restarted."""
    part = FakePart(bench.folder)
    runner = bench.start(part)
    bench.changes.wait_for(lambda: runner.state.ready)
    part.ready = False
    bench.changes.wait_for(lambda: not runner.state.ready)
    part.ready = True
    bench.changes.wait_for(lambda: runner.state.ready)
    assert (part.starts, runner.state.restarts) == (1, 0)


def test_a_part_that_cannot_be_asked_is_not_ready(bench: Bench) -> None:
    """A defect in its question does not end the thread that restarts it."""
    part = FakePart(bench.folder)
    runner = bench.start(part)
    bench.changes.wait_for(lambda: runner.state.ready)
    part.defect = RuntimeError("no such field")
    bench.changes.wait_for(lambda: not runner.state.ready)
    part.defect = None
    bench.changes.wait_for(lambda: runner.state.ready)
