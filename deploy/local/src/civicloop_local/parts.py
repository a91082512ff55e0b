"""What the supervisor can start: a part says what it needs, how it starts and when it is ready."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from civicloop_local.services import Service
    from civicloop_local.token_files import TokenFile

LOOK_EVERY_S: Final = 1.0
# A server is asked by a login of its own, which costs it more than a request costs a service.
LOOK_AT_SERVER_EVERY_S: Final = 5.0


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

    @property
    def look_every_s(self) -> float:
        """How often a running one is asked whether it still is ready."""

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
    look_every_s: float = LOOK_EVERY_S

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
    """One Civicloop service, ready when its `/readyz` says so.

    `token` is its own token's file, for a service that calls another.
    """

    service: Service
    address: str
    data: Path
    environment: Callable[[], Mapping[str, str]]
    token: TokenFile | None = None
    needs: tuple[str, ...] = ("topics", "databases")
    stop_signal: signal.Signals = signal.SIGTERM
    look_every_s: float = LOOK_EVERY_S

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    def prepare(self) -> None:
        """Make the folder that the service may write, and its token."""
        self.data.mkdir(parents=True, exist_ok=True)
        if self.token is not None:
            self.token.write()

    def renew(self) -> None:
        """Keep its token from ending while it runs."""
        if self.token is not None:
            self.token.renew()

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
