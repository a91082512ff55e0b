"""What the entrypoints need from outside: the read model, commands, and the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from civicloop_kit.command import CaseCommand, Reply
from feedback.domain.indicators import Counts


class GroupBy(StrEnum):
    """What the indicators are grouped by."""

    DEPARTMENT = "department"
    DISTRICT = "district"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountQuery:
    """Which cases to count: of one replay run, or with None the live ones.

    ``start`` inclusive, ``end`` exclusive, of the time of filing or rejection. Open cases are
    judged at ``now``, replayed ones at the time their source was read.
    """

    by: GroupBy
    run: str | None
    start: datetime | None
    end: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCase:
    """A case in a verifier's work list; ``tier`` is the one that is asked at present."""

    case_id: UUID
    round: int
    tier: str
    verify_by: datetime
    handled_at: datetime
    district: str | None
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a case of a replay was overdue."""

    case_id: UUID
    due_at: datetime | None
    handled_at: datetime | None
    overdue: bool


class ReadModel(Protocol):
    """The tables that are read, never decided from."""

    async def list_waiting(
        self, after: UUID | None, limit: int, tier: str | None = None
    ) -> Sequence[WaitingCase]:
        """Return live cases to verify, by case id, which is the order of filing.

        With a *tier* only those that ask its verifiers at present.
        """

    async def count_cases(self, query: CountQuery) -> Sequence[Counts]:
        """Return one `Counts` per group, and one for all together."""

    async def list_judgements(
        self, run: str, after: UUID | None, limit: int
    ) -> Sequence[Judgement]:
        """Return the filed cases of a run, by case id."""


class CommandPort(Protocol):
    """What takes commands; `civicloop_kit.commands.Commands` does."""

    async def submit(self, command: CaseCommand) -> Reply:
        """Decide and save one command."""
