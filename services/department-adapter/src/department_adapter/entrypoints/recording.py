"""Commands that this room gives itself, many at a time."""

from collections.abc import Sequence
from typing import Final, Protocol

from civicloop_kit.command import CaseCommand, OverloadedError, Reply
from civicloop_kit.postgres import UnavailableError

# How many commands share a transaction, at most.
MAX_RECORDED: Final = 400
PRINCIPAL: Final = "department-adapter"


class Recorder(Protocol):
    """Where results are recorded (`civicloop_kit.commands.Commands`)."""

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Run commands together; one outcome each, in order."""


async def record_all(recorder: Recorder, commands: Sequence[CaseCommand]) -> int:
    """Run commands and return how many were saved; what was not comes again.

    Raises:
        UnavailableError: The database does not answer, or too much waits for it.
    """
    if not commands:
        return 0
    outcomes = await recorder.submit_all(commands)
    if any(isinstance(outcome, (UnavailableError, OverloadedError)) for outcome in outcomes):
        raise UnavailableError(UnavailableError.__doc__)
    return sum(isinstance(outcome, Reply) for outcome in outcomes)
