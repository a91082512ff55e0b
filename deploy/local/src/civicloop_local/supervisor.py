"""The process that owns a stack's parts: started by `up`, ended by `down`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local.assembly import assemble
from civicloop_local.errors import StackError
from civicloop_local.files import locked
from civicloop_local.layout import Layout
from civicloop_local.logs import rotate
from civicloop_local.parts import ServicePart
from civicloop_local.processes import ProcessId, find, identify
from civicloop_local.runner import Runner
from civicloop_local.state import PartState, State, write_state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from civicloop_local.parts import Part

TICK_S: Final = 1.0
# A service may take 20 s to finish its batch (protocol.md, 9).
GRACE_S: Final = 25.0
log: Final = logging.getLogger("civicloop.supervisor")


class Supervisor:
    """Runs the parts of one stack until it is told to stop."""

    def __init__(self, layout: Layout, parts: tuple[Part, ...]) -> None:
        self._layout = layout
        self._stop = threading.Event()
        self._writing = threading.Lock()
        self._state = State(supervisor=identify(os.getpid()))
        self._runners: dict[str, Runner] = {}
        for part in parts:
            self._add(part)

    def run(self, *, tied_to: ProcessId | None = None) -> None:
        """Start everything; return after everything has ended.

        `tied_to` is a process without which the stack is of no use, a test run for example.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stop.set())
        self._write()
        for runner in self._runners.values():
            runner.start()
        while not self._stop.wait(TICK_S):
            self._tick()
            if tied_to is not None and find(tied_to) is None:
                break
            if not self._layout.run.is_dir():
                break
        self._end()

    def _add(self, part: Part) -> None:
        state = PartState(name=part.name, address=part.address, stop_signal=part.stop_signal)
        needed = (self._runners[need].first_ready for need in part.needs if need in self._runners)
        self._state.parts.append(state)
        self._runners[part.name] = Runner(
            part,
            state,
            log_file=self._layout.log(part.name),
            needs=tuple(needed),
            changed=self._write,
        )

    def _tick(self) -> None:
        for runner in self._runners.values():
            rotate(self._layout.log(runner.name))
            if isinstance(runner.part, ServicePart):
                _renew(runner.part)
        rotate(self._layout.log("supervisor"))

    def _end(self) -> None:
        log.info("stopping")
        for runner in self._runners.values():
            runner.ask_to_stop()
        services = [r for r in self._runners.values() if isinstance(r.part, ServicePart)]
        others = [r for r in self._runners.values() if not isinstance(r.part, ServicePart)]
        _finish(services)
        _finish(others)
        log.info("stopped")

    def _write(self) -> None:
        # Somebody may have removed the folder below a running stack: its parts must still end.
        with self._writing, contextlib.suppress(FileNotFoundError):
            write_state(self._layout.state_file, self._state)


def main(arguments: list[str] | None = None) -> int:
    """Run the supervisor; `civicloop up` starts it, people do not."""
    parser = argparse.ArgumentParser(prog="civicloop-supervisor")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--tied-to", type=int)
    given = parser.parse_args(arguments)
    layout = Layout(home=given.home, cache=given.cache)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    with locked(layout.run / "supervisor.lock", wait=False) as alone:
        if not alone:
            log.error("another supervisor runs this stack")
            return 1
        try:
            parts = assemble(layout, tuple(given.parts.split(",")))
        except StackError as error:
            log.error("not started: %s", error)  # noqa: TRY400 -- the line says it all
            return 1
        tied_to = identify(given.tied_to) if given.tied_to else None
        Supervisor(layout, parts).run(tied_to=tied_to)
    return 0


def _renew(part: ServicePart) -> None:
    try:
        part.renew()
    except OSError as error:
        # Tried again at the next tick; the token in place is good for a while.
        log.warning("part=%s token not renewed: %s", part.name, error.strerror)


def _finish(runners: Iterable[Runner]) -> None:
    threads = [threading.Thread(target=runner.finish, args=(GRACE_S,)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
