"""What intake needs from outside, and the rows that its decisions leave beside the case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from civicloop_kit.command import CaseCommand, Reply
from civicloop_kit.jobs import Job
from intake.domain.duplicates import Nearness, Spot
from intake.domain.model import Channel, Particulars, Sealed
from intake.domain.notices import NoticeOutcome, TextKey
from intake.domain.state import CaseState


class NotifierError(Exception):
    """The notice could not be sent now; try again later."""


class Language(StrEnum):
    """A language that reporters are spoken to in."""

    ENGLISH = "en"
    CHINESE = "zh-CN"


class Purpose(StrEnum):
    """Why something in the vault was read."""

    DELIVERY = "delivery"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who wants something, under which idempotency key, in which trace."""

    principal: str
    idempotency_key: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a reporter can be reached; never logged."""

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    language: Language = Language.CHINESE


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to one reporter; the same ``notice_id`` is the same message."""

    notice_id: str
    report_id: UUID
    case_id: UUID
    text: TextKey
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """A sealed text of a report, None where the report had none; or one of its supplements."""

    case_id: UUID
    report_id: UUID
    content: bytes | None
    supplement_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """An audit row: who read something from the vault, of which case, and why."""

    principal: str
    case_id: UUID
    purpose: Purpose
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    """Effect: keep which case a report belongs to, and what it is about if it was filed."""

    report_id: UUID
    case_id: UUID
    channel: Channel
    received_at: datetime
    state: str
    source_id: str | None
    particulars: Particulars | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMembership:
    """Effect: a report belongs to this case now; ``active``: it counts there."""

    report_id: UUID
    case_id: UUID
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """Effect: keep where a case is, for reports that may be the same."""

    case_id: UUID
    spot: Spot
    filed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSealed:
    """Effect: put something into the vault."""

    report_id: UUID
    sealed: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSupplement:
    """Effect: put what a reporter added into the vault."""

    supplement_id: UUID
    report_id: UUID
    sealed: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreNotice:
    """Effect: keep what became of a notice."""

    notice_id: str
    report_id: UUID
    case_id: UUID
    round: int
    outcome: NoticeOutcome
    at: datetime


class Grid(Protocol):
    """Divides the world into cells."""

    def cell_of(self, latitude: float, longitude: float) -> str:
        """Return the cell that a WGS 84 position lies in."""


class Notifier(Protocol):
    """Tells a reporter something."""

    async def send(self, notice: Notice) -> None:
        """Send; the same notice twice reaches the reporter once, as far as the way allows.

        Raises:
            NotifierError: It could not be sent now.
        """


class CaseCommands(Protocol):
    """Runs commands on cases."""

    async def submit(self, command: CaseCommand) -> Reply:
        """Run one; returns when it is saved."""

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Run several; one outcome each, in order."""


class JobQueue(Protocol):
    """Where work waits that leaves the process."""

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Claim due jobs."""


class SubjectKeys(Protocol):
    """The key of each reporter."""

    async def create(self, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Make a key for each subject that has none, and return all."""

    async def get(self, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Return the keys that were not destroyed."""

    async def destroy(self, ids: Sequence[UUID]) -> None:
        """Make everything that these keys sealed unreadable for ever."""


class Records(Protocol):
    """What intake has on record."""

    async def case(self, case_id: UUID) -> CaseState | None:
        """Return the state of a case."""

    async def case_of(self, report_id: UUID) -> UUID | None:
        """Return the case that a report belongs to."""

    async def particulars(self, report_id: UUID) -> Particulars | None:
        """Return what a report is about, None where that was not kept."""

    async def near(
        self, spots: Sequence[Spot], nearness: Nearness, now: datetime
    ) -> Sequence[Sequence[UUID]]:
        """Return, per spot, cases about the same that are near it in place and time."""

    async def narratives(
        self, case_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Sequence[SealedRow]:
        """Return the texts of the reports that count in these cases, supplements last.

        It leaves an audit row per case.
        """

    async def contacts(
        self, report_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Mapping[UUID, bytes]:
        """Return the sealed contacts of these reports, leaving an audit row per case."""

    async def note_erasure(self, report_id: UUID, principal: str, at: datetime) -> None:
        """Keep who asked first for a reporter to be forgotten."""
