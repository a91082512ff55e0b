"""A department as the adapter knows it: how it is reached, and how much at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from department_adapter.domain.errors import ImpossiblePauseError

DEFAULT_CONCURRENCY: Final = 8
MAX_CONCURRENCY: Final = 64
# A department that is away for longer is disabled or removed, and its tasks go elsewhere.
MAX_PAUSE: Final = timedelta(days=30)


class TransportName(StrEnum):
    """How a department gets its tasks."""

    WEBHOOK = "webhook"
    PULL = "pull"
    REPLAY = "replay"


class DepartmentState(StrEnum):
    """A paused or disabled department is not tried; its deliveries wait at their place.

    A pause ends by itself. A removed department is as unknown as one that never was.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """An entry of the registry.

    ``concurrency`` is how many deliveries may be under way at once, per process. ``url`` is set for
    the transports that need one.
    """

    code: str
    name_zh: str
    name_en: str
    transport: TransportName
    url: str | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    state: DepartmentState = DepartmentState.ACTIVE
    paused_until: datetime | None = None


def check_pause(until: datetime, now: datetime) -> None:
    """Look at the end of a pause.

    Raises:
        ImpossiblePauseError: It is past, or too far away.
    """
    if not now < until <= now + MAX_PAUSE:
        raise ImpossiblePauseError
