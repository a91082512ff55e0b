"""A department as the adapter knows it: how it is reached, and how much at once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_CONCURRENCY: Final = 8
MAX_CONCURRENCY: Final = 64


class TransportName(StrEnum):
    """How a department gets its tasks."""

    WEBHOOK = "webhook"
    REPLAY = "replay"


class DepartmentState(StrEnum):
    """A disabled department is not tried; its deliveries wait."""

    ACTIVE = "active"
    DISABLED = "disabled"


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
