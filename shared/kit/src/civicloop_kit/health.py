"""Whether a service works: its dependencies answer, and what it reads moves on."""

from collections.abc import Awaitable, Callable

# Returns what is wrong, or None.
Check = Callable[[], Awaitable[str | None]]


class Health:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Ask *check* whenever somebody wants to know."""
        self._checks[name] = check

    async def faults(self) -> dict[str, str]:
        """Return what is wrong, by check; empty when the service is ready."""
        found = {name: await check() for name, check in self._checks.items()}
        return {name: fault for name, fault in found.items() if fault}
