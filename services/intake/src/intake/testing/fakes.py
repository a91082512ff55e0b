"""Every port in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civicloop_kit.command import CaseCommand, KeyReusedError, Reply
from intake.domain.model import Particulars, SealedKind
from intake.domain.state import CaseState, new_case
from intake.handlers import ON_COMMAND, FilingRules, on_joint_command
from intake.ports import (
    NotifierError,
    SealedRow,
    StoreMembership,
    StorePlace,
    StoreReport,
    StoreSealed,
    StoreSupplement,
)
from intake.testing.samples import NOW, SUBJECT_KEY, sample_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.room import Decision
    from intake.domain.duplicates import Nearness, Spot
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
    members: dict[UUID, StoreMembership] = field(default_factory=dict)
    vault: dict[tuple[UUID, SealedKind], bytes] = field(default_factory=dict)
    supplements: list[StoreSupplement] = field(default_factory=list)
    places: list[StorePlace] = field(default_factory=list)
    disclosures: list[Disclosure] = field(default_factory=list)
    erasures: dict[UUID, str] = field(default_factory=dict)

    def save(self, case_id: UUID, decision: Decision[CaseState]) -> None:
        """Keep a decision, as the store does."""
        self.cases[case_id] = decision.state
        for effect in decision.effects:
            self._keep(effect)

    def _keep(self, effect: object) -> None:
        match effect:
            case StoreReport():
                self.reports[effect.report_id] = effect
                self._keep(
                    StoreMembership(report_id=effect.report_id, case_id=effect.case_id, active=True)
                )
            case StoreMembership():
                self.members[effect.report_id] = effect
            case StoreSealed():
                self.vault[effect.report_id, effect.sealed.kind] = effect.sealed.content
            case StoreSupplement():
                self.supplements.append(effect)
            case StorePlace():
                self.places.append(effect)

    async def case(self, case_id: UUID) -> CaseState | None:
        """Return the state of a case."""
        return self.cases.get(case_id)

    async def case_of(self, report_id: UUID) -> UUID | None:
        """Return the case that a report belongs to."""
        member = self.members.get(report_id)
        return member.case_id if member else None

    async def particulars(self, report_id: UUID) -> Particulars | None:
        """Return what a report is about."""
        report = self.reports.get(report_id)
        return report.particulars if report else None

    async def near(
        self, spots: Sequence[Spot], nearness: Nearness, now: datetime
    ) -> Sequence[Sequence[UUID]]:
        """Return, per spot, cases about the same that are near it in place and time."""
        return [
            [
                place.case_id
                for place in self.places
                if place.spot.is_near(spot, nearness.within_m)
                and now - place.filed_at <= nearness.within
            ]
            for spot in spots
        ]

    async def narratives(
        self, case_ids: Sequence[UUID], disclosures: Sequence[Disclosure]
    ) -> Sequence[SealedRow]:
        """Return the texts of the reports that count in these cases, supplements last."""
        self.disclosures.extend(disclosures)
        counted = [
            member
            for member in self.members.values()
            if member.case_id in case_ids and member.active
        ]
        texts = [
            SealedRow(
                case_id=member.case_id,
                report_id=member.report_id,
                content=self.vault.get((member.report_id, SealedKind.NARRATIVE)),
            )
            for member in counted
        ]
        return [*texts, *(row for member in counted for row in self._added(member))]

    def _added(self, member: StoreMembership) -> list[SealedRow]:
        return [
            SealedRow(
                case_id=member.case_id,
                report_id=item.report_id,
                supplement_id=item.supplement_id,
                content=item.sealed,
            )
            for item in self.supplements
            if item.report_id == member.report_id
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
        self._joint = on_joint_command(rules or sample_rules())
        self._answered: dict[tuple[str, str], tuple[bytes, Mapping[str, Any]]] = {}
        self.failure: Exception | None = None
        self.run: list[CaseCommand] = []
        self.decisions: list[Decision[CaseState]] = []

    async def submit(self, command: CaseCommand) -> Reply:
        """Run one."""
        if self.failure:
            raise self.failure
        key = (command.principal, command.request.key if command.request else "")
        if command.request and key in self._answered:
            asked, reply = self._answered[key]
            if asked != command.asked:
                raise KeyReusedError(KeyReusedError.__doc__)
            return Reply(body=reply, repeated=True)
        self.run.append(command)
        decided = self._decide(command)
        for case_id, decision in decided.items():
            self.decisions.append(decision)
            self._records.save(case_id, decision)
        replied = decided.get(command.case_id) or next(iter(decided.values()))
        self._answered[key] = (command.asked, replied.reply or {})
        return Reply(body=replied.reply or {}, repeated=False)

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Reply | Exception]:
        """Run several; one outcome each."""
        return [await self._outcome(command) for command in commands]

    async def _outcome(self, command: CaseCommand) -> Reply | Exception:
        try:
            return await self.submit(command)
        except Exception as error:  # noqa: BLE001 - it is this line's answer
            return error

    def _decide(self, command: CaseCommand) -> Mapping[UUID, Decision[CaseState]]:
        states = {
            case_id: self._records.cases.get(case_id) or new_case(case_id)
            for case_id in command.cases
        }
        kind, now = type(command.body), command.now or NOW
        if (joint := self._joint.get(kind)) is not None:
            return joint(states, command.body, now)
        state = states[command.case_id]
        return {command.case_id: ON_COMMAND[kind](state, command.body, now)}


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
