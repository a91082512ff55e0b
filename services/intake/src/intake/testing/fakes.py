"""Every port in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civicloop_kit.command import CaseCommand, KeyReusedError, Reply
from intake.domain.case import CaseState, new_case
from intake.domain.commands import RecordNotice, SubmitReport
from intake.domain.errors import IntakeError
from intake.domain.model import SealedKind
from intake.handlers import FilingRules, record_notice, submit_report
from intake.ports import NotifierError, SealedRow, StoreReport, StoreSealed
from intake.testing.samples import NOW, SUBJECT_KEY, sample_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.room import Decision
    from intake.ports import Disclosure, Notice


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time


class OneCell:
    """A world of a single cell."""

    def cell_of(self, _latitude: float, _longitude: float) -> str:
        """Return that cell."""
        return "8840954985fffff"


class MemoryKeys:
    """A keyring in memory; ``failure`` makes it fail."""

    def __init__(self) -> None:
        self.keys: dict[UUID, bytes] = {}
        self.failure: Exception | None = None

    async def create(self, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Make a key for each."""
        if self.failure:
            raise self.failure
        self.keys.update(dict.fromkeys(ids, SUBJECT_KEY))
        return {subject: self.keys[subject] for subject in ids}

    async def get(self, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Return those that are left."""
        if self.failure:
            raise self.failure
        return {subject: self.keys[subject] for subject in ids if subject in self.keys}

    async def destroy(self, ids: Sequence[UUID]) -> None:
        """Forget them."""
        if self.failure:
            raise self.failure
        for subject in ids:
            self.keys.pop(subject, None)


@dataclass(slots=True)
class MemoryRecords:
    """Intake's tables in memory."""

    cases: dict[UUID, CaseState] = field(default_factory=dict)
    reports: dict[UUID, StoreReport] = field(default_factory=dict)
    vault: dict[tuple[UUID, SealedKind], bytes] = field(default_factory=dict)
    disclosures: list[Disclosure] = field(default_factory=list)
    erasures: dict[UUID, str] = field(default_factory=dict)

    def save(self, case_id: UUID, decision: Decision[CaseState]) -> None:
        """Keep a decision, as the store does."""
        self.cases[case_id] = decision.state
        for effect in decision.effects:
            if isinstance(effect, StoreReport):
                self.reports[effect.report_id] = effect
            elif isinstance(effect, StoreSealed):
                self.vault[effect.report_id, effect.sealed.kind] = effect.sealed.content

    async def case(self, case_id: UUID) -> CaseState | None:
        """Return the state of a case."""
        return self.cases.get(case_id)

    async def case_of(self, report_id: UUID) -> UUID | None:
        """Return the case that a report belongs to."""
        report = self.reports.get(report_id)
        return report.case_id if report else None

    async def narratives(
        self, case_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Sequence[SealedRow]:
        """Return the reports of these cases with narratives, leaving an audit row per case."""
        self.disclosures.extend(disclosures)
        return [
            SealedRow(
                case_id=report.case_id,
                report_id=report.report_id,
                content=self.vault.get((report.report_id, SealedKind.NARRATIVE)),
            )
            for report in self.reports.values()
            if report.case_id in case_ids
        ]

    async def contacts(
        self, report_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Mapping[UUID, bytes]:
        """Return the sealed contacts of these reports, leaving an audit row per case."""
        self.disclosures.extend(disclosures)
        return {
            report_id: self.vault[report_id, SealedKind.CONTACT]
            for report_id in report_ids
            if (report_id, SealedKind.CONTACT) in self.vault
        }

    async def note_erasure(self, report_id: UUID, principal: str, _at: datetime) -> None:
        """Keep who asked first."""
        self.erasures.setdefault(report_id, principal)


class MemoryCommands:
    """Runs commands by the real handlers; ``failure`` makes every command fail."""

    def __init__(self, records: MemoryRecords, rules: FilingRules | None = None) -> None:
        self._records = records
        self._rules = rules or sample_rules()
        self._answered: dict[tuple[str, str], tuple[bytes, Mapping[str, Any]]] = {}
        self.failure: Exception | None = None
        self.run: list[CaseCommand] = []
        self.decisions: list[Decision[CaseState]] = []

    async def submit(self, command: CaseCommand) -> Reply:
        """Run one."""
        if self.failure:
            raise self.failure
        key = (command.principal, command.idempotency_key or "")
        if command.idempotency_key and key in self._answered:
            digest, reply = self._answered[key]
            if digest != command.digest:
                raise KeyReusedError(KeyReusedError.__doc__)
            return Reply(body=reply, repeated=True)
        self.run.append(command)
        decision = self._decide(command)
        self.decisions.append(decision)
        self._records.save(command.case_id, decision)
        self._answered[key] = (command.digest, decision.reply or {})
        return Reply(body=decision.reply or {}, repeated=False)

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Run several; one outcome each."""
        return [await self._outcome(command) for command in commands]

    async def _outcome(self, command: CaseCommand) -> Reply | Exception:
        try:
            return await self.submit(command)
        except Exception as error:  # noqa: BLE001 - it is this line's answer
            return error

    def _decide(self, command: CaseCommand) -> Decision[CaseState]:
        state = self._records.cases.get(command.case_id) or new_case(command.case_id)
        now = command.now or NOW
        if isinstance(command.body, SubmitReport):
            return submit_report(self._rules, state, command.body, now)
        if isinstance(command.body, RecordNotice):
            return record_notice(state, command.body, now)
        raise IntakeError("no handler for this command")


class MemoryNotifier:
    """Remembers what it sent; fails for the notices in ``failing``."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.failing: set[str] = set()

    async def send(self, notice: Notice) -> None:
        """Remember a notice."""
        if notice.notice_id in self.failing:
            raise NotifierError(NotifierError.__doc__)
        self.sent.append(notice)
