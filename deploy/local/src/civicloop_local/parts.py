"""What the supervisor can start: a part says what it needs, how it starts and when it is ready."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from civicloop_local.services import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run; `user` is another user's id when it may not run as root."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    user: int | None = None


class Part(Protocol):
    """One part of the stack."""

    @property
    def name(self) -> str:
        """Its name in every list, log and message."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The parts that must be ready before it starts."""

    @property
    def address(self) -> str:
        """Where it listens, empty when nowhere."""

    @property
    def stop_signal(self) -> signal.Signals:
        """What makes it stop in order."""

    def prepare(self) -> None:
        """Do what its start needs; repeated at every start."""

    def command(self) -> Command | None:
        """What to run, or None when `prepare` was all of it."""

    def is_ready(self) -> bool:
        """Whether it does its work now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPart:
    """Work between two parts that leaves no process behind."""

    name: str
    needs: tuple[str, ...]
    work: Callable[[], None]
    address: str = ""
    stop_signal: signal.Signals = signal.SIGTERM

    def prepare(self) -> None:
        """Do the work."""
        self.work()

    def command(self) -> Command | None:
        """Nothing is left to run."""
        return None

    def is_ready(self) -> bool:
        """Done is ready."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePart:
    """One Civicloop service, ready when its `/readyz` says so."""

    service: Service
    address: str
    data: Path
    environment: Callable[[], Mapping[str, str]]
    needs: tuple[str, ...] = ("topics", "databases")
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    def prepare(self) -> None:
        """Make the folder that the service may write."""
        self.data.mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        """Run the service's module with this environment's Python."""
        return Command(
            argv=(sys.executable, "-m", self.service.module),
            folder=self.data,
            environment=self.environment(),
        )

    def is_ready(self) -> bool:
        """Ask the service itself."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 -- HTTP's own number
        except (OSError, urllib.error.URLError):
            return False
