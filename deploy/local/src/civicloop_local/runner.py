"""Keeps one part running: starts it when its needs are met, looks after it, again when it dies."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Final

from civicloop_local.errors import StackError
from civicloop_local.logs import last_lines
from civicloop_local.processes import end, identify, spawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from civicloop_local.parts import Part
    from civicloop_local.state import PartState

FIRST_DELAY_S: Final = 0.5
MAX_DELAY_S: Final = 30.0
# A part that ran this long has recovered: its next death is a new story.
HEALTHY_AFTER_S: Final = 60.0
READY_INTERVAL_S: Final = 0.1
log: Final = logging.getLogger("civicloop.supervisor")


class Runner(threading.Thread):
    """One part's thread; `changed` is called whenever its state changes."""

    def __init__(
        self,
        part: Part,
        state: PartState,
        *,
        log_file: Path,
        needs: tuple[threading.Event, ...],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name=part.name, daemon=True)
        self.part = part
        self.state = state
        self.first_ready = threading.Event()
        self._log_file = log_file
        self._needs = needs
        self._changed = changed
        self._stopping = threading.Event()
        self._spawning = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the part and start it again, until told to stop."""
        for need in self._needs:
            while not need.wait(READY_INTERVAL_S):
                if self._stopping.is_set():
                    return
        delay = FIRST_DELAY_S
        while not self._stopping.is_set():
            began = time.monotonic()
            finished = self._live()
            if finished or self._stopping.is_set():
                return
            if time.monotonic() - began > HEALTHY_AFTER_S:
                delay = FIRST_DELAY_S
            log.warning("restarting part=%s in_s=%s why=%s", self.name, delay, self.state.failure)
            self._stopping.wait(delay)
            delay = min(delay * 2, MAX_DELAY_S)
            self.state.restarts += 1

    def ask_to_stop(self) -> None:
        """Start nothing any more."""
        self._stopping.set()

    def finish(self, grace_s: float) -> None:
        """End the part's process and wait for it."""
        self.ask_to_stop()
        with self._spawning:
            process = self.state.process
        if process is not None:
            end([process], grace_s=grace_s, first=self.part.stop_signal)
        if self._process is not None:
            self._process.wait()
        self._update(ready=False, running=False)

    def _live(self) -> bool:
        """One life of the part; True when nothing is left to run."""
        began = time.monotonic()
        try:
            self.part.prepare()
        except StackError as error:
            return self._failed(str(error))
        except Exception as error:  # a defect in a part must not end the supervisor's other parts
            log.exception("part=%s could not be prepared", self.name)
            return self._failed(f"{type(error).__name__}: see `civicloop logs supervisor`")
        if not self._spawn():
            self._became_ready(began)
            return True
        if self._wait_until_ready():
            self._became_ready(began)
        process = self._process
        if process is not None:
            self._died(self._look_after(process))
        return False

    def _look_after(self, process: subprocess.Popen[bytes]) -> int:
        """Ask now and then whether it still is ready; return its exit code once it has ended."""
        while True:
            try:
                return process.wait(self.part.look_every_s)
            except subprocess.TimeoutExpired:
                ready = self._is_ready()
            # Who is being ended is not ready any more, whatever it answered just before.
            if ready != self.state.ready and not self._stopping.is_set():
                log.warning("part=%s ready=%s", self.name, ready)
                self._update(ready=ready)

    def _is_ready(self) -> bool:
        try:
            return self.part.is_ready()
        except Exception:  # a defect in a part must not end the thread that restarts it
            log.exception("part=%s could not be asked", self.name)
            return False

    def _spawn(self) -> bool:
        command = self.part.command()
        if command is None:
            return False
        with self._spawning:
            if not self._stopping.is_set():
                self._process = spawn(command, self._log_file)
                self.state.process = identify(self._process.pid)
        self._changed()
        return True

    def _wait_until_ready(self) -> bool:
        while self._process is not None and self._process.poll() is None:
            if self._is_ready():
                return True
            if self._stopping.wait(READY_INTERVAL_S):
                return False
        return False

    def _became_ready(self, began: float) -> None:
        if self.state.seconds is None:
            self.state.seconds = round(time.monotonic() - began, 1)
        self.state.failure = ""
        self._update(ready=True)
        self.first_ready.set()
        log.info("part=%s ready=True seconds=%.1f", self.name, time.monotonic() - began)

    def _died(self, code: int) -> None:
        last = (last_lines(self._log_file, 1) or ["its log is empty"])[0][:200]
        self.state.failure = f"ended with {code}: {last}"
        self._update(ready=False, running=False)

    def _failed(self, reason: str) -> bool:
        self.state.failure = reason
        self._update(ready=False, running=False)
        return False

    def _update(self, *, ready: bool, running: bool = True) -> None:
        self.state.ready = ready
        if not running:
            self.state.process = None
        self._changed()
